"""A worker in a thread on a real bus, for tests of what it does."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import repeat
from typing import Any

from shared.bus import Bus, Done, Handler, Outcome
from shared.bus.topology import RENDER, Lane
from shared.bus.worker import TooManyParked, Worker
from shared.contracts.events import Event

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
