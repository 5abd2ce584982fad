"""A worker consumes again after every kind of cut, and loses nothing of what was accepted."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import repeat
from typing import Any

import pytest

from shared.bus import (
    BATCH,
    Bus,
    BusUnavailable,
    Delivery,
    Done,
    Outcome,
    Park,
    Retry,
    Subscription,
)
from shared.bus.rabbitmq import open_rabbitmq
from shared.bus.topology import RENDER, Lane
from shared.bus.worker import Worker
from shared.contracts.events import Event
from tests.contract.bus.place import SHORT, Place
from tests.contract.bus.proxy import Proxy
from tests.deployment import wait_for
from tests.factories import an_id, published

BULK = RENDER.queue(Lane.BULK)
Cut = Callable[[Place, Proxy], None]


@pytest.fixture
def bus(place: Place) -> Iterator[Bus]:
    opened = open_rabbitmq(place.url, timeouts=SHORT)
    yield opened
    opened.close()


def closed_by_the_broker(place: Place, _: Proxy) -> None:
    place.broker.close_connections(place.vhost)


def closed_on_the_way(_: Place, proxy: Proxy) -> None:
    proxy.cut()


def half_open(_: Place, proxy: Proxy) -> None:
    proxy.swallow()


def paused(place: Place, _: Proxy) -> None:
    place.broker.pause()
    time.sleep(2 * SHORT.heartbeat + 2)  # past the heartbeats; the broker's life, not a wait
    place.broker.resume()


def killed_and_restarted(place: Place, _: Proxy) -> None:
    place.broker.kill()
    place.broker.start()


def restarted(place: Place, _: Proxy) -> None:
    place.broker.restart()


def queue_deleted(place: Place, _: Proxy) -> None:
    place.broker.manage("DELETE", f"queues/{place.vhost}/{BULK.name}")


CUTS = [
    closed_by_the_broker,
    closed_on_the_way,
    half_open,
    paused,
    killed_and_restarted,
    restarted,
    queue_deleted,
]


@contextmanager
def running(
    bus: Bus, handle: Callable[[Sequence[Event]], list[Outcome]], **options: Any
) -> Iterator[Worker]:
    stop = threading.Event()
    worker = Worker(bus, BULK, handle, pauses=lambda: repeat(0.05), **options)
    thread = threading.Thread(target=worker.run, args=(stop,))
    thread.start()
    try:
        yield worker
    finally:
        stop.set()
        thread.join(60)
    assert not thread.is_alive()


def accepted(bus: Bus, number: int) -> None:
    """Publish until the broker has taken it."""

    def taken() -> bool:
        try:
            bus.publish([published(number)], bulk_for="render")
        except BusUnavailable:
            return False
        return True

    wait_for(taken)


@pytest.mark.parametrize("cut", CUTS)
def test_a_worker_consumes_again_after_a_cut(
    bus: Bus, far: Bus, place: Place, proxy: Proxy, cut: Cut
) -> None:
    handled: list[str] = []

    def handle(events: Sequence[Event]) -> list[Outcome]:
        handled.extend(event.subject for event in events)
        return [Done() for _ in events]

    with running(far, handle) as worker:
        accepted(bus, 1)
        wait_for(lambda: str(an_id(1)) in handled)
        wait_for(lambda: bus.depths()[BULK.name] == 0)
        cut(place, proxy)
        for number in range(2, 10):
            accepted(bus, number)
        wait_for(lambda: {str(an_id(number)) for number in range(1, 10)} <= set(handled))
        worker.check()
    wait_for(lambda: bus.depths()[BULK.name] == 0)
    assert bus.dead_letters.counts() == {}


@pytest.mark.parametrize("cut", [closed_by_the_broker, half_open, killed_and_restarted])
def test_what_was_in_hand_during_a_cut_comes_again_and_late_settling_touches_nothing(
    bus: Bus, far: Bus, place: Place, proxy: Proxy, cut: Cut
) -> None:
    bus.publish([published(number) for number in range(6)], bulk_for="render")
    subscription = far.subscribe(BULK)
    batch = subscription.fetch(BATCH, 10)
    assert len(batch) == 6
    cut(place, proxy)

    def again() -> list[int]:
        try:
            return [one.attempt for one in subscription.fetch(BATCH, 1)]
        except BusUnavailable:
            return []

    assert wait_for(again) == [2]  # over a new connection, and singly
    # The numbers of the old connection mean other messages on the new one.
    outcomes: list[Outcome] = [Done(), Park("late"), Retry("late"), Done(), Done(), Done()]
    subscription.settle(list(zip(batch, outcomes, strict=True)))
    wait_for(lambda: bus.depths()[BULK.name] == 6)
    assert bus.dead_letters.counts() == {}
    subscription.close()


def test_heartbeats_go_on_while_a_handler_works_for_long(far: Bus, bus: Bus) -> None:
    """Far longer than the two heartbeats after which the broker would close the connection."""
    bus.publish([published(1)], bulk_for="render")
    subscription = far.subscribe(BULK)
    (delivery,) = subscription.fetch(BATCH, 10)
    threading.Event().wait(5 * SHORT.heartbeat)
    subscription.settle([(delivery, Done())])
    assert subscription.fetch(BATCH, 0) == []
    wait_for(lambda: bus.depths()[BULK.name] == 0)


def test_a_worker_that_waits_for_its_store_outlives_a_cut(
    bus: Bus, far: Bus, place: Place, proxy: Proxy
) -> None:
    up = threading.Event()
    rounds: list[int] = []

    def handle(events: Sequence[Event]) -> list[Outcome]:
        rounds.append(len(events))
        return [Done() if up.is_set() else Retry("down") for _ in events]

    bus.publish([published(number) for number in range(5)], bulk_for="render")
    with running(far, handle):
        wait_for(lambda: len(rounds) > 5)
        closed_by_the_broker(place, proxy)
        wait_for(lambda: len(rounds) > 30)
        up.set()
        wait_for(lambda: bus.depths()[BULK.name] == 0)
    assert bus.dead_letters.counts() == {}


def test_a_store_that_is_down_past_the_brokers_consumer_timeout_costs_no_delivery(
    bus: Bus, place: Place
) -> None:
    """The broker's 30 minutes are 2 seconds here, and the worker's 5 minutes half of one."""
    usual = "1800000"
    set_env = "application:set_env(rabbit, {}, {})."
    place.broker.control("eval", set_env.format("consumer_timeout", "2000"))
    place.broker.control("eval", set_env.format("channel_tick_interval", "500"))
    try:
        with closing(open_rabbitmq(place.url, timeouts=SHORT)) as held:  # it does take away
            bus.publish([published(0)], bulk_for="render")
            subscription = held.subscribe(BULK)
            assert subscription.fetch(BATCH, 10)
            wait_for(lambda: bus.depths()[BULK.name] == 1 and bus.in_hand()[BULK.name] == 0)
            assert [one.attempt for one in wait_for(lambda: taken(subscription))] == [2]
            subscription.close()
        _outage(place, seconds=6)
    finally:
        place.broker.control("eval", set_env.format("consumer_timeout", usual))
        place.broker.control("eval", set_env.format("channel_tick_interval", "60000"))


def down(events: Sequence[Event]) -> list[Outcome]:
    return [Retry("down") for _ in events]


def taken(subscription: Subscription) -> list[Delivery]:
    try:
        return subscription.fetch(BATCH, 1)
    except BusUnavailable:
        return []


def _outage(place: Place, *, seconds: float) -> None:
    with closing(open_rabbitmq(place.url, timeouts=SHORT)) as bus:
        empty = bus.subscribe(BULK)
        while batch := empty.fetch(BATCH, 0):
            empty.settle([(delivery, Done()) for delivery in batch])
        empty.close()
        bus.publish([published(number) for number in range(5)], bulk_for="render")
        with running(bus, down, hold=0.5):
            threading.Event().wait(seconds)
        after = bus.subscribe(BULK)
        batch = after.fetch(BATCH, 10)
        assert [delivery.attempt for delivery in batch] == [1] * 5
        after.settle([(delivery, Done()) for delivery in batch])


def test_two_brokers_restarts_in_a_row_are_survived(bus: Bus, place: Place, far: Bus) -> None:
    handled: set[str] = set()

    def handle(events: Sequence[Event]) -> list[Outcome]:
        handled.update(event.subject for event in events)
        return [Done() for _ in events]

    with running(far, handle):
        for number in range(2):
            accepted(bus, number)
            place.broker.restart()
        accepted(bus, 2)
        wait_for(lambda: handled == {str(an_id(number)) for number in range(3)})
