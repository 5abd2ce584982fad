"""The broker says that a queue is empty while its leader does not answer; we do not believe it."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import TypeVar

import pytest

from shared.bus import Bus, BusUnavailable, Park
from shared.bus.rabbitmq import open_rabbitmq
from shared.bus.topology import RENDER, Lane
from tests.contract.bus.place import SHORT, Place
from tests.factories import published

LIVE = RENDER.queue(Lane.LIVE)
_T = TypeVar("_T")


@pytest.fixture
def bus(place: Place) -> Iterator[Bus]:
    with closing(open_rabbitmq(place.url)) as opened:
        yield opened


@contextmanager
def silent(place: Place, name: str) -> Iterator[None]:
    """Stop the process of the broker that leads a queue."""
    queue = f'rabbit_misc:r(<<"{place.vhost}">>, queue, <<"{name}">>)'
    tell = f"{{ok, Q}} = rabbit_amqqueue:lookup({queue}), ok = sys:%s(amqqueue:get_pid(Q))."
    place.broker.control("eval", tell % "suspend")
    try:
        yield
    finally:
        place.broker.control("eval", tell % "resume")


def asked_in_silence(place: Place, name: str, question: Callable[[], _T]) -> _T:
    """Ask while the leader says nothing, and let it speak only when that has lasted a while."""
    with ThreadPoolExecutor(1) as pool:
        with silent(place, name):
            answer: Future[_T] = pool.submit(question)
            with pytest.raises(TimeoutError):
                answer.result(1)
        return answer.result(60)


def test_a_queue_whose_leader_is_silent_is_not_taken_for_empty(bus: Bus, place: Place) -> None:
    bus.publish([published(number) for number in range(3)])
    assert asked_in_silence(place, LIVE.name, bus.depths)[LIVE.name] == 3


def test_dead_letters_whose_leader_is_silent_are_not_taken_for_none(bus: Bus, place: Place) -> None:
    bus.publish([published(1)])
    with closing(bus.subscribe(LIVE)) as subscription:
        (delivery,) = subscription.fetch(1, 30)
        subscription.settle([(delivery, Park("it is not for us"))])
    counts = asked_in_silence(place, LIVE.dead_letters, bus.dead_letters.counts)
    assert counts == {LIVE.name: 1}
    (letter,) = asked_in_silence(place, LIVE.dead_letters, bus.dead_letters.list)
    assert letter.reason == "it is not for us"


def test_a_leader_that_stays_silent_is_told_as_a_bus_that_is_not_there(place: Place) -> None:
    with closing(open_rabbitmq(place.url, timeouts=SHORT)) as bus:
        bus.publish([published(1)])
        with silent(place, LIVE.name), pytest.raises(BusUnavailable, match="does not answer"):
            bus.depths()
        assert bus.depths()[LIVE.name] == 1
