"""How many messages the consumers of other processes have in hand.

AMQP tells how many messages nobody has, and the broker's management interface tells the rest some
seconds late. So consumers are asked: a request goes to every process that consumes, and each
answers for its subscriptions. It travels over a connection of its own, because an alarm of the
broker blocks connections that publish, and consuming must go on.
"""

import json
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any, Final
from uuid import uuid4

import amqp
from amqp import spec

from shared import log
from shared.bus import BusUnavailable
from shared.bus.rabbitmq.address import Address
from shared.bus.rabbitmq.declare import open_channel
from shared.bus.rabbitmq.keeper import Keeper
from shared.bus.rabbitmq.link import Link
from shared.bus.rabbitmq.wire import Timeouts

_EXCHANGE: Final = "bantin.census"
_REPLIES: Final = "amq.rabbitmq.reply-to"
"""The broker's own way to answer without a queue: https://www.rabbitmq.com/docs/direct-reply-to"""
_FIRST_ROUND, _LONGER = 0.1, 4
"""Seconds until all are counted and asked again, and how much more that is after each round."""


@dataclass(frozen=True, slots=True)
class Count:
    """What one subscription has: of which queue, over how many consumers."""

    queue: str
    consumers: int = 0
    held: int = 0
    handed: int = 0
    """To a handler, which has not settled them."""


class _Attending:
    """Answers requests and asks, on one link. Everything here runs in the link's thread."""

    def __init__(self, link: Link, me: str, local: Callable[[], Sequence[Count]]) -> None:
        self.link = link
        self.answers: dict[str, Callable[[list[Count]], None]] = {}
        self._me = me
        self._local = local
        self._channel = channel = open_channel(link)
        link.patience()
        channel.exchange_declare(_EXCHANGE, "fanout", durable=True, auto_delete=False)
        link.patience()
        queue = channel.queue_declare("", exclusive=True, auto_delete=True).queue
        link.patience()
        channel.queue_bind(queue, _EXCHANGE)
        link.patience()
        channel.basic_consume(queue, no_ack=True, callback=self._asked)
        link.patience()
        channel.basic_consume(_REPLIES, no_ack=True, callback=self._answered)

    def ask(self, number: str, answered: Callable[[list[Count]], None]) -> None:
        self.answers[number] = answered
        self._publish(_EXCHANGE, "", b"", correlation_id=number, reply_to=_REPLIES, app_id=self._me)

    def _asked(self, message: Any) -> None:
        asked = message.properties
        if asked.get("app_id") == self._me:
            return
        body = json.dumps([asdict(count) for count in self._local()]).encode()
        self._publish("", asked["reply_to"], body, correlation_id=asked["correlation_id"])

    def _answered(self, message: Any) -> None:
        take = self.answers.get(message.properties.get("correlation_id", ""))
        if take is not None:
            take([Count(**count) for count in json.loads(message.body)])

    def _publish(self, exchange: str, key: str, body: bytes, **properties: str) -> None:
        content = amqp.Message(body, **properties)
        self._channel.send_method(
            spec.Basic.Publish, "Bssbb", (0, exchange, key, False, False), content
        )


class Census:
    """Attends from the first subscription on, and asks for whoever wants to know."""

    def __init__(
        self, address: Address, timeouts: Timeouts, local: Callable[[], Sequence[Count]]
    ) -> None:
        self._address = address
        self._timeouts = timeouts
        self._local = local
        self._me = uuid4().hex
        self._keeper = Keeper(self._open, timeouts)

    def attend(self) -> None:
        """See to it that others get answers, as far as the broker is there."""
        if self._keeper.current is None:
            with suppress(BusUnavailable):
                self._keeper.get()

    def take(self, consumers: Callable[[], Mapping[str, int]]) -> list[Count]:
        """Return what consumers have, those of other processes too.

        ``consumers`` asks the broker how many of each queue it knows. It may still count one that
        has just ended, so while some do not answer, all is asked anew. Who does not answer within
        ``Timeouts.census`` is left out, and the log says so.
        """
        now = time.monotonic()
        end, until = now + self._timeouts.census, now + _FIRST_ROUND
        while True:
            found, missing = self._round(consumers(), min(until, end))
            if not missing or until >= end:
                break
            until += (until - now) * (_LONGER - 1)
        if missing:
            log.get("bus").warning("consumers_do_not_answer", queues=missing)
        return found

    def _round(self, consumers: Mapping[str, int], until: float) -> tuple[list[Count], list[str]]:
        """Ask once; return what was answered in time, and the queues of whoever did not."""
        found = list(self._local())
        if not _missing(consumers, found):
            return found, []
        attending = self._keeper.get()
        changed = threading.Condition()

        def answered(counts: list[Count]) -> None:
            with changed:
                found.extend(counts)
                changed.notify_all()

        number = uuid4().hex
        attending.link.call(lambda: attending.ask(number, answered))
        with changed:
            changed.wait_for(lambda: not _missing(consumers, found), until - time.monotonic())
            missing = _missing(consumers, found)
            counted = list(found)
        attending.answers.pop(number, None)
        return counted, missing

    def close(self) -> None:
        self._keeper.close()

    def _open(self) -> _Attending:
        link = Link(self._address, self._timeouts, "census")
        attending = link.prepare(lambda: _Attending(link, self._me, self._local))
        link.start()
        return attending


def _missing(consumers: Mapping[str, int], found: Iterable[Count]) -> list[str]:
    left = dict(consumers)
    for count in found:
        left[count.queue] = left.get(count.queue, 0) - count.consumers
    return [queue for queue, number in left.items() if number > 0]
