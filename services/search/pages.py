"""What the search page shows, worked out from a question and its results. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from services.search.query import DEEPEST
from shared.index import FacetValue, Query, Results, Sort

PATH: Final = "/tim-kiem"
_AROUND: Final = 2
"""Page numbers shown on either side of the current one."""


@dataclass(frozen=True, slots=True)
class Link:
    name: str
    url: str
    count: int | None = None
    current: bool = False


def address(query: Query, **changed: str | int | None) -> str:
    """Return the address of a question with some parameters changed; None leaves one out."""
    values: dict[str, str | int | None] = {
        "q": query.text,
        "category": query.category,
        "from": query.since.isoformat() if query.since else None,
        "to": query.until.isoformat() if query.until else None,
        "sort": query.sort.value if query.sort is not Sort.RELEVANCE else None,
        "per_page": query.per_page if query.per_page != Query().per_page else None,
    }
    values |= changed
    kept = [(name, value) for name, value in values.items() if value not in {None, ""}]
    return f"{PATH}?{urlencode(kept)}" if kept else PATH


def in_order(categories: Sequence[FacetValue]) -> list[FacetValue]:
    """Return categories as the site orders them everywhere: by position, then by name."""
    return sorted(categories, key=lambda value: (value.position, value.label, value.value))


def category_links(query: Query, values: Sequence[FacetValue]) -> list[Link]:
    """Return a link that narrows the question to each category, or lifts the one chosen."""
    return [
        Link(
            value.label,
            address(query, category=None if query.category == value.value else value.value),
            value.count,
            query.category == value.value,
        )
        for value in values
    ]


def year_links(query: Query, values: Sequence[FacetValue]) -> list[Link]:
    """Return a link that narrows the question to each year, or lifts the dates chosen."""
    links = []
    for value in values:
        first, last = f"{value.value:0>4}-01-01", f"{value.value:0>4}-12-31"
        dates = (query.since, query.until)
        current = [day.isoformat() if day else None for day in dates] == [first, last]
        narrowed: Mapping[str, str | None] = {
            "from": None if current else first,
            "to": None if current else last,
        }
        links.append(Link(value.label, address(query, **narrowed), value.count, current))
    return links


@dataclass(frozen=True, slots=True)
class Paging:
    """Links to pages; None among ``numbers`` stands for a gap."""

    numbers: tuple[Link | None, ...]
    previous: str | None
    next: str | None


def paging(query: Query, results: Results) -> Paging:
    """Return the links to other pages of the same question; none where there is one page only."""
    reachable = min(results.total, DEEPEST - DEEPEST % query.per_page)
    last = -(-reachable // query.per_page)
    if last <= 1 and query.page == 1:
        return Paging((), None, None)
    shown = {1, last, *range(query.page - _AROUND, query.page + _AROUND + 1)}
    numbers: list[Link | None] = []
    before = 0
    for number in sorted(number for number in shown if 1 <= number <= last):
        if number > before + 1:
            numbers.append(None)
        numbers.append(Link(str(number), _page(query, number), current=number == query.page))
        before = number
    return Paging(
        tuple(numbers),
        _page(query, min(query.page - 1, last)) if query.page > 1 and last else None,
        _page(query, query.page + 1) if query.page < last else None,
    )


def _page(query: Query, number: int) -> str:
    return address(query, page=number if number > 1 else None)
