"""The relay: from the outbox to the bus, at least once, in order, forgotten only when confirmed."""

import math
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy.exc import SQLAlchemyError

from services.ingest.store.outbox import Outbox, Pending
from shared import log, metrics
from shared.bus import BATCH, BusUnavailable, Publisher
from shared.bus.policy import BATCH_BYTES
from shared.clock import Clock, now
from shared.contracts.events import Event, decode
from shared.nudge import Listening

_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0
"""Seconds to wait after a failure, doubled each time up to the longest."""
_WORRYING_AGE = 60.0
"""Seconds after which an event that waits means that the relay hangs or cannot keep up."""

_logger = log.get("relay")


class Relay:
    """Sends what waits. Two at once do no harm: the same event then goes out twice, under one id.

    Every version is sent, also one that is superseded already: which consumers have seen it is
    not known here, and a history that skips is harder to follow than one that repeats.
    """

    def __init__(
        self,
        outbox: Outbox,
        bus: Publisher,
        listen: Callable[[], Listening],
        *,
        poll: float,
        clock: Clock = now,
    ) -> None:
        self._outbox = outbox
        self._bus = bus
        self._listen = listen
        self._poll = poll
        self._clock = clock
        self._trouble: str | None = None
        self._more = False
        """The last batch was a full one, so the next may be there already."""

    def run(self, stop: threading.Event) -> None:
        """Send until ``stop`` is set; wait and keep everything while the bus cannot take it."""
        listener = self._listen()
        pause = _FIRST_PAUSE
        try:
            while not stop.is_set():
                with self._noting_trouble():
                    self.send_batch()
                if self._trouble is not None:
                    stop.wait(pause)
                    pause = min(pause * 2, _LONGEST_PAUSE)
                    continue
                pause = _FIRST_PAUSE
                if not self._more:
                    listener.wait(self._poll)
        finally:
            listener.close()

    def send_batch(self) -> int:
        """Send at most one batch; return how many events. Raises BusUnavailable, SQLAlchemyError.

        A crash between sending and confirming sends the batch again: consumers know an event
        they have seen by its version. A batch is bounded in bytes too: all of it is in memory
        several times, as rows, as events and as messages.
        """
        with self._outbox.in_hand(BATCH, BATCH_BYTES) as pending:
            if pending:
                self._bus.publish([_event(waiting) for waiting in pending])
        self._more = _is_full(pending)
        metrics.OUTBOX_PUBLISHED.inc(len(pending))
        return len(pending)

    def age(self) -> float:
        """Return how many seconds the oldest event waits; NaN while the database cannot say.

        Asked anew at each scrape, so that it also grows while the relay itself hangs.
        """
        try:
            oldest = self._outbox.oldest()
        except (SQLAlchemyError, OSError) as error:
            _logger.debug("outbox_not_measured", reason=str(error))
            return math.nan
        return max((self._clock() - oldest).total_seconds(), 0.0) if oldest else 0.0

    def check(self) -> None:
        """Raise RuntimeError, with the reason, while events cannot be sent, or wait too long."""
        if self._trouble is not None:
            raise RuntimeError(self._trouble)
        if (age := self.age()) > _WORRYING_AGE:
            raise RuntimeError(f"the oldest event has waited for {age:.0f} s")

    @contextmanager
    def _noting_trouble(self) -> Iterator[None]:
        try:
            yield
        except (BusUnavailable, SQLAlchemyError, OSError) as error:
            if self._trouble is None:
                _logger.warning("relay_waits", reason=str(error))
            self._trouble = str(error) or type(error).__name__
        else:
            self._trouble = None


def _is_full(batch: Sequence[Pending]) -> bool:
    return len(batch) >= BATCH or sum(len(waiting.body) for waiting in batch) > BATCH_BYTES


def _event(waiting: Pending) -> Event:
    return decode(waiting.body)
