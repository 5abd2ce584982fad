"""Publishing with pipelined confirms: true success or BusUnavailable, for many threads at once.

Every message has a number on its channel; the broker confirms numbers, alone or up to one of
them. A publication is a success when each of its numbers was confirmed and none came back.
"""

import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from shared.bus import BusUnavailable
from shared.bus.policy import Policy
from shared.bus.rabbitmq.address import Address
from shared.bus.rabbitmq.declare import declare, open_channel
from shared.bus.rabbitmq.frames import publishing
from shared.bus.rabbitmq.keeper import Keeper
from shared.bus.rabbitmq.link import Link
from shared.bus.rabbitmq.wire import Timeouts
from shared.bus.topology import QUEUES

_SHORT: Final = "the broker is short of memory or disk"
_LOOK: Final = 0.1
"""Seconds between two looks whether the broker blocks us."""
_PIECE: Final = 1024 * 1024
"""Bytes of bodies after which what the broker has said is read before more is written."""


@dataclass(frozen=True, slots=True)
class Message:
    """What is to be published where; ``exchange`` "" reaches the queue named by ``key``."""

    exchange: str
    key: str
    body: bytes
    message_id: str
    headers: dict[str, Any] = field(default_factory=dict)


class _Publication:
    """What one call published; done when nothing of it is open, or with the first error."""

    def __init__(self, messages: Sequence[Message]) -> None:
        self.unsent = deque(messages)
        self.open = len(messages)
        self.error: str | None = None
        self.refused = False
        """By a queue that is full or gone, so the connection's view of it is worth nothing."""
        self.done = threading.Event()
        self.moved = time.monotonic()

    def confirmed(self) -> None:
        self.open -= 1
        self.moved = time.monotonic()
        if not self.open:
            self.done.set()

    def fail(self, error: str) -> None:
        self.error = self.error or error
        self.done.set()


class _Confirming:
    """A channel in confirm mode, and what is open on it. Only its link's thread touches it."""

    def __init__(self, link: Link, policy: Policy) -> None:
        self.link = link
        self._channel = open_channel(link)
        declare(link, self._channel, QUEUES.values(), policy)
        link.patience()
        self._channel.confirm_select()
        self._channel.events["basic_ack"].add(self._acked)
        self._channel.events["basic_nack"].add(self._nacked)
        self._channel.events["basic_return"].add(self._returned)
        self._number = 0
        self._open: dict[int, tuple[_Publication, Message]] = {}
        link.lost.append(self._lost)

    def post(self, publication: _Publication) -> None:
        """Let the thread send the next piece soon. Raises BusUnavailable if it has ended."""
        self.link.post(lambda: self._send(publication), lambda error: publication.fail(str(error)))

    def _send(self, publication: _Publication) -> None:
        """Write one piece, and the rest after others had their turn and confirms were read.

        What takes as long as a large publication on a slow wire would else pass for silence of
        the broker, to whoever publishes meanwhile too.
        """
        if publication.done.is_set():
            return  # given up meanwhile
        publication.moved = time.monotonic()
        channel, frame_max = self._channel.channel_id, self.link.amqp.frame_max
        add = self.link.transport.add
        written = 0
        with self.link.transport.together():
            while publication.unsent and written < _PIECE:
                message = publication.unsent.popleft()
                self._number += 1
                self._open[self._number] = (publication, message)
                frames = publishing(
                    channel,
                    frame_max,
                    exchange=message.exchange,
                    key=message.key,
                    body=message.body,
                    message_id=message.message_id,
                    headers=message.headers,
                )
                add(frames)
                written += len(message.body)
                publication.moved = time.monotonic()
        publication.moved = time.monotonic()
        if publication.unsent:
            try:
                self.post(publication)
            except BusUnavailable as error:
                publication.fail(str(error))

    def _acked(self, number: int, multiple: bool) -> None:  # noqa: FBT001 - the library's call
        for publication, _ in self._settled(number, multiple=multiple):
            publication.confirmed()

    def _nacked(self, number: int, multiple: bool) -> None:  # noqa: FBT001
        for publication, message in self._settled(number, multiple=multiple):
            publication.refused = True
            publication.fail(f"the broker refused a message for {message.key}")

    def _settled(self, number: int, *, multiple: bool) -> list[tuple[_Publication, Message]]:
        if not multiple:
            found = self._open.pop(number, None)
            return [] if found is None else [found]
        settled = []
        while self._open and (first := next(iter(self._open))) <= number:  # the lowest is first
            settled.append(self._open.pop(first))
        return settled

    def _returned(self, error: Exception, exchange: str, key: str, content: Any) -> None:
        """Fail whatever may be meant: a return says no number, and comes before its confirm."""
        wanted = content.properties.get("message_id", "")
        for publication, message in self._open.values():
            if (message.exchange, message.key, message.message_id) == (exchange, key, wanted):
                publication.refused = True
                publication.fail(f"no queue took a message for {key}: {error}")

    def _lost(self, reason: str) -> None:
        for publication, _ in self._open.values():
            publication.fail(f"the connection was lost before the confirm: {reason}")
        self._open.clear()


class Publisher:
    """Safe to use from many threads; what they publish at the same time travels together."""

    def __init__(self, address: Address, timeouts: Timeouts, policy: Policy) -> None:
        self._address = address
        self._timeouts = timeouts
        self._policy = policy
        self.keeper = Keeper(self._open, timeouts)

    def publish(self, messages: Sequence[Message]) -> None:
        """Return once the broker has confirmed every message. Raises BusUnavailable."""
        if not messages:
            return
        confirming = self.keeper.get()
        link = confirming.link
        self._wait_while_blocked(link)
        publication = _Publication(messages)
        confirming.post(publication)
        self._await(publication, link)
        if publication.refused:
            # The next connection declares again what is gone. And once a full queue has made a
            # channel refuse, RabbitMQ does not tell that channel when its limit is taken away.
            link.drop("a queue is full or gone")
        if publication.error is not None:
            raise BusUnavailable(f"{self._address}: {publication.error}")

    def check(self) -> None:
        """Raise BusUnavailable if nothing can be published now."""
        if self.keeper.get().link.blocked_since is not None:
            raise BusUnavailable(f"{self._address}: {_SHORT}")

    def close(self) -> None:
        self.keeper.close()

    def _open(self) -> _Confirming:
        link = Link(self._address, self._timeouts, "publisher")
        confirming = link.prepare(lambda: _Confirming(link, self._policy))
        link.start()
        return confirming

    def _await(self, publication: _Publication, link: Link) -> None:
        """Wait for the confirms; fail when none comes for too long, or the broker blocks us."""
        while not publication.done.is_set():
            left = publication.moved + self._timeouts.confirm - time.monotonic()
            if left <= 0:
                link.drop("a confirm did not come in time")
                publication.fail("no confirm in time")
            elif self._blocked_too_long(link):
                # The connection stays: over it the broker tells when it is well again.
                publication.fail(_SHORT)
            else:
                publication.done.wait(min(left, _LOOK))

    def _wait_while_blocked(self, link: Link) -> None:
        while link.blocked_since is not None and link.alive:
            if self._blocked_too_long(link):
                raise BusUnavailable(f"{self._address}: {_SHORT}")
            time.sleep(_LOOK)

    def _blocked_too_long(self, link: Link) -> bool:
        since = link.blocked_since
        return since is not None and time.monotonic() - since > self._timeouts.blocked
