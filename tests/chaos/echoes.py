"""A bus that repeats itself: events doubled, late and out of order, as at-least-once allows."""

import contextlib
import sqlite3
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from shared.bus import BusUnavailable, open_bus
from shared.contracts.events import (
    ArticlePublished,
    ArticleUnpublished,
    CategoryChanged,
    Event,
    PageViewed,
    decode,
)
from tests.chaos.plan import seeded

_KEPT = 600
_REPEATED = ArticlePublished | ArticleUnpublished | CategoryChanged | PageViewed


class Echo:
    """Remembers events that pass and publishes some of them again, later."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.sent = 0
        self._folder = folder
        self._random = seeded("echo", seed)
        self._kept: list[bytes] = []
        self._seen: dict[str, int] = {"live": 0, "visits": 0}

    def run(self, stop: threading.Event) -> None:
        """Listen and repeat until ``stop``; then repeat once more much of what was heard."""
        bus = open_bus(f"sqlite://{self._folder}")
        try:
            rounds = 0
            while not stop.wait(0.05):
                self._listen()
                rounds += 1
                if rounds % 8 == 0:
                    self._repeat(bus.publish, 5)
            self._repeat(bus.publish, 200)
        finally:
            bus.close()

    def _listen(self) -> None:
        for lane, last in self._seen.items():
            query = "SELECT seq, body FROM messages WHERE seq > ? ORDER BY seq LIMIT 200"
            file = self._folder / f"{lane}.db"
            with (
                contextlib.suppress(sqlite3.Error),
                contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as reading,
            ):
                for number, body in reading.execute(query, (last,)).fetchall():
                    self._seen[lane] = number
                    self._keep(body)

    def _keep(self, body: bytes) -> None:
        if len(self._kept) < _KEPT:
            self._kept.append(body)
        elif self._random.random() < 0.1:
            self._kept[self._random.randrange(_KEPT)] = body

    def _repeat(self, publish: Callable[[Sequence[Event]], None], count: int) -> None:
        events = self._some(count)
        if not events:
            return
        with contextlib.suppress(BusUnavailable):
            publish(events)
            self.sent += len(events)

    def _some(self, count: int) -> list[Event]:
        chosen = self._random.sample(self._kept, min(count, len(self._kept)))
        events = [decode(body) for body in chosen]
        return [event for event in events if isinstance(event.data, _REPEATED)]
