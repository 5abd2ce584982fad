"""Ingest's own jobs in processes of their own, on RabbitMQ and on each database."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from services.ingest.settings import Settings
from shared.clock import now
from tests.contract.jobs.harness import Jobs
from tests.databases import KINDS, Databases, databases
from tests.deployment import free_port, wait_for
from tests.factories import an_id
from tests.servers.rabbitmq import RabbitMQ
from tests.unit.ingest.newsroom import Newsroom, SteppingClock

ARTICLES = [an_id(number) for number in range(40)]


@pytest.fixture(scope="module", params=KINDS)
def ingest_databases(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Databases:
    return databases("ingest", request, tmp_path_factory)


class WallClock(SteppingClock):
    """Tells the time that the processes beside the test have."""

    def __call__(self) -> datetime:
        return now()


class Desk:
    """A newsroom, and the processes that do ingest's jobs beside it."""

    def __init__(self, folder: Path, database: str, bus: str) -> None:
        self.room = Newsroom(Settings(data_dir=folder, database=database), WallClock())
        self.folder = folder
        self.environment = {
            "BANTIN_DATA_DIR": str(folder),
            "BANTIN_DATABASE": database,
            "BANTIN_BUS": bus,
        }
        self.processes: list[Jobs] = []
        assert self.room.category("tin-tuc", "Tin tức").status_code == 201

    def start(self) -> Jobs:
        port = free_port()
        words = ["services.ingest", "jobs"]
        own = self.environment | {"BANTIN_INGEST_ADMIN_PORT": str(port)}
        jobs = Jobs(self.folder, words, port, **own)
        self.processes.append(jobs)
        return jobs

    def schedule(self, seconds: float) -> None:
        """Save every article, and have all of them published at one moment."""
        moment = (now() + timedelta(seconds=seconds)).isoformat()
        for article in ARTICLES:
            assert self.room.put(article).status_code == 201
            assert self.room.publish(article, at=moment).status_code in {200, 202}

    def published(self) -> int:
        return sum(self.room.get(a).get_json()["state"] == "published" for a in ARTICLES)

    def times(self) -> list[int]:
        """Return, article by article, how often it was published, as its history tells."""
        return [
            sum(entry.action == "published" for entry, _ in self.room.store.history(article))
            for article in ARTICLES
        ]

    def close(self) -> None:
        for jobs in self.processes:
            jobs.kill()
        self.room.store.database.close()


@pytest.fixture
def desk(tmp_path: Path, ingest_databases: Databases, rabbitmq: RabbitMQ) -> Iterator[Desk]:
    with ingest_databases.lend() as url:
        made = Desk(tmp_path, url, rabbitmq.new_vhost())
        yield made
        made.close()


def test_two_workers_publish_what_is_due_once(desk: Desk) -> None:
    workers = [desk.start(), desk.start()]
    for worker in workers:
        wait_for(worker.is_ready)
    desk.schedule(seconds=5)
    wait_for(lambda: desk.published() == len(ARTICLES), every=0.5)
    assert desk.times() == [1] * len(ARTICLES)
    assert len(desk.room.sent()) == len(ARTICLES), "one event each"
    assert [worker.terminate() for worker in workers] == [0, 0]


def test_what_became_due_while_no_worker_ran_is_published_by_the_next(desk: Desk) -> None:
    killed = desk.start()
    wait_for(killed.is_ready)
    desk.schedule(seconds=2)
    killed.kill()
    worker = desk.start()
    wait_for(lambda: desk.published() == len(ARTICLES), every=0.5)
    assert desk.times() == [1] * len(ARTICLES)
    wait_for(worker.is_ready)
    assert worker.terminate() == 0
