"""Several real processes on one database: each does its part, nothing is lost, doubled or stuck."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from services.ingest.settings import Settings
from services.render.tables import dirty
from services.visits.counting import SITE
from services.visits.store import Store as Visits
from shared.bus.policy import BATCH_BYTES
from shared.database import Database
from tests.contract.database.views import AT, PAGES
from tests.contract.site.harness import Harness
from tests.databases import KINDS, Databases, databases
from tests.deployment import wait_for
from tests.factories import an_id, published
from tests.unit.ingest.newsroom import Newsroom, SteppingClock, line

ROOT = Path(__file__).parents[3]
Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture(scope="session", params=KINDS)
def ingest_databases(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Databases:
    return databases("ingest", request, tmp_path_factory)


@pytest.fixture(scope="session", params=KINDS)
def page_databases(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Databases:
    return databases("render", request, tmp_path_factory)


@pytest.fixture
def start() -> Iterator[Start]:
    """Start processes of ``worker.py``; kills them at the end of the test."""
    running: list[subprocess.Popen[bytes]] = []

    def one(what: str, url: str, folder: Path, *more: str) -> "subprocess.Popen[bytes]":
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.contract.database.worker", what, url, folder, *more],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.DEVNULL,
        )
        running.append(process)
        return process

    yield one
    for process in running:
        process.kill()
        process.wait()


def _ended_well(processes: list["subprocess.Popen[bytes]"]) -> bool:
    return [process.wait(120) for process in processes] == [0] * len(processes)


def test_two_relays_of_which_one_is_killed_lose_nothing(
    ingest_databases: Databases, tmp_path: Path, start: Start
) -> None:
    with ingest_databases.lend() as url:
        newsroom = Newsroom(Settings(data_dir=tmp_path, database=url), SteppingClock())
        assert newsroom.category("tin-tuc", "Tin tức").status_code == 201
        relays = [start("relay", url, tmp_path, name) for name in ("one", "two")]
        newsroom.import_lines(*(line(n) for n in range(400)), query="?publish=true")
        wait_for(lambda: len(_sent(tmp_path)) > 100)
        relays[0].send_signal(signal.SIGKILL)
        relays[0].wait()
        lines = [line(n, title="Bản hai") for n in range(400)]
        answers = newsroom.import_lines(*lines, query="?publish=true")
        wait_for(lambda: not newsroom.outbox.count(), within=120)
        newest: dict[str, int] = {}
        for _, subject, version in _sent(tmp_path):
            newest[subject] = max(version, newest.get(subject, 0))
        assert {a["id"]: a["version"] for a in answers}.items() <= newest.items()
        newsroom.store.database.close()
        relays[1].kill()
        relays[1].wait()


def _sent(folder: Path) -> list[tuple[str, str, int]]:
    lines = [one for path in folder.glob("*.sent") for one in path.read_text().splitlines()]
    return [tuple(json.loads(one)) for one in lines if one.endswith("]")]


def test_what_one_relay_has_in_hand_another_passes_over(
    ingest_databases: Databases, tmp_path: Path
) -> None:
    if ingest_databases.kind == "sqlite":
        pytest.skip("on SQLite both send it; consumers know what they have seen")
    with ingest_databases.lend() as url:
        newsroom = Newsroom(Settings(data_dir=tmp_path, database=url), SteppingClock())
        newsroom.category("tin-tuc", "Tin tức")
        newsroom.import_lines(*(line(n) for n in range(9)), query="?publish=true")
        outbox = newsroom.outbox
        with outbox.in_hand(4, BATCH_BYTES) as one, outbox.in_hand(100, BATCH_BYTES) as two:
            assert [len(one), len(two)] == [4, 6]
            assert not {event.id for event in one} & {event.id for event in two}
        assert newsroom.outbox.count() == 0
        newsroom.store.database.close()


def test_several_counters_of_which_one_is_killed_count_every_view_once(
    url: str, tmp_path: Path, start: Start
) -> None:
    database = Database(url)
    store = Visits(database)
    killed = start("count", url, tmp_path, "0", "3000")
    wait_for(lambda: store.totals(SITE, AT).total > 0)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    parts = [("0", "2000"), ("1000", "3000"), ("500", "2500")]
    assert _ended_well([start("count", url, tmp_path, *part) for part in parts])
    assert store.totals(SITE, AT).total == 3000
    assert [store.totals(page, AT).total for page in PAGES] == [1000, 1000, 1000]
    database.close()


def test_two_writers_of_which_one_is_killed_write_every_page(
    page_databases: Databases, tmp_path: Path, start: Start
) -> None:
    with page_databases.lend() as url:
        site = Harness(tmp_path, url)
        site.take(*(published(n) for n in range(60)))
        killed, _ = (start("write", url, tmp_path) for _ in range(2))
        most = len(site.marked())
        wait_for(lambda: len(site.marked()) < most)
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        wait_for(lambda: not site.marked(), within=120)
        for number in range(60):
            assert site.exists(f"/tin/bai-viet-so-{number}-{str(number) * 10}/")
        site.close()


def test_a_lease_whose_owner_left_no_trace_comes_back(
    page_databases: Databases, tmp_path: Path
) -> None:
    """As after a volume was put back without the folder of the locks."""
    with page_databases.lend() as url:
        site = Harness(tmp_path, url)
        site.mark("/")
        with site.database.write() as connection:
            connection.execute(dirty.update().values(owner=str(an_id(1))))
        assert site.writer.drain() == 0
        assert site.writer._leases.take_over() == 1
        assert site.writer.drain() == 1
        with site.database.read() as connection:
            assert connection.execute(select(dirty)).all() == []
        site.close()


@pytest.mark.parametrize("service", ["ingest", "render", "visits"])
def test_a_database_is_migrated_by_several_at_once(
    visits_databases: Databases, tmp_path: Path, start: Start, service: str
) -> None:
    url = visits_databases.never_migrated()
    assert _ended_well([start("migrate", url, tmp_path, service) for _ in range(3)])
