"""Publishing to a broker in trouble: never a false success, and all that was accepted is there."""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from shared.bus import BATCH, Bus, BusUnavailable, Done
from shared.bus.rabbitmq import open_rabbitmq
from shared.bus.topology import EXCHANGE, RENDER, Lane
from shared.contracts.events import Event, decode
from tests.contract.bus.place import SHORT, Place
from tests.contract.bus.proxy import Proxy
from tests.deployment import wait_for
from tests.factories import an_id, published
from tests.servers.rabbitmq import RabbitMQ

LIVE = RENDER.queue(Lane.LIVE)
BULK = RENDER.queue(Lane.BULK)
MIB = 1024 * 1024


@pytest.fixture
def bus(place: Place) -> Iterator[Bus]:
    opened = open_rabbitmq(place.url, timeouts=SHORT)
    yield opened
    opened.close()


def send(bus: Bus, number: int) -> None:
    bus.publish([published(number)], bulk_for="render")


def accepted(bus: Bus, number: int) -> None:
    """Publish until the broker has taken it."""

    def taken() -> bool:
        try:
            send(bus, number)
        except BusUnavailable:
            return False
        return True

    wait_for(taken)


def arrived(bus: Bus) -> set[str]:
    """Empty the bulk queue and tell whose events were there."""
    subscription = bus.subscribe(BULK)
    found: set[str] = set()
    while batch := subscription.fetch(BATCH, 0):
        found |= {decode(delivery.body).subject for delivery in batch}
        subscription.settle([(delivery, Done()) for delivery in batch])
    subscription.close()
    return found


def large(size: int) -> list[Event]:
    """Return events of a quarter of a mebibyte each."""
    return [published(n, body_html="x" * (MIB // 4)) for n in range(4 * size // MIB)]


def ids(*numbers: int) -> set[str]:
    return {str(an_id(number)) for number in numbers}


@pytest.mark.parametrize("alarm", [RabbitMQ.set_memory_alarm, RabbitMQ.set_disk_alarm])
def test_during_an_alarm_nothing_is_accepted_and_afterwards_everything(
    bus: Bus, place: Place, alarm: Callable[[RabbitMQ, bool], None]
) -> None:
    send(bus, 1)
    alarm(place.broker, True)  # noqa: FBT003 - a switch
    try:
        for number in (2, 3):
            with pytest.raises(BusUnavailable):
                send(bus, number)
        with pytest.raises(BusUnavailable):
            bus.check()
        assert bus.depths()[BULK.name] >= 1  # looking does not need what is short
    finally:
        alarm(place.broker, False)  # noqa: FBT003
    for number in (2, 3):
        accepted(bus, number)
    bus.check()
    assert arrived(bus) == ids(1, 2, 3)


def test_consuming_goes_on_during_an_alarm(bus: Bus, place: Place) -> None:
    for number in range(3):
        send(bus, number)
    place.broker.set_memory_alarm(True)
    try:
        with pytest.raises(BusUnavailable):
            send(bus, 4)
        assert arrived(bus) == ids(0, 1, 2)
    finally:
        place.broker.set_memory_alarm(False)


def test_a_dead_letter_that_cannot_be_written_during_an_alarm_is_not_acknowledged(
    bus: Bus, place: Place
) -> None:
    from shared.bus import Park  # noqa: PLC0415

    send(bus, 1)
    subscription = bus.subscribe(BULK)
    (delivery,) = subscription.fetch(BATCH, 0)
    place.broker.set_disk_alarm(True)
    try:
        with pytest.raises(BusUnavailable):
            subscription.settle([(delivery, Park("no title"))])
        assert bus.in_hand()[BULK.name] == 1
    finally:
        place.broker.set_disk_alarm(False)

    def settled() -> bool:
        try:
            subscription.settle([(delivery, Park("no title"))])
        except BusUnavailable:
            return False
        return True

    wait_for(settled)
    assert [letter.reason for letter in bus.dead_letters.list()][-1] == "no title"
    assert bus.depths()[BULK.name] == 0


def test_an_event_of_which_one_queue_is_gone_is_refused_and_the_next_try_makes_it_again(
    bus: Bus, place: Place
) -> None:
    bus.publish([published(1)])
    place.broker.manage("DELETE", f"queues/{place.vhost}/{LIVE.name}")
    with pytest.raises(BusUnavailable, match=r"live\.render\.article\.published"):
        bus.publish([published(2)])
    wait_for(lambda: _published(bus, 2))
    assert bus.depths()[LIVE.name] == 1
    assert bus.depths()["indexing.live"] == 3  # twice the one that its neighbour refused


def test_an_event_of_which_one_binding_is_gone_is_refused_and_the_next_try_binds_it_again(
    bus: Bus, place: Place
) -> None:
    bus.publish([published(1)])
    key = "live.render.article.published"
    place.broker.manage("DELETE", f"bindings/{place.vhost}/e/{EXCHANGE}/q/{LIVE.name}/{key}")
    with pytest.raises(BusUnavailable, match=r"live\.render\.article\.published"):
        bus.publish([published(2)])
    wait_for(lambda: _published(bus, 2))
    assert bus.depths()[LIVE.name] == 2


def _published(bus: Bus, number: int) -> bool:
    try:
        bus.publish([published(number)])
    except BusUnavailable:
        return False
    return True


def test_what_a_full_queue_refuses_is_no_success(bus: Bus, place: Place) -> None:
    send(bus, 1)
    limit = {"pattern": "^render[.]bulk$", "definition": {"max-length": 3}, "apply-to": "queues"}
    place.broker.manage("PUT", f"policies/{place.vhost}/full", limit)
    taken = {1}
    refused = 0
    for number in range(2, 40):
        try:
            send(bus, number)
            taken.add(number)
        except BusUnavailable as error:
            assert re.search("refused|full", str(error))  # noqa: PT017 - others are accepted
            refused += 1
    assert refused
    place.broker.manage("DELETE", f"policies/{place.vhost}/full")
    accepted(bus, 100)
    assert arrived(bus) >= ids(*taken, 100)


def test_without_a_confirm_in_time_the_connection_is_dropped_and_nothing_promised(
    far: Bus, proxy: Proxy, bus: Bus
) -> None:
    send(far, 1)
    proxy.swallow_answers()
    with pytest.raises(BusUnavailable, match="in time"):
        send(far, 2)
    accepted(far, 3)
    assert arrived(bus) >= ids(1, 3)


def test_a_large_publication_on_a_slow_wire_takes_longer_than_one_confirm_may(
    proxy: Proxy, bus: Bus
) -> None:
    """What is still being written, and confirmed meanwhile, is no silence of the broker."""
    with closing(open_rabbitmq(proxy.url, timeouts=replace(SHORT, confirm=2))) as far:
        send(far, 0)
        proxy.slow_down(4 * MIB)
        far.publish(large(32 * MIB), bulk_for="render")
    assert bus.depths()[BULK.name] == 129


def test_a_large_publication_without_a_confirm_in_time_is_no_success_either(
    far: Bus, proxy: Proxy
) -> None:
    send(far, 0)
    proxy.swallow_answers()
    with pytest.raises(BusUnavailable, match="in time"):
        far.publish(large(4 * MIB), bulk_for="render")


@pytest.mark.parametrize("cut", [Proxy.cut, Proxy.swallow])
def test_what_a_cut_wire_swallowed_was_never_called_a_success(
    far: Bus, proxy: Proxy, bus: Bus, cut: Callable[[Proxy], None]
) -> None:
    taken: list[int] = []

    def publish(first: int) -> None:
        for number in range(first, first + 60):
            try:
                send(far, number)
            except BusUnavailable:
                continue
            taken.append(number)
            if len(taken) == 40:
                cut(proxy)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(publish, (0, 1000, 2000, 3000)))
    accepted(far, 9999)
    assert len(taken) >= 40
    assert arrived(bus) >= ids(*taken, 9999)


def test_a_broker_killed_while_many_publish_has_kept_all_it_accepted(
    bus: Bus, place: Place
) -> None:
    taken: list[int] = []

    def publish(first: int) -> None:
        for number in range(first, first + 200):
            try:
                send(bus, number)
            except BusUnavailable:
                continue
            taken.append(number)

    with ThreadPoolExecutor(4) as pool:
        running = pool.map(publish, (0, 1000, 2000, 3000))
        wait_for(lambda: len(taken) > 100, every=0.001)
        place.broker.kill()
        list(running)
    place.broker.start()
    accepted(bus, 9999)
    assert arrived(bus) >= ids(*taken, 9999)


def test_a_stopped_broker_is_noticed_within_the_bounds_and_found_again(
    bus: Bus, place: Place
) -> None:
    send(bus, 1)
    place.broker.pause()
    try:
        with pytest.raises(BusUnavailable):
            send(bus, 2)
        for _ in range(3):
            with pytest.raises(BusUnavailable):
                bus.depths()
    finally:
        place.broker.resume()
    accepted(bus, 3)
    assert arrived(bus) >= ids(1, 3)


def test_a_bus_can_be_opened_while_its_broker_is_not_there_yet(
    tmp_path: Path, place: Place
) -> None:
    del tmp_path
    place.broker.stop()
    bus = open_rabbitmq(place.url, timeouts=SHORT)
    try:
        with pytest.raises(BusUnavailable):
            bus.check()
    finally:
        place.broker.start()
    accepted(bus, 1)
    bus.close()


def test_a_wrong_password_is_told_without_the_password(place: Place) -> None:
    parts = urlsplit(place.url)
    bus = open_rabbitmq(place.url.replace(f"{parts.password}", "hunter2"), timeouts=SHORT)
    with pytest.raises(BusUnavailable, match="ACCESS_REFUSED") as caught:
        bus.check()
    assert "hunter2" not in str(caught.value)
    bus.close()


def test_a_queue_with_other_arguments_is_told_with_what_to_do(bus: Bus, place: Place) -> None:
    other = {"durable": True, "arguments": {"x-queue-type": "classic"}}
    place.broker.manage("PUT", f"queues/{place.vhost}/{LIVE.name}", other)
    with pytest.raises(BusUnavailable, match=r"render\.live exists with other .* delete it"):
        bus.check()
