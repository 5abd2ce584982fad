"""What consumers hold is asked of them; one that has gone since is not waited for."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from urllib.parse import urlsplit

import amqp
import pytest

from shared.bus.policy import Policy
from shared.bus.rabbitmq import RabbitBus, open_rabbitmq
from shared.bus.rabbitmq.address import parse
from shared.bus.rabbitmq.census import Count
from shared.bus.rabbitmq.wire import Timeouts
from shared.bus.topology import RENDER, Lane
from tests.contract.bus.place import SHORT, Place
from tests.deployment import wait_for
from tests.factories import published

LIVE = RENDER.queue(Lane.LIVE)


@contextmanager
def _silent_consumer(url: str) -> Iterator[None]:
    """Consume as somebody who never says what they hold."""
    parts = urlsplit(url)
    with amqp.Connection(
        f"{parts.hostname}:{parts.port}",
        userid=parts.username or "",
        password=parts.password or "",
        virtual_host=parts.path[1:],
    ) as connection:
        channel = connection.channel()
        channel.basic_qos(0, 1, a_global=False)
        channel.basic_consume(LIVE.name, callback=lambda _: None)
        yield


def test_counting_does_not_wait_for_a_consumer_that_has_gone_meanwhile(place: Place) -> None:
    for_ever = Timeouts(census=600)
    with (
        closing(open_rabbitmq(place.url, timeouts=for_ever)) as bus,
        ThreadPoolExecutor(1) as pool,
    ):
        bus.publish([published(number) for number in range(5)])
        with _silent_consumer(place.url):
            wait_for(lambda: place.broker.queues(place.vhost)[LIVE.name].unacknowledged == 1)
            counting = pool.submit(bus.depths)
            with pytest.raises(TimeoutError):
                counting.result(0.5)
        assert counting.result(120)[LIVE.name] == 5


class Meeting:
    """A subscription at which two threads that look whether it is closed wait for each other."""

    def __init__(self) -> None:
        self._both = threading.Barrier(2)

    @property
    def closed(self) -> bool:
        with suppress(threading.BrokenBarrierError):
            self._both.wait(1)  # in vain where only one looks at a time
        return False

    def count(self) -> Count:
        return Count(LIVE.name)

    def close(self) -> None: ...


def test_lanes_that_subscribe_at_the_same_time_are_all_known_to_their_bus(place: Place) -> None:
    with closing(RabbitBus(parse(place.url), Policy(), SHORT)) as bus:
        bus._subscriptions.append(Meeting())  # type: ignore[arg-type]
        with ThreadPoolExecutor(2) as pool:
            made = list(pool.map(bus.subscribe, RENDER.queues))
        assert set(made) <= set(bus._subscriptions)
