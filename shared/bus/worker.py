"""The loop between a queue and a handler: decode, handle, settle; and what to do when that fails.

- A body that is no event is parked with its reason.
- An unexpected exception: the batch is repeated one by one, and the message that still raises
  is given back, one delivery dearer, until the delivery limit parks it.
- A handler that answers ``Retry`` and never ``Done`` (or raises BusUnavailable) has lost its own
  store: the messages stay in hand and nothing is charged until it is back; what it parks is parked
  meanwhile. After some minutes they are given back, also uncharged, and nothing is consumed before
  the store's own check passes: a broker takes away what is held for too long.
- Too many messages parked in a row look like a fault of ours rather than theirs: the worker stops.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from shared import log
from shared.bus import (
    BATCH,
    Bus,
    BusUnavailable,
    Delivery,
    Done,
    Handler,
    Outcome,
    Park,
    Retry,
    Subscription,
)
from shared.bus.handling import Failed, Message, Result, apart, ask, decoded, done_any
from shared.bus.measured import Measured, Settled
from shared.bus.topology import Consumer, Queue
from shared.runtime import Process

_FETCH_SECONDS = 0.5
"""The longest a fetch waits, so that a stop is noticed soon."""
_EVIDENCE = 2
"""Messages that must all say Retry before we believe that the store is down."""
_PROBE_EVERY = 5
"""Rounds of waiting after which one more message is tried all the same."""
_HOLD_SECONDS = 300.0
"""What is in hand is given back after this long; RabbitMQ waits 30 minutes."""
_LONGEST_WITHOUT_BUS = 5.0
"""Seconds between two looks whether the bus is back; to look costs little, to wait is all delay."""
_T = TypeVar("_T")


class TooManyParked(Exception):  # noqa: N818 - a state of the world, not a mistake
    """So many messages in a row were parked that the fault is probably not theirs."""


class _DownForLong(Exception):  # noqa: N818 - a state of the world, not a mistake
    """The store has been down so long that what is in hand should go back."""


class Worker:
    """Feeds one queue to one handler. ``pauses`` yields the seconds between rounds of waiting.

    ``store_check`` raises while the handler's own store cannot be used, whatever the error.
    """

    def __init__(
        self,
        bus: Bus,
        queue: Queue,
        handle: Handler,
        *,
        store_check: Callable[[], None] | None = None,
        pauses: Callable[[], Iterator[float]] | None = None,
        hold: float = _HOLD_SECONDS,
        park_limit: int = 1000,
    ) -> None:
        self._bus = bus
        self._queue = queue
        self._handle = handle
        self._store_check = store_check
        self._pauses = pauses or exponential_pauses
        self._hold = hold
        self._park_limit = park_limit
        self._parked_in_a_row = 0
        self._trouble: str | None = None
        self._measured = Measured(queue)
        self._logger = log.get("worker").bind(queue=queue.name)

    def check(self) -> None:
        """Raise RuntimeError, with the reason, while no message can be handled."""
        if self._trouble is not None:
            raise RuntimeError(self._trouble)

    def run(self, stop: threading.Event) -> None:
        """Handle messages until ``stop`` is set. Raises TooManyParked."""
        while not stop.is_set():
            subscription = self._until_the_bus_can(lambda: self._bus.subscribe(self._queue), stop)
            if subscription is None:
                return
            try:
                self._consume(subscription, stop)
            except _DownForLong:
                self._logger.warning("given_back", reason=self._trouble)
            finally:
                subscription.close()
            self._wait_for_the_store(stop)

    def _consume(self, subscription: Subscription, stop: threading.Event) -> None:
        while not stop.is_set():
            deliveries = self._until_the_bus_can(
                lambda: subscription.fetch(BATCH, _FETCH_SECONDS), stop
            )
            if deliveries:
                self._work(subscription, deliveries, stop)
            self._measured.nothing_in_hand()
            self._measured.depths(self._bus)

    def _work(
        self, subscription: Subscription, deliveries: Sequence[Delivery], stop: threading.Event
    ) -> None:
        messages, bad = decoded(deliveries)
        self._measured.in_hand(deliveries, messages)
        if bad:
            self._settle(subscription, [Settled(d, park) for d, park in bad], stop)
        if messages:
            results = self._results(subscription, messages, stop)
            self._settle(subscription, [Settled.of(result) for result in results], stop)

    def _results(
        self, subscription: Subscription, messages: Sequence[Message], stop: threading.Event
    ) -> list[Result]:
        """Call the handler until its store is up. Nothing when stopped before: all is given back.

        One message that says Retry proves nothing, so while only one is in hand another is waited
        for; if the store takes that one, the first is at fault itself and pays for its delivery.
        Otherwise nothing is fetched, but for one message every few rounds. Raises _DownForLong.
        """
        since = time.monotonic()
        results = self._call(messages)
        for number, pause in enumerate(self._pauses(), 1):
            waiting, ready = apart(results)
            if not waiting or self._store_takes(ready):
                break
            self._settle(subscription, [Settled.of(result) for result in ready], stop)
            if stop.is_set():
                return []
            self._pause(waiting, pause)
            if time.monotonic() - since > self._hold and self._bus_is_well():
                raise _DownForLong
            probing = len(waiting) < _EVIDENCE or number % _PROBE_EVERY == 0
            probe = self._wait(subscription, pause, stop, probing=probing)
            if stop.is_set():
                return []
            # Alone and first: that one was taken says nothing of what had been tried before it.
            probed = self._call([probe]) if probe is not None else []
            results = [*self._call([message for message, _ in waiting]), *probed]
        self._well()
        return results

    def _store_takes(self, ready: Sequence[Result]) -> bool:
        """Tell whether what is done proves that the store is up: some is done without it."""
        return done_any(ready) and self._store_trouble() is None

    def _wait(
        self, subscription: Subscription, seconds: float, stop: threading.Event, *, probing: bool
    ) -> Message | None:
        """Wait out a pause, or until one more message is there to try."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and not stop.is_set():
            if not probing:
                stop.wait(left)
                continue
            try:
                deliveries = subscription.fetch(1, min(left, _FETCH_SECONDS))
            except BusUnavailable:
                stop.wait(left)
                continue
            messages, bad = decoded(deliveries)
            if bad:
                self._settle(subscription, [Settled(d, park) for d, park in bad], stop)
            if messages:
                return messages[0]
        return None

    def _call(self, messages: Sequence[Message]) -> list[Result]:
        """Return one outcome for each message, whatever the handler does."""
        alone = {"event_id": messages[0].event.id} if len(messages) == 1 else {}
        with log.bound_contextvars(**alone):
            try:
                return ask(self._handle, messages)
            except BusUnavailable as error:
                return [(message, Retry(f"the bus: {error}")) for message in messages]
            except Exception as error:
                if len(messages) == 1:
                    self._logger.exception("event_failed", attempt=messages[0].delivery.attempt)
                    return [(messages[0], Failed(f"{type(error).__name__}: {error}"))]
                self._logger.warning("batch_failed", size=len(messages), reason=repr(error))
        return [result for message in messages for result in self._call([message])]

    def _settle(
        self, subscription: Subscription, settled: Sequence[Settled], stop: threading.Event
    ) -> None:
        pairs = [(one.delivery, one.outcome) for one in settled]

        def settle() -> bool:
            subscription.settle(pairs)
            return True

        if not pairs or self._until_the_bus_can(settle, stop) is None:
            return  # what could not be settled is delivered again
        self._measured.settled(settled)
        for delivery, outcome in pairs:
            if isinstance(outcome, Park):
                self._logger.error("event_parked", tag=delivery.tag, reason=outcome.reason)
        self._watch_parks([outcome for _, outcome in pairs])

    def _watch_parks(self, outcomes: Sequence[Outcome]) -> None:
        for outcome in outcomes:
            if isinstance(outcome, Done):
                self._parked_in_a_row = 0
            elif isinstance(outcome, Park):
                self._parked_in_a_row += 1
        if self._parked_in_a_row >= self._park_limit:
            raise TooManyParked(f"{self._parked_in_a_row} messages of {self._queue.name} in a row")

    def _until_the_bus_can(self, call: Callable[[], _T], stop: threading.Event) -> _T | None:
        """Repeat a call until the bus is there for it; None when stopped before."""
        for longer in self._pauses():
            pause = min(longer, _LONGEST_WITHOUT_BUS)
            try:
                result = call()
            except BusUnavailable as error:
                self._trouble = f"the bus is unavailable: {error}"
                self._logger.warning("bus_unavailable", reason=str(error), pause=pause)
                if stop.wait(pause):
                    break
            else:
                self._trouble = None
                return result
        return None

    def _pause(self, results: Sequence[Result], pause: float) -> None:
        reasons = [outcome.reason for _, outcome in results if isinstance(outcome, Retry)]
        self._trouble = f"waiting, {len(results)} in hand: {reasons[0]}"
        self._measured.paused(on=True)
        self._logger.warning("worker_paused", held=len(results), reason=reasons[0], pause=pause)

    def _bus_is_well(self) -> bool:
        """Tell whether the bus can take back what is in hand without charging a delivery."""
        try:
            self._bus.check()
        except BusUnavailable:
            return False
        return True

    def _wait_for_the_store(self, stop: threading.Event) -> None:
        """Wait, with nothing in hand, until the store says itself that it is up."""
        for pause in self._pauses():
            if stop.is_set() or (trouble := self._store_trouble()) is None:
                return
            self._trouble = f"waiting, nothing in hand: {trouble}"
            self._logger.warning("store_unavailable", reason=trouble, pause=pause)
            stop.wait(pause)

    def _store_trouble(self) -> str | None:
        """Return what the store's own check says is wrong, if there is one."""
        if self._store_check is None:
            return None
        try:
            self._store_check()
        except Exception as error:  # noqa: BLE001 - whatever is wrong with it, it is not up
            return str(error) or type(error).__name__
        return None

    def _well(self) -> None:
        self._trouble = None
        self._measured.paused(on=False)


def processes(
    bus: Bus,
    consumer: Consumer,
    handle: Handler,
    *,
    store_check: Callable[[], None] | None = None,
) -> list[Process]:
    """Return one process for each lane of a consumer, named ``consumer-<lane>``."""
    workers = [
        (queue, Worker(bus, queue, handle, store_check=store_check)) for queue in consumer.queues
    ]
    return [
        Process(f"consumer-{queue.lane}", worker.run, {"bus": bus.check, "worker": worker.check})
        for queue, worker in workers
    ]


def exponential_pauses() -> Iterator[float]:
    """Yield 0.1 seconds, then twice as many each time, up to 5: to look costs little."""
    pause = 0.1
    while True:
        yield pause
        pause = min(5.0, pause * 2)
