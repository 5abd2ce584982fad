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
from shared.bus.rabbitmq.declare import declare, open_channel, waiting
from shared.bus.rabbitmq.link import Link
from shared.bus.topology import Queue

_LATE: Final = 3
"""Consumers back for which a delivery is still expected."""


@dataclass(slots=True)
class Held:
    """A message that the broker gave us. ``handed`` to a handler, or still waiting here."""

    delivery: Delivery
    number: int
    """The broker's, valid on this link only."""
    consumer: int
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
        """Redelivered messages may be there, so they are asked for one by one."""
        self.held: dict[int, Held] = {}
        """By our tag, in the order of delivery."""
        self._queue = queue
        self._tags = tags
        self._channel = open_channel(link)
        declare(link, self._channel, [queue], policy)
        self._consumer = 0
        self._limit = 1
        self._window = 0
        """What the present consumer may have unsettled; 0 while there is none."""
        self._charged: Counter[int] = Counter()
        self._waiting: deque[Held] = deque()
        self._there = threading.Condition()
        self._watched = False
        link.each_round.append(self._tell)
        link.lost.append(self._lost)

    def flow(self, limit: int) -> None:
        """Let the broker hand out up to ``limit`` messages, or one where care is needed."""
        self._limit = limit
        window = 1 if self.careful else limit
        if self._window == window and self._charged[self._consumer] < window:
            return
        self.stop()
        self._consumer += 1
        self._window = window
        name, receiver = _name(self._consumer), self._receiver(self._consumer)
        self.link.patience()
        self._channel.basic_qos(0, window, a_global=False)
        self.link.patience()
        self._channel.basic_consume(self._queue.name, consumer_tag=name, callback=receiver)

    def stop(self) -> None:
        """Let the broker hand out nothing more; on return it has done all we sent it before."""
        if not self._window:
            return
        self._window = 0
        self.link.patience()
        self._channel.basic_cancel(_name(self._consumer))
        # What was on its way comes all the same; without a receiver the library would reject it.
        self._channel.callbacks[_name(self._consumer)] = self._receiver(self._consumer)
        self._channel.callbacks.pop(_name(self._consumer - _LATE), None)

    def catch_up(self) -> None:
        """Read what the broker has already handed out."""
        # The queue answers after it has sent that to the channel, which answers after passing on.
        waiting(self.link, self._channel, self._queue.name)
        self.link.patience()
        self._channel.basic_qos(0, max(1, self._window), a_global=False)

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
        for tag in (*done, *back):
            self._forget(tag)
        if back:
            self.careful = True
            self.stop()

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

    def _receiver(self, consumer: int) -> Callable[[Any], None]:
        def receive(message: Any) -> None:
            properties = message.properties
            headers = properties.get("application_headers") or {}
            attempt = 1
            if headers:
                attempt += envelope.attempts_before(headers)
            if message.delivery_info["redelivered"] and attempt == 1:
                attempt = 2
            delivery = Delivery(tag=next(self._tags), body=_body(message), attempt=attempt)
            held = Held(
                delivery,
                message.delivery_info["delivery_tag"],
                consumer,
                properties.get("message_id", ""),
                envelope.history_before(headers) if headers else (),
            )
            self.held[delivery.tag] = held
            self._charged[consumer] += 1
            self._waiting.append(held)
            if attempt > 1:
                self.careful = True

        return receive

    def _give_back(self, tag: int) -> None:
        if tag in self.held:
            self.settle([], [tag])
        if self._watched:  # somebody waits for the next message
            self.flow(self._limit)

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


def _name(consumer: int) -> str:
    return f"bantin-{consumer}"


def _body(message: Any) -> bytes:
    body = getattr(message, "body", b"")  # an empty one is never set by the library
    return body if isinstance(body, bytes) else bytes(body or b"", "utf-8")
