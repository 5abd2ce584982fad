import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from services.visits.store import Store
from shared.database import Database
from shared.migrations import upgrade

NewStore = Callable[[], Store]


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty visits database to copy from."""
    path = tmp_path_factory.mktemp("visits") / "empty.db"
    upgrade("visits", f"sqlite:///{path}")
    return path


@pytest.fixture
def new_store(migrated: Path, tmp_path: Path) -> Iterator[NewStore]:
    """Makes stores, each with an empty database of its own."""
    opened: list[Database] = []

    def make() -> Store:
        path = tmp_path / f"visits-{len(opened)}.db"
        shutil.copy(migrated, path)
        opened.append(Database(f"sqlite:///{path}"))
        return Store(opened[-1])

    yield make
    for database in opened:
        database.close()


@pytest.fixture
def store(new_store: NewStore) -> Store:
    return new_store()
