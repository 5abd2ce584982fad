"""The topology of topology.py as the broker keeps it: one exchange, two quorum queues for each.

Declaring is repeated with every connection that publishes or consumes, so a broker that lost its
definitions gets them again.
"""

import time
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from amqp.exceptions import NotFound, PreconditionFailed

from shared.bus import BusUnavailable
from shared.bus.policy import Policy
from shared.bus.rabbitmq.link import Link
from shared.bus.topology import EXCHANGE, Queue

_NEVER: Final = 1_000_000_000
"""Deliveries of a dead letter; looking at them counts, and RabbitMQ 4 would drop one at 20."""

_LEADER_ANSWERS: Final = 0.2
"""Seconds within which an answer is surely the leader's own."""


def open_channel(link: Link) -> Any:
    link.patience()
    return link.amqp.channel()


def declare(link: Link, channel: Any, queues: Iterable[Queue], policy: Policy) -> None:
    """Make what is not there yet. Raises BusUnavailable where it is there and different."""
    link.patience()
    channel.exchange_declare(EXCHANGE, "topic", durable=True, auto_delete=False)
    for queue in queues:
        _declare(link, channel, queue.dead_letters, _dead_arguments())
        _declare(link, channel, queue.name, _arguments(queue, policy))
        for key in queue.routing_keys:
            link.patience()
            channel.queue_bind(queue.name, EXCHANGE, key)


class Standing(NamedTuple):
    """How a queue stands, as its leader says."""

    ready: int
    """Messages that nobody has."""
    consumers: int


def standing(link: Link, channel: Any, name: str) -> Standing:
    """Ask for a queue. Raises BusUnavailable if it is not there, or its leader says nothing.

    A broker whose queue's leader is busy for 250 ms answers in its place that there are neither
    messages nor consumers (``rabbit_quorum_queue:stat/2``, in 3.10 and in 4.x), so that answer is
    only believed where it came sooner.
    """
    until = time.monotonic() + link.timeouts.operation
    while True:
        link.patience()
        asked = time.monotonic()
        try:
            found = channel.queue_declare(name, passive=True)
        except NotFound as error:
            raise BusUnavailable(f"the queue {name} is gone: {error}") from error
        answered = time.monotonic()
        standing = Standing(found.message_count, found.consumer_count)
        if any(standing) or answered - asked < _LEADER_ANSWERS:
            return standing
        if answered > until:
            raise BusUnavailable(f"the leader of the queue {name} does not answer")


def _arguments(queue: Queue, policy: Policy) -> dict[str, Any]:
    return {
        "x-queue-type": "quorum",
        # Counts deliveries that failed: the one more than this parks the message.
        "x-delivery-limit": policy.limit - 1,
        "x-dead-letter-exchange": "",
        "x-dead-letter-routing-key": queue.dead_letters,
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",  # what that strategy asks for
    }


def _dead_arguments() -> dict[str, Any]:
    return {
        "x-queue-type": "quorum",
        "x-delivery-limit": _NEVER,
        "x-overflow": "reject-publish",
    }


def _declare(link: Link, channel: Any, name: str, arguments: dict[str, Any]) -> None:
    link.patience()
    try:
        channel.queue_declare(name, durable=True, auto_delete=False, arguments=arguments)
    except PreconditionFailed as error:
        raise BusUnavailable(
            f"the queue {name} exists with other arguments ({error.reply_text}): stop what uses it,"
            " let it run empty or save its messages, delete it (rabbitmqctl delete_queue), and it"
            " is declared anew at the next start"
        ) from error
