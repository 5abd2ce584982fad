"""A network that lies elsewhere than it is set is told of before anything is started."""

import pytest

from deploy.compose.networks import differing

FRONT = {"ipam": {"config": [{"subnet": "10.0.0.0/24"}]}}


def test_a_network_that_was_made_with_another_subnet_is_told_with_what_to_do() -> None:
    (text,) = differing({"edge": {}, "front": FRONT}, {"edge": {"a"}, "front": {"10.1.0.0/24"}})
    for part in ("front is 10.1.0.0/24", "10.0.0.0/24", "make down", "SUBNET=10.1.0.0/24"):
        assert part in text


@pytest.mark.parametrize("there", [{}, {"front": {"10.0.0.0/24"}}, {"other": {"10.1.0.0/24"}}])
def test_one_that_is_as_it_is_set_or_not_made_yet_is_no_trouble(there: dict[str, set[str]]) -> None:
    assert list(differing({"front": FRONT, "edge": {"ipam": {}}}, there)) == []


def test_one_whose_subnet_docker_chooses_may_lie_anywhere() -> None:
    assert list(differing({"edge": {"ipam": {}}}, {"edge": {"172.18.0.0/16"}})) == []


def test_of_a_network_that_no_setting_places_none_is_named() -> None:
    (text,) = differing({"edge": FRONT}, {"edge": {"10.1.0.0/24"}})
    assert "make down" in text
    assert "BANTIN" not in text
