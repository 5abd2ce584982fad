"""The bus over TLS: the broker proves its name first, and then everything is as without."""

import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest

from shared.bus import BATCH, Bus, BusUnavailable, Done, open_bus
from shared.bus.rabbitmq.address import parse
from shared.bus.topology import RENDER, Lane
from shared.jobs.hints import Pulse, application
from tests.deployment import wait_for
from tests.factories import published
from tests.servers import certificate
from tests.servers.certificate import Certificate
from tests.servers.rabbitmq import RabbitMQ
from tests.servers.reporting import started

BULK = RENDER.queue(Lane.BULK)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return certificate.make(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="module")
def broker(own: Certificate, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitMQ]:
    folder = tmp_path_factory.mktemp("rabbitmq")
    with started(lambda place: RabbitMQ(place, certificate=own), folder) as server:
        yield server


@pytest.fixture
def url(broker: RabbitMQ) -> str:
    """The address over TLS, which says nothing of what to trust."""
    parts = urlsplit(broker.new_vhost())
    login, _, host = parts.netloc.rpartition("@")
    address = f"{login}@{host.partition(':')[0]}:{broker.tls_port}"
    return parts._replace(scheme="amqps", netloc=address).geturl()


def trusting(url: str, trusted: Certificate) -> str:
    return f"{url}?cacertfile={quote(str(trusted.file))}"


@pytest.fixture
def bus(url: str, own: Certificate) -> Iterator[Bus]:
    opened = open_bus(trusting(url, own))
    yield opened
    opened.close()


def taken(bus: Bus, count: int) -> list[bytes]:
    subscription = bus.subscribe(BULK)
    bodies: list[bytes] = []
    while len(bodies) < count:
        batch = subscription.fetch(BATCH, 30)
        subscription.settle([(delivery, Done()) for delivery in batch])
        bodies += [delivery.body for delivery in batch]
    subscription.close()
    return bodies


def test_what_is_published_over_tls_is_fetched_over_tls(bus: Bus) -> None:
    long = published(1, body_html=f"<p>{'Bến Đá ' * 200_000}</p>")  # many records
    events = [long, *(published(number) for number in range(2, 1_500))]
    bus.publish(events, bulk_for="render")
    assert set(taken(bus, len(events))) == {event.encode() for event in events}
    assert bus.depths()[BULK.name] == 0


def test_a_connection_over_tls_that_is_cut_is_made_again(bus: Bus, broker: RabbitMQ) -> None:
    subscription = bus.subscribe(BULK)
    broker.close_connections()

    def sent() -> bool:
        try:
            bus.publish([published(1)], bulk_for="render")
        except BusUnavailable:
            return False
        return True

    def fetched() -> bool:
        try:
            return bool(subscription.fetch(1, 1))
        except BusUnavailable:
            return False

    wait_for(sent)
    wait_for(fetched)


def test_a_broker_that_nobody_vouches_for_is_told_nothing(url: str) -> None:
    bus = open_bus(url)
    with pytest.raises(BusUnavailable, match="certificate verify failed"):
        bus.check()
    bus.close()


def test_a_broker_with_the_certificate_of_another_name_is_told_nothing(
    url: str, own: Certificate
) -> None:
    bus = open_bus(trusting(url.replace("127.0.0.1", "localhost"), own))
    with pytest.raises(BusUnavailable, match="certificate is not valid for 'localhost'"):
        bus.check()
    bus.close()


def test_hints_of_jobs_travel_over_tls_too(url: str, own: Certificate) -> None:
    hints = application("render", [], trusting(url, own), Pulse(), threading.Event())
    with hints.connection_for_write() as connection:
        connection.connect()
    other = application("render", [], url, Pulse(), threading.Event())
    with other.connection_for_write() as connection, pytest.raises(OSError, match="verify failed"):
        connection.connect()


@pytest.mark.parametrize(
    "url",
    [
        "amqp://u:secret@host/v?cacertfile=/etc/hosts",
        "amqps://u:secret@host/v?cacertfile",
        "amqps://u:secret@host/v?verify=verify_none",
        "amqps://u:secret@host/v?cacertfile=/no/such/file",
        "amqps://u:secret@host:port/v",
        "amqps:///v",
    ],
)
def test_an_address_that_cannot_be_meant_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(ValueError, match="BANTIN_BUS") as refused:
        open_bus(url)
    assert "secret" not in str(refused.value)


def test_tls_has_a_port_of_its_own(tmp_path: Path) -> None:
    trusted = certificate.make(tmp_path)
    assert parse("amqps://broker/").port == 5671
    assert parse("amqp://broker/").port == 5672
    assert parse(f"amqps://broker/?cacertfile={trusted.file}").vhost == "/"
