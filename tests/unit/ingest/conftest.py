import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.ingest import bootstrap
from services.ingest.settings import Settings
from tests.unit.ingest.newsroom import Newsroom, RecordingBus, SteppingClock


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    settings = Settings(data_dir=tmp_path_factory.mktemp("migrated"))
    bootstrap.migrate(settings)
    return settings.data_dir / "ingest" / "ingest.db"


@pytest.fixture
def clock() -> SteppingClock:
    return SteppingClock()


@pytest.fixture
def newsroom(tmp_path: Path, migrated: Path, clock: SteppingClock) -> Iterator[Newsroom]:
    settings = Settings(data_dir=tmp_path)
    (tmp_path / "ingest").mkdir()
    shutil.copy(migrated, tmp_path / "ingest" / "ingest.db")
    room = Newsroom(settings, clock)
    assert room.category("tin-tuc", "Tin tức").status_code == 201
    yield room
    room.store.database.close()


@pytest.fixture
def bus() -> RecordingBus:
    return RecordingBus()
