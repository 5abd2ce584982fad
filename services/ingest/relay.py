"""The relay: from the outbox to the bus, at least once, in order, forgotten only when confirmed."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from services.ingest.store.outbox import Outbox, Pending
from shared import log, metrics
from shared.bus import BATCH, BusUnavailable, Publisher
from shared.clock import Clock, now
from shared.contracts.events import Event, decode
from shared.wake import Listener

_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0
"""Seconds to wait after a failure, doubled each time up to the longest."""

_logger = log.get("relay")


class Relay:
    """Sends what waits. Two at once do no harm: the same event then goes out twice, under one id.

    Every version is sent, also one that is superseded already: which consumers have seen it is
    not known here, and a history that skips is harder to follow than one that repeats.
    """

    def __init__(
        self, outbox: Outbox, bus: Publisher, wake: Path, *, poll: float, clock: Clock = now
    ) -> None:
        self._outbox = outbox
        self._bus = bus
        self._wake = wake
        self._poll = poll
        self._clock = clock
        self._trouble: str | None = None

    def run(self, stop: threading.Event) -> None:
        """Send until ``stop`` is set; wait and keep everything while the bus cannot take it."""
        listener = Listener(self._wake)
        pause = _FIRST_PAUSE
        try:
            while not stop.is_set():
                with self._noting_trouble():
                    sent = self.send_batch()
                if self._trouble is not None:
                    stop.wait(pause)
                    pause = min(pause * 2, _LONGEST_PAUSE)
                    continue
                pause = _FIRST_PAUSE
                if sent < BATCH:
                    listener.wait(self._poll)
        finally:
            listener.close()

    def send_batch(self) -> int:
        """Send at most one batch; return how many events. Raises BusUnavailable, SQLAlchemyError.

        A crash between sending and confirming sends the batch again: consumers know an event
        they have seen by its version.
        """
        pending = self._outbox.pending(BATCH)
        if pending:
            self._bus.publish([_event(waiting) for waiting in pending])
            self._outbox.confirm(pending)
            metrics.OUTBOX_PUBLISHED.inc(len(pending))
        self._measure(pending)
        return len(pending)

    def check(self) -> None:
        """Raise RuntimeError, with the reason, while events cannot be sent."""
        if self._trouble is not None:
            raise RuntimeError(self._trouble)

    @contextmanager
    def _noting_trouble(self) -> Iterator[None]:
        try:
            yield
        except (BusUnavailable, SQLAlchemyError, OSError) as error:
            if self._trouble is None:
                _logger.warning("relay_waits", reason=str(error))
            self._trouble = str(error) or type(error).__name__
            self._measure_in_trouble()
        else:
            self._trouble = None

    def _measure(self, sent: list[Pending]) -> None:
        if len(sent) < BATCH:  # there was no more than this, and it is gone
            metrics.OUTBOX_OLDEST.set(0)
        else:
            self._measure_oldest()

    def _measure_oldest(self) -> None:
        oldest = self._outbox.oldest()
        age = (self._clock() - oldest).total_seconds() if oldest else 0.0
        metrics.OUTBOX_OLDEST.set(max(age, 0.0))

    def _measure_in_trouble(self) -> None:
        try:
            self._measure_oldest()
        except (SQLAlchemyError, OSError) as error:
            _logger.debug("outbox_not_measured", reason=str(error))


def _event(waiting: Pending) -> Event:
    return decode(waiting.body)
