"""RabbitMQ as the tests have it: private, isolated, exact, and disturbed on demand."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import unquote, urlsplit

import pytest
from amqp import Connection, Message
from amqp.exceptions import AMQPError, NotAllowed

from tests.servers.leftovers import left_running
from tests.servers.rabbitmq import Queue, RabbitMQ


@contextmanager
def connected(url: str, on_blocked: Callable[[str], None] | None = None) -> Iterator[Connection]:
    parts = urlsplit(url)
    connection = Connection(
        f"{parts.hostname}:{parts.port}",
        userid=parts.username or "",
        password=parts.password or "",
        virtual_host=unquote(parts.path[1:]),
        on_blocked=on_blocked,
        confirm_publish=True,
    )
    try:
        connection.connect()
        yield connection
    finally:
        connection.collect()  # a broker that blocks its publishers answers no goodbye


def vhost(url: str) -> str:
    return urlsplit(url).path[1:]


def put(connection: Connection, queue: str, count: int, kind: str = "classic") -> None:
    channel = connection.channel()
    arguments = {"x-queue-type": kind}
    channel.queue_declare(queue, durable=True, auto_delete=False, arguments=arguments)
    for number in range(count):
        message = Message(str(number), delivery_mode=2)
        channel.basic_publish(message, routing_key=queue, confirm_timeout=30)


def test_the_user_of_one_virtual_host_may_not_enter_another(rabbitmq: RabbitMQ) -> None:
    mine, others = urlsplit(rabbitmq.new_vhost()), rabbitmq.new_vhost()
    with connected(mine.geturl()):
        pass
    trespassing = mine._replace(path=f"/{vhost(others)}").geturl()
    with pytest.raises(NotAllowed), connected(trespassing):
        pass


@pytest.mark.parametrize("kind", ["classic", "quorum"])
def test_what_a_queue_holds_is_told_exactly(rabbitmq: RabbitMQ, kind: str) -> None:
    url = rabbitmq.new_vhost()
    with connected(url) as connection:
        put(connection, "letters", 3, kind)
        assert connection.channel().basic_get("letters") is not None
        assert rabbitmq.queues(vhost(url)) == {"letters": Queue(ready=2, unacknowledged=1)}


def test_the_broker_closes_the_connections_of_the_named_virtual_host_alone(
    rabbitmq: RabbitMQ,
) -> None:
    closed, spared = rabbitmq.new_vhost(), rabbitmq.new_vhost()
    with connected(spared) as second:
        with connected(closed) as first:
            rabbitmq.close_connections(vhost(closed))
            with pytest.raises((AMQPError, OSError)):
                first.drain_events(timeout=30)
        put(second, "still there", 1)


def test_alarms_block_publishers_until_they_are_switched_off(own_rabbitmq: RabbitMQ) -> None:
    url = own_rabbitmq.new_vhost()
    for switch in (own_rabbitmq.set_memory_alarm, own_rabbitmq.set_disk_alarm):
        switch(on=True)
        told: list[str] = []
        with connected(url, told.append) as connection:
            with pytest.raises(TimeoutError):
                connection.channel().basic_publish(
                    Message("held"), routing_key="nowhere", confirm_timeout=1
                )
            assert told
        switch(on=False)
        with connected(url, told.append) as connection:
            put(connection, "letters", 1)


def test_a_durable_queue_survives_a_kill_and_nothing_is_left_at_the_end(
    own_rabbitmq: RabbitMQ,
) -> None:
    url, address = own_rabbitmq.new_vhost(), own_rabbitmq.management_url
    with connected(url) as connection:
        put(connection, "letters", 2)
        own_rabbitmq.write_declarations()
        own_rabbitmq.kill()
    assert left_running(own_rabbitmq) == []

    own_rabbitmq.start()
    assert own_rabbitmq.management_url == address
    assert own_rabbitmq.queues(vhost(url)) == {"letters": Queue(ready=2, unacknowledged=0)}

    own_rabbitmq.close()
    assert left_running(own_rabbitmq) == []
