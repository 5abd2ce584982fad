"""The bus on RabbitMQ 3.10 or newer; docs/adr/008-rabbitmq-bus.md says why all this is so."""

import threading
from collections.abc import Sequence
from functools import cache

from shared.bus import Bus
from shared.bus.policy import Policy
from shared.bus.rabbitmq.address import Address, parse
from shared.bus.rabbitmq.census import Census, Count
from shared.bus.rabbitmq.control import Control
from shared.bus.rabbitmq.declare import Standing
from shared.bus.rabbitmq.envelope import Histories
from shared.bus.rabbitmq.letters import RabbitDeadLetters
from shared.bus.rabbitmq.publisher import Message, Publisher
from shared.bus.rabbitmq.subscription import RabbitSubscription
from shared.bus.rabbitmq.wire import Timeouts
from shared.bus.topology import EXCHANGE, QUEUES, Queue, queues_for
from shared.contracts.events import EVENT_TYPES, Event


def open_rabbitmq(
    url: str, *, policy: Policy | None = None, timeouts: Timeouts | None = None
) -> Bus:
    """Return the bus of a virtual host, connected when it is first used. Raises ValueError."""
    return RabbitBus(parse(url), policy or Policy(), timeouts or Timeouts())


@cache
def _keys(event_type: str, bulk_for: str | None) -> tuple[str, ...]:
    """Return the routing key for each queue that an event of this type goes to."""
    payload = EVENT_TYPES[event_type]
    return tuple(queue.routing_key(payload) for queue in queues_for(payload, bulk_for=bulk_for))


class RabbitBus:
    """The port over a connection to publish, one to ask and one for each subscription."""

    def __init__(self, address: Address, policy: Policy, timeouts: Timeouts) -> None:
        self._address = address
        self._policy = policy
        self._timeouts = timeouts
        self._histories = Histories()
        self._subscriptions: list[RabbitSubscription] = []
        self._subscribing = threading.Lock()
        self._publisher = Publisher(address, timeouts, policy)
        self._control = Control(address, timeouts, policy)
        self._letters = RabbitDeadLetters(address, timeouts, policy, self._publisher, self._control)
        self._census = Census(address, timeouts, self._counts)

    @property
    def dead_letters(self) -> RabbitDeadLetters:
        return self._letters

    def publish(self, events: Sequence[Event], *, bulk_for: str | None = None) -> None:
        """Return once the broker has confirmed every event for each of its queues; see the port."""
        messages = []
        for event in events:
            body, keys = event.encode(), _keys(event.type, bulk_for)
            messages += [Message(EXCHANGE, key, body, event.id) for key in keys]
        self._publisher.publish(messages)

    def subscribe(self, queue: Queue) -> RabbitSubscription:
        if queue.name not in QUEUES:
            raise ValueError(f"there is no queue {queue.name}")
        subscription = RabbitSubscription(
            queue,
            address=self._address,
            timeouts=self._timeouts,
            policy=self._policy,
            publisher=self._publisher,
            histories=self._histories,
            census=self._census,
        )
        with self._subscribing:  # each lane has a thread of its own
            live = [one for one in self._subscriptions if not one.closed]
            self._subscriptions = [*live, subscription]
        return subscription

    def depths(self) -> dict[str, int]:
        """Return the messages waiting or in hand, by queue name.

        What changes hands meanwhile may be counted twice, but is never left out. Consumers that do
        not answer are left out, with a warning.
        """
        before: dict[str, Standing] = {}

        def consumers() -> dict[str, int]:
            before.update(self._control.standing(list(QUEUES)))
            return {name: one.consumers for name, one in before.items()}

        counts = self._census.take(consumers)
        after = self._control.standing(list(QUEUES))
        found = {name: max(before[name].ready, after[name].ready) for name in QUEUES}
        for count in counts:
            found[count.queue] += count.held
        return found

    def in_hand(self) -> dict[str, int]:
        def consumers() -> dict[str, int]:
            standing = self._control.standing(list(QUEUES))
            return {name: one.consumers for name, one in standing.items()}

        found = dict.fromkeys(QUEUES, 0)
        for count in self._census.take(consumers):
            found[count.queue] += count.handed
        return found

    def _counts(self) -> list[Count]:
        return [subscription.count() for subscription in self._subscriptions]

    def check(self) -> None:
        """Raise BusUnavailable if the broker is not there or takes no messages."""
        self._publisher.check()

    def close(self) -> None:
        """Close the subscriptions too, which gives back what they hold."""
        for subscription in self._subscriptions:
            subscription.close()
        self._census.close()
        self._control.close()
        self._publisher.close()
