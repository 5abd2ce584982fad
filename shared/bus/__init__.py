"""The bus as a port: events go in durably and come out in batches, each message settled once.

Two adapters keep the same promises, held by ``tests/contract/bus``. A handler gets a batch and
returns one outcome for each message, in order; only the bus settles messages, after the effect
is durable.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.bus.topology import Queue
from shared.contracts.events import Event

BATCH: int = 500
"""The most messages in one batch."""


@dataclass(frozen=True, slots=True)
class Done:
    """The effect is durable, or there was none to have; the message may be forgotten."""


@dataclass(frozen=True, slots=True)
class Retry:
    """It cannot be done now. While nothing else is done, the consumer waits, uncharged."""

    reason: str


@dataclass(frozen=True, slots=True)
class Park:
    """It can never be done; the message goes to the dead letters with this reason."""

    reason: str


Outcome = Done | Retry | Park
Handler = Callable[[Sequence[Event]], list[Outcome]]


class BusUnavailable(Exception):  # noqa: N818 - a state of the world, not a mistake
    """The bus could not take or give messages; nothing was promised. Try again later."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message handed out once. ``attempt`` counts from 1; a second one is a redelivery."""

    tag: int
    body: bytes
    attempt: int


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A parked message: why, since when, and after how many attempts."""

    id: int
    queue: str
    body: bytes
    reason: str
    attempts: int
    parked_at: datetime
    history: tuple[str, ...] = ()
    """One line for each failed delivery: when, which one and why."""


class Subscription(Protocol):
    """One consumer's hold on one queue. Closing it (or dying) gives back what is not settled."""

    def fetch(self, limit: int, timeout: float) -> list[Delivery]:
        """Return what is there, at most ``limit``; wait ``timeout`` seconds only if nothing is.

        A message delivered before comes alone, so that it charges no neighbour.
        """
        ...

    def settle(self, outcomes: Sequence[tuple[Delivery, Outcome]]) -> None:
        """Make the outcomes durable: forget, give back with a delay, or park."""
        ...

    def close(self) -> None: ...


class DeadLetters(Protocol):
    """What could not be processed, for people to look at."""

    def list(self, queue: str | None = None, limit: int = 100) -> list[DeadLetter]:
        """Return the first ``limit`` of a queue, or of all; the longest parked first."""
        ...

    def get(self, ids: Sequence[int]) -> Sequence[DeadLetter]:
        """Return those of these that are there."""
        ...

    def counts(self) -> dict[str, int]:
        """Return how many there are, by queue name; a queue without any may be left out."""
        ...

    def replay(self, ids: Sequence[int]) -> int:
        """Put these back at the end of their queues, attempts forgotten; return how many."""
        ...

    def drop(self, ids: Sequence[int]) -> int:
        """Delete these for good; return how many."""
        ...


class Publisher(Protocol):
    def publish(self, events: Sequence[Event], *, bulk_for: str | None = None) -> None:
        """Return once every event is durable in every queue bound to its type.

        ``bulk_for`` sends to that one consumer's bulk queue instead. Raises BusUnavailable when
        that is not so; some may still have arrived, so the caller sends all of them again.
        """
        ...


class Bus(Publisher, Protocol):
    @property
    def dead_letters(self) -> DeadLetters: ...

    def subscribe(self, queue: Queue) -> Subscription: ...

    def depths(self) -> dict[str, int]:
        """Return the messages waiting or in hand, by queue name."""
        ...

    def in_hand(self) -> dict[str, int]:
        """Return how many of them a consumer was given and has not settled, by queue name."""
        ...

    def check(self) -> None:
        """Raise BusUnavailable if the bus cannot be used now."""
        ...

    def close(self) -> None: ...


def open_bus(url: str) -> Bus:
    """Open the bus that ``url`` names: ``sqlite://<folder>`` (embedded) or ``amqp[s]://…``.

    Raises ValueError for another URL, without repeating it: it may hold a password.
    """
    scheme, _, rest = url.partition("://")
    if scheme == "sqlite" and rest:
        from shared.bus.embedded import open_embedded  # noqa: PLC0415 - an adapter loads on demand

        return open_embedded(rest)
    if scheme in {"amqp", "amqps"}:
        from shared.bus.rabbitmq import open_rabbitmq  # noqa: PLC0415 - likewise

        return open_rabbitmq(url)
    raise ValueError(
        f"BANTIN_BUS: {scheme[:20]!r} is no bus;"
        " use sqlite://<folder> or amqp[s]://user:password@host:port/vhost"
    )
