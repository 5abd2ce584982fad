from datetime import date
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.search.pages import address, category_links, paging, year_links
from services.search.query import parse
from shared.index import FacetValue, Query, Results, Sort

QUERIES = st.builds(
    Query,
    text=st.text(st.characters(exclude_categories=["C", "Z"]), max_size=30),
    since=st.one_of(st.none(), st.dates(max_value=date(2000, 1, 1))),
    until=st.one_of(st.none(), st.dates(min_value=date(2000, 1, 1))),
    category=st.one_of(st.none(), st.just("tin-tuc")),
    sort=st.sampled_from(Sort),
    per_page=st.integers(1, 50),
)


@given(QUERIES)
def test_the_address_of_a_question_asks_the_same_question(query: Query) -> None:
    found = parse(parse_qs(urlsplit(address(query)).query, keep_blank_values=True))
    assert found == query


def test_a_category_can_be_chosen_and_lifted_again() -> None:
    values = [FacetValue("tin-tuc", "Tin tức", 3), FacetValue("xa-hoi", "Xã hội", 1)]
    query = Query("cầu", category="tin-tuc")
    chosen, other = category_links(query, values)
    assert (chosen.current, chosen.url) == (True, "/tim-kiem?q=c%E1%BA%A7u")
    assert (other.current, other.url) == (False, "/tim-kiem?q=c%E1%BA%A7u&category=xa-hoi")


def test_a_year_can_be_chosen_and_lifted_again() -> None:
    values = [FacetValue("2026", "2026", 3)]
    (link,) = year_links(Query(), values)
    assert (link.current, link.url) == (False, "/tim-kiem?from=2026-01-01&to=2026-12-31")
    (link,) = year_links(Query(since=date(2026, 1, 1), until=date(2026, 12, 31)), values)
    assert (link.current, link.url) == (True, "/tim-kiem")


@pytest.mark.parametrize(
    ("total", "page", "shown"),
    [
        (0, 1, ""),
        (20, 1, ""),
        (21, 1, "[1] 2"),
        (200, 1, "[1] 2 3 … 10"),
        (200, 6, "1 … 4 5 [6] 7 8 … 10"),
        (200, 10, "1 … 8 9 [10]"),
        (1_000_000, 500, "1 … 498 499 [500]"),
        (40, 9, "1 2"),
    ],
)
def test_the_page_numbers_around_the_current_one_are_shown(
    total: int, page: int, shown: str
) -> None:
    links = paging(Query("x", page=page), Results(total, ()))
    assert (
        " ".join(
            "…" if link is None else f"[{link.name}]" if link.current else link.name
            for link in links.numbers
        )
        == shown
    )


def test_previous_and_next_lead_to_pages_that_are_there() -> None:
    middle = paging(Query("x", page=2), Results(60, ()))
    assert (middle.previous, middle.next) == ("/tim-kiem?q=x", "/tim-kiem?q=x&page=3")
    beyond = paging(Query("x", page=9), Results(60, ()))
    assert (beyond.previous, beyond.next) == ("/tim-kiem?q=x&page=3", None)
    alone = paging(Query("x"), Results(3, ()))
    assert (alone.previous, alone.next) == (None, None)
