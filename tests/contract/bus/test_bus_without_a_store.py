"""The worker while its handler's own store is down: what it holds, charges and parks."""

import threading
from collections.abc import Sequence

import pytest
from prometheus_client import REGISTRY

from shared.bus import BATCH, Bus, BusUnavailable, Done, Outcome, Park, Retry
from shared.bus.topology import DELIVERY_LIMIT
from shared.contracts.events import Event, decode
from tests.contract.bus.running import LIVE, done, drained, running, trouble
from tests.deployment import wait_for
from tests.factories import an_id, published


@pytest.mark.parametrize("how", ["answers", "raises"])
def test_while_its_store_is_down_a_worker_fetches_nothing_charges_nothing_and_says_so(
    bus: Bus, how: str
) -> None:
    down = threading.Event()
    down.set()
    rounds = []

    def handle(events: Sequence[Event]) -> list[Outcome]:
        if not down.is_set():
            return done(events)
        rounds.append(len(events))
        if how == "raises":
            raise BusUnavailable("the disk is full")
        return [Retry("the disk is full") for _ in events]

    bus.publish([published(number) for number in range(BATCH)])
    with running(bus, handle) as worker:
        worker.until(lambda: len(rounds) > 2)
        bus.publish([published(number) for number in range(BATCH, 2 * BATCH)])
        # Far more rounds than the delivery limit allows deliveries.
        worker.until(lambda: len(rounds) > 3 * DELIVERY_LIMIT)
        with pytest.raises(RuntimeError, match="the disk is full"):
            worker.worker.check()
        labels = {"queue": "render.live"}
        assert REGISTRY.get_sample_value("bantin_worker_paused", labels) == 1
        assert max(rounds) < BATCH + len(rounds) / 4  # no more than a probe now and then
        other = bus.subscribe(LIVE)
        (waiting,) = other.fetch(1, 10)
        assert waiting.attempt == 1
        other.close()
        down.clear()
        worker.until(drained(bus))
        worker.worker.check()
        assert REGISTRY.get_sample_value("bantin_worker_paused", labels) == 0
    assert bus.dead_letters.list() == []


def test_after_holding_for_long_a_worker_gives_back_uncharged_and_waits_for_its_store(
    bus: Bus,
) -> None:
    down = threading.Event()
    down.set()

    def check() -> None:
        if down.is_set():
            raise RuntimeError("no database")

    def handle(events: Sequence[Event]) -> list[Outcome]:
        return [Retry("no database") for _ in events] if down.is_set() else done(events)

    bus.publish([published(number) for number in range(5)])
    with running(bus, handle, store_check=check, hold=0.05) as worker:
        wait_for(lambda: "nothing in hand: no database" in trouble(worker.worker))
        other = bus.subscribe(LIVE)
        taken = other.fetch(BATCH, 10)
        assert [delivery.attempt for delivery in taken] == [1] * 5
        other.close()
        calls = len(worker.calls)
        down.clear()
        worker.until(drained(bus))
        worker.worker.check()
    assert sum(map(len, worker.calls[calls:])) == 5
    assert bus.dead_letters.list() == []


def test_an_outage_of_many_holds_charges_nothing(bus: Bus) -> None:
    """The store's check passes all the time, so the worker tries again after each hold."""
    attempts: set[int] = set()
    down = threading.Event()
    down.set()

    def handle(events: Sequence[Event]) -> list[Outcome]:
        return [Retry("read-only") for _ in events] if down.is_set() else done(events)

    bus.publish([published(number) for number in range(5)])
    with running(bus, handle, hold=0.0) as worker:
        worker.until(lambda: len(worker.calls) > 3 * DELIVERY_LIMIT)
        worker.stop.set()
        worker.thread.join(60)
        other = bus.subscribe(LIVE)
        while batch := other.fetch(BATCH, 0):
            attempts |= {delivery.attempt for delivery in batch}
            other.settle([(delivery, Done()) for delivery in batch])
        assert attempts == {1}
    assert bus.dead_letters.list() == []


def attempts(bus: Bus) -> list[int]:
    """Empty the queue and tell which deliveries these were."""
    found: list[int] = []
    subscription = bus.subscribe(LIVE)
    while batch := subscription.fetch(BATCH, 0):
        found += [delivery.attempt for delivery in batch]
        subscription.settle([(delivery, Done()) for delivery in batch])
    subscription.close()
    return found


def test_unfit_messages_that_come_in_an_outage_are_parked_and_charge_nobody(bus: Bus) -> None:
    """That one is parked without the store says nothing of the store."""
    good = {str(an_id(number)) for number in range(3)}

    def handle(events: Sequence[Event]) -> list[Outcome]:
        return [Retry("down") if event.subject in good else Park("unfit") for event in events]

    bus.publish([published(number) for number in range(3)])
    with running(bus, handle) as worker:
        worker.until(lambda: len(worker.calls) > 1)
        bus.publish([published(number) for number in range(3, 3 + 2 * DELIVERY_LIMIT)])
        worker.until(lambda: bus.dead_letters.counts() == {LIVE.name: 2 * DELIVERY_LIMIT})
        worker.until(lambda: trouble(worker.worker) == "waiting, 3 in hand: down")
    assert attempts(bus) == [1, 1, 1]


def test_of_a_batch_in_an_outage_the_unfit_are_parked_and_the_others_held(bus: Bus) -> None:
    def handle(events: Sequence[Event]) -> list[Outcome]:
        unfit = str(an_id(0))
        return [Park("unfit") if event.subject == unfit else Retry("down") for event in events]

    bus.publish([published(number) for number in range(3)])
    with running(bus, handle) as worker:
        worker.until(lambda: bus.dead_letters.counts() == {LIVE.name: 1})
        calls = len(worker.calls)
        worker.until(lambda: len(worker.calls) > calls + DELIVERY_LIMIT)
    assert attempts(bus) == [1, 1]


def test_what_is_done_without_the_store_proves_nothing_while_its_check_fails(bus: Bus) -> None:
    good = {str(an_id(number)) for number in range(2)}

    def handle(events: Sequence[Event]) -> list[Outcome]:
        return [Retry("down") if event.subject in good else Done() for event in events]

    def check() -> None:
        raise RuntimeError("no database")

    bus.publish([published(number) for number in range(2)])
    with running(bus, handle, store_check=check) as worker:
        worker.until(lambda: len(worker.calls) > 1)
        bus.publish([published(number) for number in range(2, 6)])
        worker.until(lambda: bus.depths()[LIVE.name] == 2)
    assert attempts(bus) == [1, 1]


def test_a_message_that_makes_the_handler_raise_proves_no_store_either(bus: Bus) -> None:
    poison = str(an_id(2))

    def handle(events: Sequence[Event]) -> list[Outcome]:
        if any(event.subject == poison for event in events):
            raise LookupError("no such thing")
        return [Retry("down") for _ in events]

    bus.publish([published(number) for number in range(2)])
    with running(bus, handle) as worker:
        worker.until(lambda: len(worker.calls) > 1)
        bus.publish([published(2)])
        worker.until(lambda: worker.calls.count([poison]) > 1)
    assert attempts(bus) == [1, 1, 1]


def test_what_a_paused_worker_holds_goes_back_uncharged_when_it_is_stopped(bus: Bus) -> None:
    bus.publish([published(1), published(2)])
    with running(bus, lambda events: [Retry("down") for _ in events]) as worker:
        worker.until(lambda: len(worker.calls) > DELIVERY_LIMIT)
    assert [delivery.attempt for delivery in bus.subscribe(LIVE).fetch(BATCH, 0)] == [1, 1]


def test_one_message_that_always_says_retry_is_parked_and_does_not_hold_the_others_up(
    bus: Bus,
) -> None:
    stubborn = str(an_id(0))

    def handle(events: Sequence[Event]) -> list[Outcome]:
        return [Retry("not yet") if event.subject == stubborn else Done() for event in events]

    bus.publish([published(0)])
    with running(bus, handle) as worker:
        number = 0
        while not bus.dead_letters.list():
            number += 1
            assert number < 200
            bus.publish([published(number)])
            worker.until(lambda: bus.depths()["render.live"] <= 1)
        worker.until(drained(bus))
    (letter,) = bus.dead_letters.list()
    assert decode(letter.body).subject == stubborn
    assert letter.attempts == DELIVERY_LIMIT
