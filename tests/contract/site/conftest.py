from collections.abc import Iterator
from pathlib import Path

import pytest

from services.render import bootstrap
from services.render.settings import Settings
from tests.contract.site.harness import Harness, Sites, sites


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated page database to copy; migrating takes far longer than copying."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("empty"), _env_file=None)
    bootstrap.migrate(settings)
    database = bootstrap.open_database(settings)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return settings.data_dir / "render" / "render.db"


@pytest.fixture
def new_site(tmp_path: Path, empty_database: Path) -> Iterator[Sites]:
    with sites(tmp_path, empty_database) as make:
        yield make


@pytest.fixture
def site(new_site: Sites) -> Harness:
    return new_site()
