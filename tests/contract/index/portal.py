"""Ingest and indexing as they run, around one index on Elasticsearch: what a reindex needs."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from services.indexing import bootstrap as indexing
from services.indexing.reindex import Reindex
from services.indexing.settings import Settings
from services.indexing.waiting import Pace
from services.ingest import bootstrap as ingest
from services.ingest.replay import send_manifests
from services.ingest.settings import Settings as IngestSettings
from shared.bus import open_bus
from shared.clock import now
from shared.index import CategoryName, Index, open_engine, open_index
from shared.index.elastic import Reindexing
from shared.runtime import Process
from tests.deployment import ROOT, wait_for
from tests.factories import an_id
from tests.unit.ingest.newsroom import Newsroom, SteppingClock, line

Held = dict[UUID, tuple[int, str]]
PACE = Pace(poll=0.05, patience=0.5)


class Portal:
    """The consumer may be stopped and started; ingest runs all the time."""

    def __init__(self, folder: Path, url: str, written_by: str) -> None:
        self.folder = folder
        self.url = url
        self.settings = Settings(
            data_dir=folder,
            search_index=url,
            reindex_lease_seconds=2,
            reindex_patience_seconds=0.5,
        )
        at_ingest = IngestSettings(data_dir=folder, jobs_poll_seconds=0.1, manifest_seconds=36_000)
        ingest.migrate(at_ingest)
        self.room = Newsroom(at_ingest, SteppingClock())
        self.bus = open_bus(self.settings.bus_url)
        self.index: Index = open_index(written_by)
        self.engine = open_engine(url)
        self.place = Reindexing(url, self.settings.reindex_lease_seconds)
        self.said: list[str] = []
        self.reindex = Reindex(self.place, self.bus, now, tell=self.said.append, pace=PACE)
        # A consumer that finds the index empty would ask for everything by itself.
        self.index.rename([CategoryName("tin-tuc", "Tin tức", 0)])
        assert self.room.category("tin-tuc", "Tin tức").status_code == 201
        self._running: list[tuple[threading.Event, threading.Thread]] = []
        self.run(*ingest.processes(at_ingest))
        self.run(*indexing.build_consumer(self.settings, bus=self.bus, index=self.index))

    def run(self, *processes: Process) -> threading.Event:
        stop = threading.Event()
        for process in processes:
            thread = threading.Thread(target=process.run, args=(stop,), name=process.name)
            thread.start()
            self._running.append((stop, thread))
        return stop

    def publish(self, *numbers: int, title: str = "Cầu Bến Đá") -> None:
        lines = [line(number, f"{title} {number}") for number in numbers]
        results = self.room.import_lines(*lines, query="?publish=true")
        assert {result["status"] for result in results} <= {200, 201}

    def known(self) -> Held:
        """Return what ingest has of every article ever published."""
        entries = self.room.published.manifest(None, 100_000)
        return {entry.id: (entry.version, entry.state.value) for entry in entries}

    def live(self) -> Held:
        return self.held(self.place.indices.targets().live)

    def held(self, name: str) -> Held:
        return {i: (version, state) for i, version, state in self.place.indices.versions(name)}

    def settle(self) -> None:
        """Return once the live index has what ingest has."""
        wait_for(lambda: self.live() == self.known())

    def manifests(self) -> None:
        """Have every article compared, and return once that is done."""
        assert send_manifests(self.room.published, self.bus, size=500) > 0
        wait_for(lambda: not self.bus.depths()["indexing.bulk"])

    def begin(self, *, asked: bool) -> str:
        """Leave a reindex behind as if its process had been killed early on."""
        indices, lease = self.place.indices, self.place.lease
        assert lease.take()
        made = indices.new_name()
        lease.keep(wanted=True, old=indices.targets().live, next=made, asked=asked)
        lease.release()
        return indices.create(made)

    def make(self, *, keep: bool = False) -> None:
        """Reindex in this process, from wanting one to dropping the old index."""
        assert self.place.lease.take()
        self.reindex.want(keep=keep)
        assert self.reindex.go_on(threading.Event())
        self.place.lease.release()

    def command(self, *words: str) -> "subprocess.Popen[str]":
        """Reindex as an operator does."""
        environment = {
            "BANTIN_DATA_DIR": str(self.folder),
            "BANTIN_SEARCH_INDEX": self.url,
            "BANTIN_REINDEX_LEASE_SECONDS": "2",
        }
        return subprocess.Popen(
            [sys.executable, "-m", "services.indexing", "reindex", *words],
            cwd=ROOT,
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
        )

    def close(self) -> None:
        for stop, _ in self._running:
            stop.set()
        for _, thread in self._running:
            thread.join(20)
            assert not thread.is_alive(), thread.name
        self.place.close()
        self.engine.close()
        self.index.close()
        self.bus.close()
        self.room.store.database.close()


@contextmanager
def opened(folder: Path, url: str, *, written_by: str = "") -> Iterator[Portal]:
    """Start one; ``written_by`` is another address of the index, for the consumer."""
    portal = Portal(folder, url, written_by or url)
    try:
        yield portal
    finally:
        portal.close()


def ids(*numbers: int) -> set[UUID]:
    return {an_id(number) for number in numbers}
