import pytest

from deploy.embedded.children import BACKOFF_LAST, backoff


def test_a_child_that_keeps_dying_is_started_more_and_more_rarely() -> None:
    assert [backoff(deaths) for deaths in range(1, 10)] == pytest.approx(
        [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, BACKOFF_LAST, BACKOFF_LAST]
    )


def test_a_child_that_has_died_all_night_is_still_started_again() -> None:
    assert backoff(100_000) == BACKOFF_LAST
