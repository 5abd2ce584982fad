"""What a worker tells of one queue in metrics; a batch at a time, since there are many messages."""

import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple

from shared import log, metrics
from shared.bus import Bus, BusUnavailable, Delivery, Done, Outcome
from shared.bus.handling import Message, Result, name_of, short
from shared.bus.topology import Lane, Queue

_DEPTH_SECONDS: Final = 5.0
"""Between two measurements of the queue's depth."""


class Settled(NamedTuple):
    """What became of a message; ``accepted`` is when its cause was, if it could be read."""

    delivery: Delivery
    outcome: Outcome
    kind: str = "unknown"
    accepted: datetime | None = None

    @classmethod
    def of(cls, result: Result) -> "Settled":
        message, outcome = result
        return cls(message.delivery, outcome, short(message.event), message.event.time)


class Measured:
    """The metrics of one queue in this process."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue
        self._depths_due = 0.0
        self._oldest: datetime | None = None
        """When the oldest event in hand was accepted; kept while it is given back and awaited."""
        self.paused(on=False)
        if queue.lane is not Lane.BULK:
            metrics.QUEUE_OLDEST.labels(queue.name).set_function(self._age)

    def in_hand(self, deliveries: Sequence[Delivery], messages: Sequence[Message]) -> None:
        """Tell of what was fetched, and of those that could be read."""
        again = sum(delivery.attempt > 1 for delivery in deliveries)
        metrics.REDELIVERIES.labels(self._queue.name).inc(again)
        self._oldest = min((message.event.time for message in messages), default=None)

    def nothing_in_hand(self) -> None:
        self._oldest = None

    def settled(self, batch: Sequence[Settled]) -> None:
        counts = Counter((one.kind, name_of(one.outcome)) for one in batch)
        for labels, count in counts.items():
            metrics.EVENTS.labels(*labels).inc(count)
        if self._queue.lane is not Lane.LIVE:
            return
        now = datetime.now(UTC)
        lags = {kind: metrics.EVENT_LAG.labels(kind, self._queue.consumer) for kind, _ in counts}
        for one in batch:
            if isinstance(one.outcome, Done) and one.accepted:
                lags[one.kind].observe(max(0.0, (now - one.accepted).total_seconds()))

    def paused(self, *, on: bool) -> None:
        metrics.WORKER_PAUSED.labels(self._queue.name).set(int(on))

    def depths(self, bus: Bus) -> None:
        """Ask the bus every few seconds how much waits and how much is parked."""
        if time.monotonic() < self._depths_due:
            return
        self._depths_due = time.monotonic() + _DEPTH_SECONDS
        name = self._queue.name
        try:
            metrics.QUEUE_DEPTH.labels(name).set(bus.depths().get(name, 0))
            metrics.DEAD_LETTERS.labels(name).set(bus.dead_letters.counts().get(name, 0))
        except BusUnavailable as error:
            log.get("worker").warning("depths_unknown", queue=name, reason=str(error))

    def _age(self) -> float:
        oldest = self._oldest
        return max(0.0, (datetime.now(UTC) - oldest).total_seconds()) if oldest else 0.0
