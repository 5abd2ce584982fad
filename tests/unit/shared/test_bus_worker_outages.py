"""The worker on a bus that comes and goes."""

import threading
from collections.abc import Iterator, Sequence
from itertools import islice, repeat
from pathlib import Path

import pytest

from shared.bus import Bus, BusUnavailable, Delivery, Done, Outcome, Subscription
from shared.bus.embedded import open_embedded
from shared.bus.policy import exponential
from shared.bus.topology import RENDER, Lane, Queue
from shared.bus.worker import Worker, exponential_pauses
from shared.contracts.events import Event
from tests.deployment import wait_for
from tests.factories import published

LIVE = RENDER.queue(Lane.LIVE)


class Faltering:
    """A real bus of which each of the given calls fails so many times before it works."""

    def __init__(self, bus: Bus, **failures: int) -> None:
        self._bus = bus
        self.failures = failures
        self.seen_in_trouble: list[str] = []
        self.worker: Worker | None = None

    def falter(self, call: str) -> None:
        if self.worker is not None:
            try:
                self.worker.check()
            except RuntimeError as error:
                self.seen_in_trouble.append(str(error))
        if self.failures.get(call, 0):
            self.failures[call] -= 1
            raise BusUnavailable(f"no {call} now")

    def subscribe(self, queue: Queue) -> "FalteringSubscription":
        self.falter("subscribe")
        return FalteringSubscription(self, self._bus.subscribe(queue))

    def __getattr__(self, name: str) -> object:
        return getattr(self._bus, name)


class FalteringSubscription:
    def __init__(self, bus: Faltering, subscription: Subscription) -> None:
        self._bus = bus
        self._subscription = subscription

    def fetch(self, limit: int, timeout: float) -> list[Delivery]:
        self._bus.falter("fetch")
        return self._subscription.fetch(limit, timeout)

    def settle(self, outcomes: Sequence[tuple[Delivery, Outcome]]) -> None:
        self._bus.falter("settle")
        self._subscription.settle(outcomes)

    def close(self) -> None:
        self._subscription.close()


@pytest.fixture
def real(tmp_path: Path) -> Iterator[Bus]:
    bus = open_embedded(str(tmp_path / "bus"))
    yield bus
    bus.close()


@pytest.mark.parametrize("call", ["subscribe", "fetch", "settle"])
def test_an_outage_of_the_bus_is_waited_out_and_nothing_is_handled_twice(
    real: Bus, call: str
) -> None:
    real.publish([published(1)])
    bus = Faltering(real, **{call: 3})
    stop = threading.Event()
    handled: list[str] = []

    def handle(events: Sequence[Event]) -> list[Outcome]:
        handled.extend(event.subject for event in events)
        return [Done() for _ in events]

    worker = Worker(bus, LIVE, handle, pauses=lambda: repeat(0.001))  # type: ignore[arg-type]
    bus.worker = worker
    thread = threading.Thread(target=worker.run, args=(stop,))
    thread.start()
    while real.depths()["render.live"]:
        stop.wait(0.01)
    stop.set()
    thread.join(60)
    assert len(handled) == 1
    assert bus.seen_in_trouble[:3] == [f"the bus is unavailable: no {call} now"] * 3
    worker.check()


def test_that_the_bus_is_back_is_noticed_sooner_than_a_store_is_tried_again(
    real: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.bus.worker._LONGEST_WITHOUT_BUS", 0.01)
    real.publish([published(1)])
    bus = Faltering(real, subscribe=3)
    stop = threading.Event()
    worker = Worker(bus, LIVE, lambda _: [Done()], pauses=lambda: repeat(3600.0))  # type: ignore[arg-type]
    thread = threading.Thread(target=worker.run, args=(stop,))
    thread.start()
    try:
        wait_for(lambda: real.depths()["render.live"] == 0)
    finally:
        stop.set()
        thread.join(60)


def test_a_worker_stops_while_the_bus_is_away(real: Bus) -> None:
    stop = threading.Event()
    bus = Faltering(real, subscribe=1_000_000_000)
    worker = Worker(bus, LIVE, lambda _: [], pauses=lambda: repeat(60.0))  # type: ignore[arg-type]
    thread = threading.Thread(target=worker.run, args=(stop,))
    thread.start()
    stop.set()
    thread.join(30)
    assert not thread.is_alive()


def test_pauses_double_up_to_five_seconds() -> None:
    assert [*islice(exponential_pauses(), 8)] == pytest.approx(
        [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]
    )


def test_rests_between_deliveries_double_up_to_half_a_minute() -> None:
    assert [exponential(attempt) for attempt in (1, 2, 3, 9, 10, 20)] == pytest.approx(
        [0.1, 0.2, 0.4, 25.6, 30, 30]
    )
