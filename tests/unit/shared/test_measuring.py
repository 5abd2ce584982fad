"""Figures that a thread of its own reads, and those that are asked for at a scrape."""

import math
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from prometheus_client import REGISTRY, CollectorRegistry, Gauge

from shared.jobs import Job
from shared.jobs.duty import Duty
from shared.measuring import measuring
from shared.runtime import Process, _disk
from tests.deployment import wait_for


@contextmanager
def _running(process: Process) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=process.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(60)
    assert not thread.is_alive()


def test_figures_follow_their_store_and_are_no_number_while_it_cannot_be_read() -> None:
    registry = CollectorRegistry()
    gauge = Gauge("bantin_sample", "A sample.", ["kind"], registry=registry)
    found: dict[tuple[str, ...], float] = {("old",): 3.0}
    is_down = threading.Event()

    def read() -> Mapping[tuple[str, ...], float]:
        if is_down.is_set():
            raise OSError("down")
        return dict(found)

    def shown(kind: str) -> float:
        value = registry.get_sample_value("bantin_sample", {"kind": kind})
        return math.inf if value is None else value

    with _running(measuring("sample", gauge, [("old",), ("new",)], read, every=0.001)):
        wait_for(lambda: (shown("old"), shown("new")) == (3, 0))
        is_down.set()
        wait_for(lambda: math.isnan(shown("old")) and math.isnan(shown("new")))
        found.clear()
        is_down.clear()
        wait_for(lambda: shown("old") == 0)


def test_a_job_shows_for_how_long_it_has_been_at_work() -> None:
    at_work, go_on = threading.Event(), threading.Event()

    def work(_stop: threading.Event) -> bool:
        at_work.set()
        return go_on.wait(60)

    def running() -> float:
        value = REGISTRY.get_sample_value("bantin_job_running_seconds", {"name": "sample.slow"})
        return -1.0 if value is None else value

    duty = Duty("sample", Job("slow", "takes its time", work, every=60), None)
    assert running() == 0
    thread = threading.Thread(target=duty.hint, args=(threading.Event(),))
    thread.start()
    assert at_work.wait(60)
    wait_for(lambda: running() > 0)
    go_on.set()
    thread.join(60)
    assert running() == 0


def test_the_disk_is_that_of_the_folder_even_before_it_is_made(tmp_path: Path) -> None:
    assert 0 < _disk(tmp_path / "not" / "yet", "free") <= _disk(tmp_path, "total")
