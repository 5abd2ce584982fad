"""The dead letters of each queue, kept in a quorum queue beside it.

AMQP cannot look at a message without taking it, so whoever lists takes all of a queue and gives
them back, one of us at a time. Meanwhile they are not counted.
"""

import heapq
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final, NamedTuple

from amqp.exceptions import ResourceLocked

from shared.bus import BusUnavailable, DeadLetter
from shared.bus.policy import Policy
from shared.bus.rabbitmq import envelope
from shared.bus.rabbitmq.address import Address
from shared.bus.rabbitmq.control import Control
from shared.bus.rabbitmq.declare import open_channel, standing
from shared.bus.rabbitmq.link import TROUBLE, Link, told
from shared.bus.rabbitmq.publisher import Message, Publisher
from shared.bus.rabbitmq.wire import Timeouts, body_of
from shared.bus.topology import QUEUES

_LOCK: Final = "bantin.dead-letters.lock"
_WINDOW: Final = 1000
_TRY_AGAIN: Final = 0.1
_LOOK_AGAIN: Final = 0.005


class _Taken(NamedTuple):
    """A dead letter that we have from the broker and not settled."""

    number: int
    message_id: str
    letter: DeadLetter


class RabbitDeadLetters:
    """A letter's id is made of its queue and body, so it is the same for everybody."""

    def __init__(
        self,
        address: Address,
        timeouts: Timeouts,
        policy: Policy,
        publisher: Publisher,
        control: Control,
    ) -> None:
        self._address = address
        self._timeouts = timeouts
        self._policy = policy
        self._publisher = publisher
        self._control = control

    def list(self, queue: str | None = None, limit: int = 100) -> list[DeadLetter]:
        with self._visit() as visit:
            return heapq.nsmallest(
                limit,
                (taken.letter for name in _chosen(queue) for taken in visit.letters(name)),
                key=lambda letter: (letter.parked_at, letter.id),
            )

    def get(self, ids: Sequence[int]) -> Sequence[DeadLetter]:
        found: list[DeadLetter] = []
        with self._visit() as visit:
            for queue, wanted in _by_queue(ids).items():
                found += [taken.letter for taken in visit.find(queue, wanted)]
        return sorted(found, key=lambda letter: (letter.parked_at, letter.id))

    def counts(self) -> dict[str, int]:
        found = self._control.standing([queue.dead_letters for queue in QUEUES.values()])
        return {
            name: ready
            for name, queue in QUEUES.items()
            if (ready := found[queue.dead_letters].ready)
        }

    def replay(self, ids: Sequence[int]) -> int:
        """Publish them to their queues, confirmed, then forget them; killed between: doubles."""
        count = 0
        with self._visit() as visit:
            for queue, wanted in _by_queue(ids).items():
                found = visit.find(queue, wanted)
                self._publisher.publish(
                    [Message("", queue, one.letter.body, one.message_id) for one in found]
                )
                visit.forget(found)
                count += len(found)
        return count

    def drop(self, ids: Sequence[int]) -> int:
        count = 0
        with self._visit() as visit:
            for queue, wanted in _by_queue(ids).items():
                found = visit.find(queue, wanted)
                visit.forget(found)
                count += len(found)
        return count

    @contextmanager
    def _visit(self) -> Iterator["_Visit"]:
        """Look at dead letters over a connection of its own. Raises BusUnavailable."""
        timeouts = replace(self._timeouts, heartbeat=0)  # nobody sends them, for so short a time
        link = Link(self._address, timeouts, "dead letters")
        try:
            visit = link.prepare(lambda: _Visit(link, self._policy))
            yield visit
            visit.give_back()
        except TROUBLE as error:
            raise BusUnavailable(f"{self._address}: {told(error)}") from error
        finally:
            link.close()  # which gives back whatever is left


class _Visit:
    def __init__(self, link: Link, policy: Policy) -> None:
        self._link = link
        self._policy = policy
        self._channel = open_channel(link)
        self._lock()
        self._numbers: dict[int, str] = {}
        """Of the messages that we have taken and not settled, with their queues."""

    def letters(self, queue: str) -> Iterator[_Taken]:
        """Take all of a queue, a window at a time."""
        name = QUEUES[queue].dead_letters
        left = standing(self._link, self._channel, name).ready
        while left > 0:
            found = self._take(name, min(left, _WINDOW))
            if not found:
                return
            left -= len(found)
            for message in found:
                yield self._read(queue, message)

    def find(self, queue: str, wanted: set[int]) -> list[_Taken]:
        """Take messages until all the wanted ones are there."""
        found = []
        left = set(wanted)
        for taken in self.letters(queue):
            if taken.letter.id in wanted:
                found.append(taken)
                left.discard(taken.letter.id)
            if not left:
                break
        return found

    def forget(self, taken: Sequence[_Taken]) -> None:
        self._link.patience()
        with self._link.transport.together():
            for one in taken:
                self._channel.basic_ack(one.number)
                del self._numbers[one.number]

    def give_back(self) -> None:
        """Return what is left in the order in which it came, and wait until that is done."""
        self._link.patience()
        with self._link.transport.together():
            for number in sorted(self._numbers):
                self._channel.basic_reject(number, requeue=True)
        for name, count in Counter(self._numbers.values()).items():
            # Nobody else takes any while we look, so that many must be there again.
            until = time.monotonic() + self._link.timeouts.operation
            while standing(self._link, self._channel, name).ready < count:
                if time.monotonic() > until:
                    break
                time.sleep(_LOOK_AGAIN)
        self._numbers.clear()

    def _read(self, queue: str, message: Any) -> _Taken:
        properties = message.properties
        headers = properties.get("application_headers") or {}
        letter = envelope.letter(queue, body_of(message), headers, self._policy.limit)
        number = message.delivery_info["delivery_tag"]
        return _Taken(number, properties.get("message_id", ""), letter)

    def _take(self, name: str, count: int) -> list[Any]:
        found: list[Any] = []
        link, channel = self._link, self._channel
        link.patience()
        channel.basic_qos(0, count, a_global=False)
        tag = f"look-{time.monotonic_ns()}"
        link.patience()
        channel.basic_consume(name, consumer_tag=tag, callback=found.append)
        link.patience()
        try:
            while len(found) < count:
                link.amqp.blocking_read()
        except TimeoutError:
            pass  # somebody else has taken some
        link.patience()
        channel.basic_cancel(tag)
        self._numbers |= {message.delivery_info["delivery_tag"]: name for message in found}
        return found

    def _lock(self) -> None:
        """Wait until nobody else looks at dead letters. Raises BusUnavailable."""
        deadline = time.monotonic() + self._link.timeouts.operation
        while True:
            self._link.patience()
            try:
                self._channel.queue_declare(_LOCK, exclusive=True, auto_delete=True)
            except ResourceLocked:
                if time.monotonic() > deadline:
                    raise BusUnavailable("somebody else is busy with the dead letters") from None
                time.sleep(_TRY_AGAIN)
            else:
                return


def _chosen(queue: str | None) -> list[str]:
    return list(QUEUES) if queue is None else [queue]


def _by_queue(ids: Sequence[int]) -> dict[str, set[int]]:
    found: dict[str, set[int]] = {}
    for number in ids:
        found.setdefault(envelope.queue_of(number), set()).add(number)
    return found
