"""Asking the broker how much waits where, over a connection that no alarm blocks."""

from collections.abc import Sequence

from shared.bus.policy import Policy
from shared.bus.rabbitmq.address import Address
from shared.bus.rabbitmq.declare import Standing, declare, open_channel, standing
from shared.bus.rabbitmq.keeper import Keeper
from shared.bus.rabbitmq.link import Link
from shared.bus.rabbitmq.wire import Timeouts
from shared.bus.topology import QUEUES


class _Asking:
    def __init__(self, link: Link, policy: Policy) -> None:
        self.link = link
        self._channel = open_channel(link)
        declare(link, self._channel, QUEUES.values(), policy)

    def standing(self, names: Sequence[str]) -> dict[str, Standing]:
        return {name: standing(self.link, self._channel, name) for name in names}


class Control:
    def __init__(self, address: Address, timeouts: Timeouts, policy: Policy) -> None:
        self._address = address
        self._timeouts = timeouts
        self._policy = policy
        self._keeper = Keeper(self._open, timeouts)

    def standing(self, names: Sequence[str]) -> dict[str, Standing]:
        """Return how these queues stand. Raises BusUnavailable."""
        asking = self._keeper.get()
        return asking.link.call(lambda: asking.standing(names))

    def close(self) -> None:
        self._keeper.close()

    def _open(self) -> _Asking:
        link = Link(self._address, self._timeouts, "control")
        asking = link.prepare(lambda: _Asking(link, self._policy))
        link.start()
        return asking
