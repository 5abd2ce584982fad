"""What a batch of views adds to which counts (pure). The site as a whole counts as one page."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from services.visits.paths import canonical
from shared.contracts.events import PageViewed
from shared.settings import LOCAL_TIME

SITE: Final = ""
"""Stands for the whole site where counts are kept by page."""
KEPT: Final = timedelta(days=8)
"""How many days, by the day received and with today, a view can still be counted."""
CURRENT: Final = timedelta(minutes=5)
"""How long after a view its visitor counts as here."""


def local_day(moment: datetime) -> date:
    """Return the day in Vietnam."""
    return moment.astimezone(LOCAL_TIME).date()


def forgotten_before(today: date) -> date:
    """Return the day before which ids may be forgotten.

    One day more than KEPT, so that a purge just after midnight never takes the ids of a day that
    a counter just before midnight still counts.
    """
    return today - KEPT


def refusal(view: PageViewed, today: date) -> str | None:
    """Return why a view must never be counted, or None: its id is known or can be remembered."""
    if canonical(view.path) != view.path:
        return "not the address of a page"
    received = local_day(view.received_at)
    if received <= forgotten_before(today):
        return f"received on {received}, and ids are kept for {KEPT.days} days only"
    if received > today + timedelta(days=1):
        return f"received on {received}, which is in the future"
    return None


@dataclass(frozen=True, slots=True)
class Tally:
    """What to add. Keys: (page, day), page, reason, (page, visitor); ``seen`` has the last time."""

    daily: Mapping[tuple[str, date], int]
    totals: Mapping[str, int]
    filtered: Mapping[str, int]
    seen: Mapping[tuple[str, str], datetime]


def first_of_each(views: Sequence[PageViewed]) -> dict[UUID, PageViewed]:
    """Return the views by id; of several with one id the first holds."""
    found: dict[UUID, PageViewed] = {}
    for view in views:
        found.setdefault(view.id, view)
    return found


def tally(views: Collection[PageViewed], now: datetime) -> Tally:
    """Sum up views that were never counted, each with an id of its own."""
    daily: Counter[tuple[str, date]] = Counter()
    totals: Counter[str] = Counter()
    filtered: Counter[str] = Counter()
    seen: dict[tuple[str, str], datetime] = {}
    for view in views:
        if view.filtered is not None:
            filtered[view.filtered] += 1
            continue
        day = local_day(view.received_at)
        for page in (SITE, view.path):
            daily[page, day] += 1
            totals[page] += 1
            if now - view.received_at < CURRENT:
                key = (page, view.visitor)
                seen[key] = max(view.received_at, seen.get(key, view.received_at))
    return Tally(daily, totals, filtered, seen)


@dataclass(frozen=True, slots=True)
class Totals:
    """Views by readers, of the site or of one page; ``current`` counts visitors, not views."""

    total: int
    current: int
    today: int
    yesterday: int
    this_month: int


def windows(days: Mapping[date, int], today: date) -> tuple[int, int, int]:
    """Return the views of today, of yesterday and of this month so far."""
    month = sum(n for day, n in days.items() if (day.year, day.month) == (today.year, today.month))
    return days.get(today, 0), days.get(today - timedelta(days=1), 0), month


def needed_since(today: date) -> date:
    """Return the first day that ``windows`` needs."""
    return min(today.replace(day=1), today - timedelta(days=1))
