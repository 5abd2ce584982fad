"""Which pages a change of one article touches: a bounded number, however large the site. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from services.render import paths

EACH: Final = 4
"""Neighbours shown on each side; a side that has fewer is made up for by the other."""
REACH: Final = 2 * EACH
"""The farthest apart that two articles can be and one still be shown on the other's page."""
KNOWN: Final = REACH + EACH
"""How many on each side must be known to tell whose neighbours change."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an article stands at one moment. ``shown`` is all that lists say of it."""

    url: str
    former: tuple[str, ...]
    listed: bool
    category: str
    day: str
    created: int
    shown: str
    updated: str

    @property
    def month(self) -> str:
        """Return the month as ``yyyy-mm``."""
        return self.day[:7]


@dataclass(frozen=True, slots=True)
class Around:
    """The other listed news around a place, the article itself left out.

    ``newer`` and ``older`` are addresses in its category, nearest first, at most KNOWN.
    ``alone_*`` say that nothing else is listed in that day, month, or month of its category;
    only then do ``days`` (of the month), ``months`` and ``category_months`` (the nearest with
    news, on both sides) matter.
    """

    newer: tuple[str, ...] = ()
    older: tuple[str, ...] = ()
    alone_in_day: bool = False
    alone_in_month: bool = False
    alone_in_category_month: bool = False
    days: tuple[str, ...] = ()
    months: tuple[str, ...] = ()
    category_months: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Touched:
    """Pages to write: the article's own addresses first, then the lists that show it."""

    own: frozenset[str]
    others: frozenset[str]


def neighbours(newer: Sequence[str], older: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return which of the newer and the older, both nearest first, a page shows."""
    many = len(older) >= EACH
    shown_newer = list(newer[: EACH if many else REACH - len(older)])
    shown_older = list(older[: EACH if len(newer) >= EACH else REACH - len(newer)])
    return shown_newer, shown_older


def touched(
    before: tuple[Standing, Around] | None, after: tuple[Standing, Around], *, again: bool = False
) -> Touched:
    """Return the pages that change when an article comes to stand where ``after`` says.

    ``again``: this version was stored before, so what it touches is to be written once more.
    """
    sides = [after] if before is None else [before, after]
    own = {path for standing, _ in sides for path in (standing.url, *standing.former)}
    if before is not None and not again and same_in_lists(before[0], after[0]):
        others = {paths.sitemap_month(after[0].month)} if after[0].listed else set()
        return _split(own, others)
    others = {path for standing, around in sides for path in _lists(standing, around)}
    return _split(own, others)


def _split(own: set[str], others: set[str]) -> Touched:
    pages = frozenset(path for path in own if paths.is_article(path))
    return Touched(pages, frozenset(others) - pages)


def same_in_lists(before: Standing, after: Standing) -> bool:
    """Tell whether no other page shows the difference, but for the time of the last change."""
    if not before.listed and not after.listed:
        return True
    return (before.listed, before.url, before.category, before.created, before.shown) == (
        after.listed,
        after.url,
        after.category,
        after.created,
        after.shown,
    )


def _lists(standing: Standing, around: Around) -> set[str]:
    if not standing.listed:
        return set()
    slug, month = standing.category, standing.month
    found = {
        paths.HOME,
        paths.FEED,
        paths.category(slug),
        paths.category_feed(slug),
        paths.category_month(slug, month),
        paths.day(standing.day),
        paths.month(month),
        paths.sitemap_month(month),
    }
    found |= _changed_neighbours(around)
    if around.alone_in_day:
        found |= {paths.day(day) for day in around.days}
    if around.alone_in_month:
        found |= {paths.month(month) for month in around.months}
        found.add(paths.SITEMAP)
    if around.alone_in_category_month:
        found |= {paths.category_month(slug, month) for month in around.category_months}
    return found


def _changed_neighbours(around: Around) -> set[str]:
    """Return those whose neighbours differ with the article and without it."""
    me = ""
    with_me = [*reversed(around.newer), me, *around.older]
    without = [*reversed(around.newer), *around.older]
    middle = len(around.newer)
    near = with_me[max(0, middle - REACH) : middle + REACH + 1]
    return {url for url in near if url != me and _window(with_me, url) != _window(without, url)}


def _window(order: Sequence[str], url: str) -> tuple[list[str], list[str]]:
    at = order.index(url)
    return neighbours(order[:at][::-1], order[at + 1 :])
