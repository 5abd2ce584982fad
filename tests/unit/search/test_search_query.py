from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.search.query import PARAMETERS, parse, parse_prefix
from shared.http import Kind, Problem
from shared.index import Query, Sort


def given_(**values: str) -> dict[str, list[str]]:
    return {name.rstrip("_"): [value] for name, value in values.items()}


def wrong(parameters: dict[str, list[str]]) -> list[str]:
    with pytest.raises(Problem) as caught:
        parse(parameters)
    assert caught.value.kind is Kind.INVALID
    assert all(error.detail for error in caught.value.errors)
    return [error.pointer for error in caught.value.errors]


def test_nothing_asked_is_everything() -> None:
    assert parse({}) == Query(sort=Sort.RELEVANCE, page=1, per_page=20)


def test_every_parameter_is_understood() -> None:
    parameters = given_(
        q=" cầu  mới ",
        from_="2026-01-01",
        to="2026-01-01",
        category="tin-tuc",
        sort="newest",
        page="3",
        per_page="50",
    )
    day = date(2026, 1, 1)
    assert parse(parameters) == Query("cầu  mới", day, day, "tin-tuc", Sort.NEWEST, 3, 50)


@pytest.mark.parametrize(
    ("parameters", "pointers"),
    [
        (given_(q="x" * 513), ["q"]),
        (given_(page="0"), ["page"]),
        (given_(page="-1"), ["page"]),
        (given_(page="1.0"), ["page"]),
        (given_(page="٣"), ["page"]),
        (given_(page=""), ["page"]),
        (given_(page="9" * 5000), ["page"]),
        (given_(per_page="51"), ["per_page"]),
        (given_(per_page="0"), ["per_page"]),
        (given_(page="501"), ["page"]),
        (given_(page="201", per_page="50"), ["page"]),
        (given_(sort="best"), ["sort"]),
        (given_(from_="14/03/2026"), ["from"]),
        (given_(from_="2026-02-30"), ["from"]),
        (given_(to="20260314"), ["to"]),
        (given_(to="2026-W11-6"), ["to"]),
        (given_(from_="2026-03-02", to="2026-03-01"), ["to"]),
        (given_(category="Tin tức"), ["category"]),
        (given_(category="a" * 201), ["category"]),
        (given_(category=""), ["category"]),
        (given_(colour="red"), ["colour"]),
        ({"q": ["a", "b"]}, ["q"]),
        (given_(colour="red", page="0", sort="x"), ["colour", "sort", "page"]),
    ],
)
def test_each_wrong_parameter_is_named(
    parameters: dict[str, list[str]], pointers: list[str]
) -> None:
    assert wrong(parameters) == pointers


def test_the_last_page_that_can_be_reached_can_be_asked_for() -> None:
    assert parse(given_(page="500")).page == 500
    assert parse(given_(page="200", per_page="50")).page == 200


def test_controls_in_the_question_are_blanks() -> None:
    assert parse(given_(q="a\x00b\x1f\x9f")).text == "a b"
    assert parse(given_(q="\x00")).text == ""


def test_a_form_may_send_empty_fields() -> None:
    parameters = {name: [""] for name in PARAMETERS}
    assert parse(parameters, blanks=True) == Query()


def test_completions_know_one_parameter() -> None:
    assert parse_prefix(given_(q="cầu")) == "cầu"
    assert parse_prefix({}) == ""
    with pytest.raises(Problem):
        parse_prefix(given_(page="1"))


TEXT = st.text(max_size=600)


@given(st.dictionaries(st.sampled_from([*PARAMETERS, "x"]), st.lists(TEXT, max_size=2)))
def test_any_parameters_are_a_question_or_a_422(parameters: dict[str, list[str]]) -> None:
    refused: Problem | None = None
    try:
        query = parse(parameters)
    except Problem as problem:
        refused = problem
    if refused is None:
        assert query.page * query.per_page <= 10_000
    else:
        assert refused.kind is Kind.INVALID
        assert refused.errors
