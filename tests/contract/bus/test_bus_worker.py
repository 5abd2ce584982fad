"""The worker on a real bus: what it settles, what it charges, when it waits and when it stops."""

import threading
from collections import Counter
from collections.abc import Sequence

from prometheus_client import REGISTRY

from shared.bus import Bus, Done, Outcome, Park, Retry
from shared.bus.topology import DELIVERY_LIMIT, RENDER
from shared.bus.worker import TooManyParked, processes
from shared.contracts.events import Event, decode
from tests.contract.bus.running import Running, done, drained, running
from tests.factories import an_id, published, unpublished


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
