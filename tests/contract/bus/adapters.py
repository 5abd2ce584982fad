"""The buses that the conformance suite runs on. One more adapter is one more entry here."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from shared.bus import Bus
from shared.bus.embedded import open_embedded
from shared.bus.policy import Policy, exponential
from shared.bus.topology import DELIVERY_LIMIT


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
        delay: Callable[[int], float] = exponential if rests else (lambda _: 0.0)
        return open_embedded(self.address, policy=Policy(limit=limit, delay=delay))


ADAPTERS: dict[str, Callable[[str], Adapter]] = {"embedded": Embedded}


def new_adapter(name: str, folder: Path) -> Adapter:
    """Return an adapter on a bus that nobody has used."""
    return ADAPTERS[name](str(folder / "bus"))
