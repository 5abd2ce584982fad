"""A virtual host of a broker that may be hurt, and bounds that make its pains short."""

from typing import NamedTuple
from urllib.parse import urlsplit

from shared.bus.rabbitmq.wire import Timeouts
from tests.servers.rabbitmq import RabbitMQ

SHORT = Timeouts(
    connect=2, operation=2, confirm=1, blocked=0.3, heartbeat=1, first_pause=0.01, longest_pause=0.1
)


class Place(NamedTuple):
    """A virtual host of a broker that the tests may hurt."""

    broker: RabbitMQ
    url: str

    @property
    def vhost(self) -> str:
        return urlsplit(self.url).path[1:]
