"""The worker on a real bus: what it settles, what it charges, when it waits and when it stops."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import repeat
from typing import Any

import pytest
from prometheus_client import REGISTRY

from shared.bus import BATCH, Bus, BusUnavailable, Done, Handler, Outcome, Park, Retry
from shared.bus.topology import DELIVERY_LIMIT, RENDER, Lane
from shared.bus.worker import TooManyParked, Worker, processes
from shared.contracts.events import Event, decode
from tests.deployment import wait_for
from tests.factories import an_id, published, unpublished

LIVE = RENDER.queue(Lane.LIVE)


def briefly() -> Iterator[float]:
    return repeat(0.001)


class Running:
    """A worker in a thread, and what its handler was called with."""

    def __init__(self, bus: Bus, handle: Handler, **options: Any) -> None:
        self.calls: list[list[str]] = []
        self.stop = threading.Event()
        self.error: Exception | None = None

        def recorded(events: Sequence[Event]) -> list[Outcome]:
            self.calls.append([event.subject for event in events])
            return handle(events)

        self.worker = Worker(bus, LIVE, recorded, pauses=briefly, **options)
        self.thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        try:
            self.worker.run(self.stop)
        except TooManyParked as error:
            self.error = error

    def until(self, condition: Callable[[], bool]) -> None:
        """Wait for a condition; the bound is only there so that a broken worker fails."""
        for _ in range(6000):
            if condition():
                return
            threading.Event().wait(0.01)
        raise AssertionError("it never came to that")


@contextmanager
def running(bus: Bus, handle: Handler, **options: Any) -> Iterator[Running]:
    worker = Running(bus, handle, **options)
    worker.thread.start()
    try:
        yield worker
    finally:
        worker.stop.set()
        worker.thread.join(60)
    assert not worker.thread.is_alive()


def drained(bus: Bus) -> Callable[[], bool]:
    return lambda: bus.depths()["render.live"] == 0


def done(events: Sequence[Event]) -> list[Outcome]:
    return [Done() for _ in events]


def trouble(worker: Worker) -> str:
    try:
        worker.check()
    except RuntimeError as error:
        return str(error)
    return ""


def counted(event: str, outcome: str) -> float:
    labels = {"event": event, "outcome": outcome}
    return REGISTRY.get_sample_value("bantin_events_total", labels) or 0.0


def test_a_message_is_settled_only_after_the_handler_has_returned(bus: Bus) -> None:
    depths = []

    def handle(events: Sequence[Event]) -> list[Outcome]:
        depths.append(bus.depths()["render.live"])
        return done(events)

    bus.publish([published(1), published(2)])
    with running(bus, handle) as worker:
        worker.until(drained(bus))
    assert depths == [2]


def test_what_is_published_while_the_worker_runs_is_handled_in_order(bus: Bus) -> None:
    with running(bus, done) as worker:
        for number in range(20):
            bus.publish([published(number)])
        worker.until(drained(bus))
    assert [subject for call in worker.calls for subject in call] == [
        str(an_id(number)) for number in range(20)
    ]


def test_a_body_that_is_no_event_is_parked_with_its_reason_and_never_handled(bus: Bus) -> None:
    bus.publish([published(1).model_copy(update={"id": ""}), published(2)])
    with running(bus, done) as worker:
        worker.until(drained(bus))
    assert worker.calls == [[str(an_id(2))]]
    (letter,) = bus.dead_letters.list()
    assert letter.reason.startswith("not a CloudEvents envelope: id:")


def test_a_message_that_makes_the_handler_raise_charges_none_of_its_500_neighbours(
    bus: Bus,
) -> None:
    poison = str(an_id(250))
    handled: Counter[str] = Counter()

    def handle(events: Sequence[Event]) -> list[Outcome]:
        if any(event.subject == poison for event in events):
            raise LookupError("no such thing")
        handled.update(event.subject for event in events)
        return done(events)

    bus.publish([published(number) for number in range(501)])
    with running(bus, handle) as worker:
        worker.until(drained(bus))
    assert set(handled.values()) == {1}
    assert len(handled) == 500
    assert sum(poison in call and len(call) == 1 for call in worker.calls) == DELIVERY_LIMIT
    (letter,) = bus.dead_letters.list()
    assert decode(letter.body).subject == poison
    assert letter.attempts == DELIVERY_LIMIT
    assert "LookupError: no such thing" in letter.reason


def test_a_handler_that_answers_for_too_few_is_treated_like_one_that_raises(bus: Bus) -> None:
    bus.publish([published(1)])
    with running(bus, lambda _: []) as worker:
        worker.until(drained(bus))
    (letter,) = bus.dead_letters.list()
    assert "0 outcomes for 1 events" in letter.reason


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


def test_one_retry_among_others_is_charged_and_the_others_are_done(bus: Bus) -> None:
    tried: Counter[str] = Counter()

    def handle(events: Sequence[Event]) -> list[Outcome]:
        tried.update(event.subject for event in events)
        slow = str(an_id(1))
        first = tried[slow] == 1
        return [Retry("once") if first and e.subject == slow else Done() for e in events]

    bus.publish([published(number) for number in range(3)])
    with running(bus, handle) as worker:
        worker.until(drained(bus))
    assert tried == {str(an_id(0)): 1, str(an_id(1)): 2, str(an_id(2)): 1}


def test_too_many_parked_in_a_row_stop_the_worker(bus: Bus) -> None:
    bus.publish([published(number) for number in range(5)])
    worker = Running(bus, lambda events: [Park("no") for _ in events], park_limit=5)
    worker.thread.start()
    worker.thread.join(60)
    assert isinstance(worker.error, TooManyParked)
    assert bus.depths()["render.live"] == 0


def test_something_done_between_the_parked_keeps_the_worker_going(bus: Bus) -> None:
    def handle(events: Sequence[Event]) -> list[Outcome]:
        return [Done() if event.subject == str(an_id(3)) else Park("no") for event in events]

    bus.publish([published(number) for number in range(7)])
    with running(bus, handle, park_limit=5) as worker:
        worker.until(drained(bus))
        assert worker.thread.is_alive()
    assert bus.dead_letters.counts() == {"render.live": 6}


def test_every_outcome_is_counted_by_event_and_the_lag_of_live_ones_measured(bus: Bus) -> None:
    names = [("article.published", "done"), ("article.unpublished", "park")]
    before = [counted(*name) for name in names]
    lag = {"event": "article.published", "consumer": "render"}
    lags = REGISTRY.get_sample_value("bantin_event_lag_seconds_count", lag) or 0

    def handle(events: Sequence[Event]) -> list[Outcome]:
        return [Done() if "unpublished" not in event.type else Park("no") for event in events]

    bus.publish([published(1), published(2), unpublished(3)])
    with running(bus, handle) as worker:
        worker.until(drained(bus))
    assert [counted(*name) for name in names] == [before[0] + 2, before[1] + 1]
    assert REGISTRY.get_sample_value("bantin_event_lag_seconds_count", lag) == lags + 2


def test_a_consumer_has_a_process_for_each_of_its_lanes(bus: Bus) -> None:
    handled: list[str] = []

    def handle(events: Sequence[Event]) -> list[Outcome]:
        handled.extend(event.subject for event in events)
        return done(events)

    found = processes(bus, RENDER, handle)
    assert [process.name for process in found] == ["consumer-live", "consumer-bulk"]
    for process in found:
        for check in process.checks.values():
            check()
    stop = threading.Event()
    threads = [threading.Thread(target=process.run, args=(stop,)) for process in found]
    for thread in threads:
        thread.start()
    bus.publish([published(1)])
    bus.publish([published(2)], bulk_for="render")
    while bus.depths()["render.live"] or bus.depths()["render.bulk"]:
        stop.wait(0.01)
    stop.set()
    for thread in threads:
        thread.join(60)
    assert sorted(handled) == sorted([str(an_id(1)), str(an_id(2))])


def test_the_age_of_the_oldest_event_in_hand_is_shown_while_it_is_in_hand(bus: Bus) -> None:
    def age() -> float | None:
        return REGISTRY.get_sample_value("bantin_queue_oldest_seconds", {"queue": "render.live"})

    seen: list[float | None] = []

    def handle(events: Sequence[Event]) -> list[Outcome]:
        seen.append(age())
        return done(events)

    bus.publish([published(1), published(2)])
    with running(bus, handle) as worker:
        worker.until(drained(bus))
        worker.until(lambda: age() == 0)
    assert seen[0] is not None
    assert seen[0] > 0, "the made-up events were accepted years ago"
