"""The buses that the conformance suite runs on. One more adapter is one more entry here."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from shared.bus import Bus
from shared.bus.embedded import open_embedded
from shared.bus.policy import Policy, exponential
from shared.bus.rabbitmq import open_rabbitmq
from shared.bus.rabbitmq.wire import Timeouts
from shared.bus.topology import DELIVERY_LIMIT
from tests.servers.rabbitmq import RabbitMQ as Broker

_PATIENT = Timeouts(census=60)
"""A consumer on a busy machine is waited for, rather than left out of a count."""


class Adapter(Protocol):
    """One bus for one test, opened as often as the test needs."""

    @property
    def address(self) -> str:
        """What another process gives to ``adapter_at`` to open the same bus."""
        ...

    def open(self, *, limit: int = DELIVERY_LIMIT, rests: bool = False) -> Bus:
        """Open the bus; failed messages come back at once unless it ``rests`` as in production."""
        ...


class Embedded:
    def __init__(self, address: str) -> None:
        self.address = address

    def open(self, *, limit: int = DELIVERY_LIMIT, rests: bool = False) -> Bus:
        return open_embedded(self.address, policy=_policy(limit, rests=rests))


class RabbitMQ:
    def __init__(self, address: str) -> None:
        self.address = address

    def open(
        self, *, limit: int = DELIVERY_LIMIT, rests: bool = False, timeouts: Timeouts | None = None
    ) -> Bus:
        policy = _policy(limit, rests=rests)
        return open_rabbitmq(self.address, policy=policy, timeouts=timeouts or _PATIENT)


ADAPTERS: dict[str, Callable[[str], Adapter]] = {"embedded": Embedded, "rabbitmq": RabbitMQ}


def new_address(name: str, folder: Path, server: Callable[[], Broker]) -> str:
    """Return where an adapter finds a bus that nobody has used."""
    return server().new_vhost() if name == "rabbitmq" else str(folder / "bus")


def _policy(limit: int, *, rests: bool) -> Policy:
    delay: Callable[[int], float] = exponential if rests else (lambda _: 0.0)
    return Policy(limit=limit, delay=delay)
