"""Random lives of a queue against a model that is a plain list."""

import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from shared.bus import Delivery, Done, Outcome, Park, Retry, Subscription
from shared.bus.topology import RENDER, Lane
from shared.contracts.events import decode
from tests.contract.bus.adapters import ADAPTERS
from tests.factories import published

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


class EmbeddedBusLife(RuleBasedStateMachine):
    """Order, single holders, redelivery alone, the limit, and closing, in any interleaving."""

    adapter = "embedded"

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.opened = ADAPTERS[self.adapter](str(self.folder / "bus"))
        self.bus = self.opened.open(limit=LIMIT)
        self.queue: list[Message] = []
        self.parked: list[str] = []
        self.holders: dict[int, Holder] = {}
        self.number = 0

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
        expected = self._next(limit)
        found = self.holders[me].subscription.fetch(limit, 0)
        assert [decode(one.body).id for one in found] == [one.event_id for one in expected]
        for delivery, message in zip(found, expected, strict=True):
            message.attempts += 1
            message.holder = me
            assert delivery.attempt == message.attempts
            self.holders[me].hand.append((delivery, message))

    def _next(self, limit: int) -> list[Message]:
        free = [message for message in self.queue if message.holder is None]
        if free and free[0].attempts:
            return free[:1]
        batch = []
        for message in free[:limit]:
            if message.attempts:
                break
            batch.append(message)
        return batch

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
        assert self.bus.depths()[QUEUE.name] == len(self.queue)
        letters = [decode(letter.body).id for letter in self.bus.dead_letters.list(limit=10_000)]
        assert sorted(letters) == sorted(self.parked)

    def teardown(self) -> None:
        self.bus.close()
        shutil.rmtree(self.folder)


TestEmbeddedBusLife = EmbeddedBusLife.TestCase
TestEmbeddedBusLife.settings = settings(
    max_examples=40,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
