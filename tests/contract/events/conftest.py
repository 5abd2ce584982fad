"""Every consumer as it really runs, each on a bus and stores of its own."""

import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from services.indexing import bootstrap as indexing
from services.indexing.settings import Settings as IndexingSettings
from services.ingest import bootstrap as ingest
from services.ingest.settings import Settings as IngestSettings
from services.render import bootstrap as render
from services.render.settings import Settings as RenderSettings
from services.visits import bootstrap as visits
from services.visits.settings import Settings as VisitsSettings
from shared.bus import Bus, DeadLetter, open_bus
from shared.bus.topology import CONSUMERS, Lane
from shared.contracts.events import Event, Payload
from shared.runtime import Process
from tests.factories import NOON


class Raw(Event):
    """Bytes on the way to where events of the payload's type go, whatever the bytes are."""

    raw: bytes

    def encode(self) -> bytes:
        return self.raw


def raw(data: Payload, body: bytes) -> Raw:
    return Raw.model_construct(
        id="raw", source="/test", type="raw", subject="raw", time=NOON, data=data, raw=body
    )


class Receiving:
    """One consumer with its real handler and worker, and the queue that it reads."""

    def __init__(self, name: str, bus: Bus) -> None:
        consumer = CONSUMERS[name]
        lane = Lane.VISITS if Lane.VISITS in consumer.lanes else Lane.LIVE
        self.queue = consumer.queue(lane).name
        self.receives = consumer.receives
        self.bus = bus

    def send(self, *bodies: bytes) -> None:
        anything = self.receives[0].model_construct()
        self.bus.publish([raw(anything, body) for body in bodies])

    def wait(self) -> None:
        """Wait until nothing is in the queue; the bound is there so that a dead worker fails."""
        for _ in range(12_000):
            if not self.bus.depths()[self.queue]:
                return
            threading.Event().wait(0.01)
        raise AssertionError(f"{self.bus.depths()[self.queue]} messages are left in {self.queue}")

    def parked(self) -> list[DeadLetter]:
        return self.bus.dead_letters.list(self.queue, limit=1000)


def _processes(name: str, bus: Bus) -> list[Process]:
    if name == "ingest":
        ingest.migrate(IngestSettings(_env_file=None))
        return ingest.build_consumers(IngestSettings(_env_file=None), bus=bus)
    if name == "indexing":
        return indexing.build_consumer(IndexingSettings(_env_file=None), bus=bus)
    if name == "render":
        render.migrate(RenderSettings(_env_file=None))
        return render.build_consumer(RenderSettings(_env_file=None), bus=bus)
    visits.migrate(VisitsSettings(_env_file=None))
    return visits.build_counter(VisitsSettings(_env_file=None), bus=bus)


@contextmanager
def _running(name: str, folder: Path) -> Iterator[Receiving]:
    with ExitStack() as stack:
        bus = open_bus(f"sqlite://{folder / 'bus'}")
        stack.callback(bus.close)
        stop = threading.Event()
        for process in _processes(name, bus):
            thread = threading.Thread(target=process.run, args=(stop,))
            thread.start()
            stack.callback(thread.join, 60)
        stack.callback(stop.set)
        yield Receiving(name, bus)


@pytest.fixture(params=sorted(CONSUMERS))
def consumer(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def receiving(
    consumer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Receiving]:
    """Start a consumer; whatever it keeps is in a folder that goes away."""
    for name in [name for name in os.environ if name.startswith("BANTIN_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("BANTIN_DATA_DIR", str(tmp_path))
    with _running(consumer, tmp_path) as running:
        yield running
