"""Random lives of a queue against a model that is a plain list.

The embedded bus is held to the very order of the list. A broker hands a message that was given
back to whoever can take it, before the fresh ones, so there the order is left to it: every
message is somewhere, nobody gets what another has, and every delivery is counted.
"""

import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar
from urllib.parse import urlsplit

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from shared.bus import Delivery, Done, Outcome, Park, Retry, Subscription
from shared.bus.topology import RENDER, Lane
from shared.contracts.events import decode
from tests.contract.bus.adapters import ADAPTERS, Adapter
from tests.deployment import wait_for
from tests.factories import published
from tests.servers.rabbitmq import RabbitMQ

LIMIT = 3
OUTCOMES: st.SearchStrategy[Outcome] = st.sampled_from([Done(), Retry("later"), Park("never")])
QUEUE = RENDER.queue(Lane.LIVE)


@dataclass
class Message:
    """One message as the model knows it; ``holder`` is the number of a subscription."""

    event_id: str
    attempts: int = 0
    holder: int | None = None


@dataclass
class Holder:
    """One subscription and what it has in hand."""

    subscription: Subscription
    hand: list[tuple[Delivery, Message]] = field(default_factory=list)


class BusLife(RuleBasedStateMachine):
    """Single holders, redelivery alone, the limit, and closing, in any interleaving."""

    def __init__(self) -> None:
        super().__init__()
        self.opened = self._new()
        self.bus = self.opened.open(limit=LIMIT)
        self.queue: list[Message] = []
        self.parked: list[str] = []
        self.holders: dict[int, Holder] = {}
        self.number = 0

    def _new(self) -> Adapter:
        raise NotImplementedError

    def _check_batch(self, found: list[Message], limit: int) -> None:
        raise NotImplementedError

    @rule(count=st.integers(0, 6))
    def publish(self, count: int) -> None:
        events = [published(number) for number in range(count)]
        self.bus.publish(events)
        self.queue += [Message(event.id) for event in events]

    @precondition(lambda self: len(self.holders) < 3)
    @rule()
    def subscribe(self) -> None:
        self.number += 1
        self.holders[self.number] = Holder(self.bus.subscribe(QUEUE))

    @precondition(lambda self: self.holders)
    @rule(data=st.data(), limit=st.integers(1, 5))
    def fetch(self, data: st.DataObject, limit: int) -> None:
        me = data.draw(st.sampled_from(sorted(self.holders)))
        deliveries = self.holders[me].subscription.fetch(limit, 0)
        known = {message.event_id: message for message in self.queue}
        found = [known[decode(delivery.body).id] for delivery in deliveries]
        self._check_batch(found, limit)
        for delivery, message in zip(deliveries, found, strict=True):
            assert message.holder is None
            message.attempts += 1
            message.holder = me
            assert delivery.attempt == message.attempts
            self.holders[me].hand.append((delivery, message))

    @precondition(lambda self: any(one.hand for one in self.holders.values()))
    @rule(data=st.data())
    def settle(self, data: st.DataObject) -> None:
        busy = [one for one in self.holders.values() if one.hand]
        holder = data.draw(st.sampled_from(busy))
        size = data.draw(st.integers(1, len(holder.hand)))
        pairs: list[tuple[Delivery, Outcome]] = []
        for delivery, message in holder.hand[:size]:
            outcome: Outcome = data.draw(OUTCOMES)
            pairs.append((delivery, outcome))
            message.holder = None
            given_up = isinstance(outcome, Retry) and message.attempts >= LIMIT
            if isinstance(outcome, Park) or given_up:
                self.parked.append(message.event_id)
            if not isinstance(outcome, Retry) or given_up:
                self.queue.remove(message)
        del holder.hand[:size]
        holder.subscription.settle(pairs)

    @precondition(lambda self: self.holders)
    @rule(data=st.data())
    def close(self, data: st.DataObject) -> None:
        me = data.draw(st.sampled_from(sorted(self.holders)))
        holder = self.holders.pop(me)
        holder.subscription.close()
        self._give_back(holder)

    @rule()
    def reopen(self) -> None:
        for holder in self.holders.values():
            self._give_back(holder)
        self.holders.clear()
        self.bus.close()
        self.bus = self.opened.open(limit=LIMIT)

    def _give_back(self, holder: Holder) -> None:
        for _, message in holder.hand:
            message.holder = None
            message.attempts -= 1

    @precondition(lambda self: self.parked)
    @rule(replayed=st.booleans())
    def look_after_a_dead_letter(self, *, replayed: bool) -> None:
        letter = self.bus.dead_letters.list()[0]
        event_id = decode(letter.body).id
        self.parked.remove(event_id)
        if replayed:
            assert self.bus.dead_letters.replay([letter.id]) == 1
            self.queue.append(Message(event_id))
        else:
            assert self.bus.dead_letters.drop([letter.id]) == 1

    @invariant()
    def nothing_is_lost_or_doubled(self) -> None:
        # A broker notices what was settled a little later.
        wait_for(lambda: self.bus.depths()[QUEUE.name] == len(self.queue), within=10, every=0.01)
        letters = [decode(letter.body).id for letter in self.bus.dead_letters.list(limit=10_000)]
        assert sorted(letters) == sorted(self.parked)

    def teardown(self) -> None:
        self.bus.close()


class EmbeddedBusLife(BusLife):
    """With the order: the list's, and a redelivered message in the place that it had."""

    def _new(self) -> Adapter:
        self.folder = Path(tempfile.mkdtemp())
        return ADAPTERS["embedded"](str(self.folder / "bus"))

    def _check_batch(self, found: list[Message], limit: int) -> None:
        free = [message for message in self.queue if message.holder is None]
        expected = free[:1] if free and free[0].attempts else free[:limit]
        alone = next((n for n, one in enumerate(expected) if n and one.attempts), len(expected))
        assert found == expected[:alone]

    def teardown(self) -> None:
        super().teardown()
        shutil.rmtree(self.folder)


class RabbitBusLife(BusLife):
    """With what is fresh in the order of publishing, and all of it there in the end."""

    broker: ClassVar[RabbitMQ]
    given_back = False

    def _new(self) -> Adapter:
        self.url = self.broker.new_vhost()
        return ADAPTERS["rabbitmq"](self.url)

    def _check_batch(self, found: list[Message], limit: int) -> None:
        assert len(found) <= limit
        if any(message.attempts for message in found):
            assert len(found) == 1
        if not self.given_back:  # what was goes to the end
            assert found == sorted(found, key=self.queue.index)

    def _give_back(self, holder: Holder) -> None:
        self.given_back = True
        super()._give_back(holder)

    def teardown(self) -> None:
        left = {message.event_id for message in self.queue if message.holder is None}
        held = {message.event_id for message in self.queue} - left
        for holder in self.holders.values():
            holder.subscription.close()
        last = self.bus.subscribe(QUEUE)
        got: set[str] = set()
        while batch := last.fetch(100, 0):
            got |= {decode(delivery.body).id for delivery in batch}
            last.settle([(delivery, Done()) for delivery in batch])
        super().teardown()
        self.broker.manage("DELETE", f"vhosts/{urlsplit(self.url).path[1:]}")
        assert got == left | held


def in_settings(examples: int) -> settings:
    return settings(
        max_examples=examples,
        stateful_step_count=30,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )


TestEmbeddedBusLife = EmbeddedBusLife.TestCase
TestEmbeddedBusLife.settings = in_settings(40)


def test_rabbitmq_bus_life(rabbitmq: RabbitMQ) -> None:
    RabbitBusLife.broker = rabbitmq
    run_state_machine_as_test(RabbitBusLife, settings=in_settings(15))
