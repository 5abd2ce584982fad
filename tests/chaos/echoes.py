"""A bus that repeats itself: events doubled, late and out of order, as at-least-once allows."""

import contextlib
import threading
from collections.abc import Callable, Sequence
from contextlib import closing

from shared.bus import BusUnavailable
from shared.contracts.events import (
    ArticlePublished,
    ArticleUnpublished,
    CategoryChanged,
    Event,
    PageViewed,
    decode,
)
from tests.chaos.ears import ear
from tests.chaos.plan import seeded
from tests.deployment import Deployment

_KEPT = 600
_REPEATED = ArticlePublished | ArticleUnpublished | CategoryChanged | PageViewed


class Echo:
    """Remembers events that pass and publishes some of them again, later."""

    def __init__(self, deployment: Deployment, seed: int) -> None:
        self.sent = 0
        self._deployment = deployment
        self._random = seeded("echo", seed)
        self._kept: list[bytes] = []

    def run(self, stop: threading.Event) -> None:
        """Listen and repeat until ``stop``; then repeat once more much of what was heard."""
        with closing(ear(self._deployment.bus_url)) as listening, self._deployment.bus() as bus:
            rounds = 0
            while not stop.wait(0.05):
                for body in listening.heard():
                    self._keep(body)
                rounds += 1
                if rounds % 8 == 0:
                    self._repeat(bus.publish, 5)
            self._repeat(bus.publish, 200)

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
