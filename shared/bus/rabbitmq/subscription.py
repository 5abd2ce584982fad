"""One consumer's hold on one queue of the broker, over as many connections as it takes."""

import itertools
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from shared.bus import BusUnavailable, Delivery, Done, Outcome, Park
from shared.bus.policy import Policy, gave_up, history_line
from shared.bus.rabbitmq import envelope
from shared.bus.rabbitmq.address import Address
from shared.bus.rabbitmq.census import Census, Count
from shared.bus.rabbitmq.consuming import Consuming, Held
from shared.bus.rabbitmq.envelope import Histories
from shared.bus.rabbitmq.keeper import Keeper
from shared.bus.rabbitmq.link import Link
from shared.bus.rabbitmq.publisher import Message, Publisher
from shared.bus.rabbitmq.wire import Timeouts
from shared.bus.topology import Queue

_IMPATIENT: Final = 0.2
"""Whoever waits less than this (seconds) is told what the broker has, not what has come so far."""


class RabbitSubscription:
    """Used by one thread, besides ``close`` and the counts."""

    def __init__(
        self,
        queue: Queue,
        *,
        address: Address,
        timeouts: Timeouts,
        policy: Policy,
        publisher: Publisher,
        histories: Histories,
        census: Census,
    ) -> None:
        self.queue = queue
        self._address = address
        self._timeouts = timeouts
        self._policy = policy
        self._publisher = publisher
        self._histories = histories
        self._census = census
        self._tags = itertools.count(1)
        self._parked: set[int] = set()
        """Already in the dead letters, while a settling is repeated."""
        self._closed = False
        self._keeper = Keeper(self._open, timeouts)
        self._keeper.get()

    def fetch(self, limit: int, timeout: float) -> list[Delivery]:
        """Return what is there; see the port."""
        deadline = time.monotonic() + timeout
        consuming = self._keeper.get()
        self._census.attend()
        batch = consuming.take(limit)
        while not batch:
            consuming.link.call(lambda: consuming.flow(limit))
            if timeout < _IMPATIENT:
                consuming.link.call(consuming.insist)
            if not consuming.wait(deadline):
                return []
            batch = consuming.take(limit)
        if consuming.careful and batch[0].delivery.attempt == 1 and len(batch) < limit:
            consuming.link.call(lambda: self._open_up(consuming, limit - len(batch)))
            batch += consuming.take_fresh(limit - len(batch))
        return [held.delivery for held in batch]

    def settle(self, outcomes: Sequence[tuple[Delivery, Outcome]]) -> None:
        """Make the outcomes durable; see the port.

        What was handed out over a connection that is gone is the broker's again: it comes again.
        """
        consuming = self._keeper.current
        if consuming is None:
            return
        done: list[Held] = []
        retried: list[tuple[Held, str]] = []
        parked: list[tuple[Held, str]] = []
        for delivery, outcome in outcomes:
            one = consuming.held.get(delivery.tag)
            if one is None:
                continue
            if isinstance(outcome, Done):
                done.append(one)
            elif isinstance(outcome, Park):
                parked.append((one, outcome.reason))
            elif delivery.attempt >= self._policy.limit:
                parked.append((one, gave_up(delivery.attempt, outcome.reason)))
            else:
                retried.append((one, outcome.reason))
        self._park(parked)
        for one, reason in retried:
            self._histories.add(self.queue.name, one.message_id, one.delivery.attempt, reason)
        done += [one for one, _ in parked]
        with suppress(BusUnavailable):  # then all of it comes again
            consuming.link.call(lambda: self._settle(consuming, done, [one for one, _ in retried]))
        for one in done:
            self._parked.discard(one.delivery.tag)
            if one.delivery.attempt > 1:
                self._histories.forget(self.queue.name, one.message_id)

    def count(self) -> Count:
        """Return what we have of the queue."""
        consuming = self._keeper.current
        if consuming is not None:
            with suppress(BusUnavailable):
                return consuming.link.call(consuming.count)
        return Count(self.queue.name)

    @property
    def closed(self) -> bool:
        return self._closed

    def close(self) -> None:
        """Give back what is not settled, as if it had never been handed out."""
        if self._closed:
            return
        self._closed = True
        consuming = self._keeper.current
        if consuming is not None:
            # Otherwise the broker takes it back itself, and counts a delivery.
            with suppress(BusUnavailable):
                self._give_back(consuming)
        self._keeper.close()

    def _open(self) -> Consuming:
        link = Link(self._address, self._timeouts, f"consumer {self.queue.name}")
        consuming = link.prepare(lambda: Consuming(link, self.queue, self._policy, self._tags))
        link.start()
        return consuming

    def _open_up(self, consuming: Consuming, limit: int) -> None:
        """Let all come: the first was a fresh one, and what was delivered before comes first."""
        consuming.careful = False
        consuming.flow(limit)
        consuming.catch_up()

    def _park(self, parked: Sequence[tuple[Held, str]]) -> None:
        """Publish dead letters. Raises BusUnavailable; then nothing has been acknowledged."""
        new = [(one, reason) for one, reason in parked if one.delivery.tag not in self._parked]
        self._publisher.publish([self._letter(one, reason) for one, reason in new])
        self._parked |= {one.delivery.tag for one, _ in new}

    def _letter(self, one: Held, reason: str) -> Message:
        attempt = one.delivery.attempt
        line = history_line(attempt, reason.partition(" deliveries: ")[2] or reason)
        history = envelope.completed([*self._history(one), line], attempt)
        headers = envelope.headers(attempt, history, reason=reason)
        return Message("", self.queue.dead_letters, one.delivery.body, one.message_id, headers)

    def _history(self, one: Held) -> list[str]:
        return [*one.history, *self._histories.of(self.queue.name, one.message_id)]

    def _settle(self, consuming: Consuming, done: list[Held], retried: list[Held]) -> None:
        back: list[int] = []
        for one in retried:
            rest = self._policy.delay(one.delivery.attempt)
            if rest > 0:
                consuming.rest(one.delivery.tag, time.monotonic() + rest)
            else:
                back.append(one.delivery.tag)
        consuming.settle({one.delivery.tag for one in done}, back)

    def _give_back(self, consuming: Consuming) -> None:
        """Publish a copy of each with its count as it was, then acknowledge what we hold."""
        left = consuming.link.call(lambda: _stopped(consuming))
        copies = []
        for one in left:
            failed = one.delivery.attempt - (0 if one.resting else 1)
            history = self._history(one)
            headers = envelope.headers(failed, history) if failed else {}
            copies.append(Message("", self.queue.name, one.delivery.body, one.message_id, headers))
        self._publisher.publish(copies)
        tags = [one.delivery.tag for one in left]
        consuming.link.call(lambda: consuming.settle(tags, []))


def _stopped(consuming: Consuming) -> list[Held]:
    consuming.catch_up()
    consuming.stop()
    consuming.catch_up()
    return list(consuming.held.values())
