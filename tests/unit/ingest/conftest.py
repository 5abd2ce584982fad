from collections.abc import Iterator
from pathlib import Path

import pytest

from services.ingest.settings import Settings
from tests.databases import KINDS, Databases, databases
from tests.unit.ingest.newsroom import Newsroom, RecordingBus, SteppingClock


@pytest.fixture(scope="session", params=KINDS)
def ingest_databases(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Databases:
    return databases("ingest", request, tmp_path_factory)


@pytest.fixture
def clock() -> SteppingClock:
    return SteppingClock()


@pytest.fixture
def newsroom(
    tmp_path: Path, ingest_databases: Databases, clock: SteppingClock
) -> Iterator[Newsroom]:
    with ingest_databases.lend() as url:
        room = Newsroom(Settings(data_dir=tmp_path, database=url), clock)
        assert room.category("tin-tuc", "Tin tức").status_code == 201
        yield room
        room.store.database.close()


@pytest.fixture
def bus() -> RecordingBus:
    return RecordingBus()
