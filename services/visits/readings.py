"""The counts as readers are shown them, read at most twice a second for each page."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from services.visits.counting import SITE, Totals
from services.visits.store import Store
from shared.clock import Clock

FRESH_SECONDS: Final = 0.5
_PAGES = 1024


@dataclass(frozen=True, slots=True)
class Reading:
    """``totals`` as they stood at ``as_of``; the site's total has the starting total in it."""

    totals: Totals
    as_of: datetime


class Readings:
    """Answers from memory while an answer is fresh; a page's readers wait for one query."""

    def __init__(
        self,
        store: Store,
        start: int,
        clock: Clock,
        *,
        fresh: float = FRESH_SECONDS,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._start = start
        self._clock = clock
        self._fresh = fresh
        self._ticks = ticks
        self._lock = threading.Lock()
        self._known: OrderedDict[str, tuple[float, Reading]] = OrderedDict()

    def get(self, page: str = SITE) -> Reading:
        """Return the counts of a page or of the site. Raises SQLAlchemyError if it cannot."""
        with self._lock:
            known = self._known.get(page)
            if known is not None and self._ticks() - known[0] < self._fresh:
                return known[1]
            reading = self._read(page)
            self._known[page] = (self._ticks(), reading)
            self._known.move_to_end(page)
            if len(self._known) > _PAGES:
                self._known.popitem(last=False)
            return reading

    def _read(self, page: str) -> Reading:
        now = self._clock()
        totals = self._store.totals(page, now)
        if page == SITE:
            totals = replace(totals, total=totals.total + self._start)
        return Reading(totals, now)
