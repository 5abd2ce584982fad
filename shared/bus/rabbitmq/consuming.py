"""One consumer on one link: what the broker handed out and we have not settled.

All but the methods that say otherwise run in the link's thread. The broker hands out no more
than the next batch, so what is charged when this process dies is what a handler had in hand;
and one by one after a redelivered message, so that a message that kills its consumers charges no
neighbour more than once.
"""

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any, Final

from shared.bus import Delivery
from shared.bus.policy import BATCH_BYTES, Policy
from shared.bus.rabbitmq import envelope
from shared.bus.rabbitmq.census import Count
from shared.bus.rabbitmq.declare import declare, open_channel, standing
from shared.bus.rabbitmq.link import Link
from shared.bus.rabbitmq.wire import body_of
from shared.bus.topology import Queue

_COMING: Final = 2.0
"""Seconds that a message which the broker counts as ready for us may take."""
_LOOK_AGAIN: Final = 0.002
_NOTICED: Final = 2.0
"""Seconds after which the broker's queue has surely done what we asked of it."""
_LATE: Final = 3
"""Ended consumers for which a delivery is still expected."""


@dataclass(slots=True)
class Held:
    """A message that the broker gave us. ``handed`` to a handler, or still waiting here."""

    delivery: Delivery
    number: int
    """The broker's, valid on this link only."""
    consumer: str
    message_id: str
    history: tuple[str, ...]
    handed: bool = False
    resting: bool = False
    """Settled as Retry; the broker gets it back when its rest is over."""


class Consuming:
    """Begins with probing: one message, and the others only if it is a fresh one."""

    def __init__(self, link: Link, queue: Queue, policy: Policy, tags: Iterator[int]) -> None:
        self.link = link
        self.careful = True
        """Until the first fresh message: redelivered ones may be there, and are taken singly."""
        self.held: dict[int, Held] = {}
        """By our tag, in the order of delivery."""
        self._queue = queue
        self._tags = tags
        self._channel = open_channel(link)
        declare(link, self._channel, [queue], policy)
        self._usual_size = 1
        """Bytes of a body, as the last ones were."""
        self._consumers = 0
        self._windows: dict[str, int] = {}
        """How many unsettled messages each running consumer may have."""
        self._charged: Counter[str] = Counter()
        """How many it has."""
        self._stopped: deque[str] = deque()
        self._returned: dict[str, float] = {}
        """Message ids given back, and until when the queue may not count them as ready."""
        self._waiting: deque[Held] = deque()
        self._there = threading.Condition()
        self._watched = False
        link.each_round.append(self._tell)
        link.lost.append(self._lost)

    def flow(self, limit: int) -> None:
        """Let the broker hand out up to ``limit`` messages, or one where care is needed."""
        # Large articles are not all kept in memory only because they are there.
        wanted = 1 if self.careful else max(1, min(limit, BATCH_BYTES // self._usual_size))
        free = sum(window - self._charged[name] for name, window in self._windows.items())
        if free >= max(1, wanted // 2):
            return
        for name in [one for one, window in self._windows.items() if self._charged[one] >= window]:
            self._stop(name)
        self._consumers += 1
        name = f"bantin-{self._consumers}"
        self.link.patience()
        self._channel.basic_qos(0, wanted - free, a_global=False)
        self._windows[name] = wanted - free
        self.link.patience()
        self._channel.basic_consume(
            self._queue.name, consumer_tag=name, callback=self._receiver(name)
        )

    def stop(self) -> None:
        """Let the broker hand out nothing more."""
        for name in list(self._windows):
            self._stop(name)

    def _stop(self, name: str) -> None:
        """End one consumer.

        What the broker is about to hand to it goes back, and that counts as a delivery: so this
        is for consumers that have all they may have, and for the end.
        """
        del self._windows[name]
        self.link.patience()
        self._channel.basic_cancel(name)
        # Should something come all the same: without a receiver the library would reject it.
        self._channel.callbacks[name] = self._receiver(name)
        self._stopped.append(name)
        if len(self._stopped) > _LATE:
            self._channel.callbacks.pop(self._stopped.popleft(), None)

    def catch_up(self) -> int:
        """Read what the broker has already handed out; return how many nobody has."""
        # The queue answers after it has sent that to the channel, which answers after passing on.
        ready = standing(self.link, self._channel, self._queue.name).ready
        self.link.patience()
        self._channel.basic_qos(0, 1, a_global=False)
        return ready

    def insist(self) -> None:
        """Wait until what the broker has for us is here, or it has nothing."""
        until = time.monotonic() + _COMING
        while not self._waiting:
            ready = self.catch_up()
            now = time.monotonic()
            if self._waiting or now > until or not (ready or self.returning):
                return
            time.sleep(_LOOK_AGAIN)

    @property
    def returning(self) -> int:
        """How many were given back so lately that the queue may still think that we have them."""
        now = time.monotonic()
        self._returned = {one: until for one, until in self._returned.items() if until > now}
        return len(self._returned)

    def count(self) -> Count:
        """Return what is held here, once all that was handed out has come."""
        self.catch_up()
        held = self.held.values()
        return Count(
            self._queue.name,
            # The broker still counts one that was ended and has something unsettled.
            consumers=len(self._windows.keys() | self._charged.keys()),
            held=len(held) + self.returning,
            handed=sum(one.handed and not one.resting for one in held),
        )

    def settle(self, done: Collection[int], back: Collection[int]) -> None:
        """Acknowledge and give back; what is not held any more is left out."""
        with self.link.transport.together():
            left = dict.fromkeys(tag for tag in done if tag in self.held)
            last = 0
            for tag, held in self.held.items():
                if tag not in left:
                    break
                last = held.number
                del left[tag]
            if last:
                self._channel.basic_ack(last, multiple=True)  # everything before is done as well
            for tag in left:
                self._channel.basic_ack(self.held[tag].number)
            for tag in back:
                if tag in self.held:
                    self._channel.basic_reject(self.held[tag].number, requeue=True)
        noticed = time.monotonic() + _NOTICED
        self._returned.update(
            (self.held[tag].message_id, noticed) for tag in back if tag in self.held
        )
        for tag in (*done, *back):
            self._forget(tag)

    def rest(self, tag: int, until: float) -> None:
        """Give one back at a time (``time.monotonic``); nobody waits for it until then."""
        if tag in self.held:
            self.held[tag].resting = True
            self.link.at(until, lambda: self._give_back(tag))

    def take(self, limit: int) -> list[Held]:
        """Return what is here: fresh messages, or one redelivered one. Safe from any thread."""
        with self._there:
            if self._waiting and self._waiting[0].delivery.attempt > 1:
                batch = [self._waiting.popleft()]
            else:
                batch = self._fresh(limit)
            for held in batch:
                held.handed = True
            return batch

    def take_fresh(self, limit: int) -> list[Held]:
        """Return more for a batch that has begun. Safe from any thread."""
        with self._there:
            batch = self._fresh(limit)
            for held in batch:
                held.handed = True
            return batch

    def _fresh(self, limit: int) -> list[Held]:
        batch: list[Held] = []
        size = 0
        while self._waiting and len(batch) < limit and size <= BATCH_BYTES:
            if self._waiting[0].delivery.attempt > 1:
                break
            batch.append(self._waiting.popleft())
            size += len(batch[-1].delivery.body)
        return batch

    def wait(self, deadline: float) -> bool:
        """Wait until something is here and tell whether; raises BusUnavailable. Any thread."""
        with self._there:
            self._watched = True
            while not self._waiting:
                if not self.link.alive:
                    raise self.link.unavailable()
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                self._there.wait(left)
            return True

    def _receiver(self, consumer: str) -> Callable[[Any], None]:
        def receive(message: Any) -> None:
            properties = message.properties
            headers = properties.get("application_headers") or {}
            attempt = 1
            if headers:
                attempt += envelope.attempts_before(headers)
            if message.delivery_info["redelivered"] and attempt == 1:
                attempt = 2
            body = body_of(message)
            self._usual_size = max(1, (7 * self._usual_size + len(body)) // 8)
            delivery = Delivery(tag=next(self._tags), body=body, attempt=attempt)
            held = Held(
                delivery,
                message.delivery_info["delivery_tag"],
                consumer,
                properties.get("message_id") or str(envelope.letter_id(self._queue.name, body)),
                envelope.history_before(headers) if headers else (),
            )
            self.held[delivery.tag] = held
            self._returned.pop(held.message_id, None)
            self._charged[consumer] += 1
            self._waiting.append(held)

        return receive

    def _give_back(self, tag: int) -> None:
        if tag in self.held:
            self.settle([], [tag])

    def _forget(self, tag: int) -> None:
        held = self.held.pop(tag, None)
        if held is None:
            return
        self._charged[held.consumer] -= 1
        if not self._charged[held.consumer]:
            del self._charged[held.consumer]

    def _tell(self) -> None:
        if self._waiting and self._watched:
            with self._there:
                self._watched = False
                self._there.notify_all()

    def _lost(self, _: str) -> None:
        with self._there:
            self.held.clear()
            self._waiting.clear()
            self._there.notify_all()
