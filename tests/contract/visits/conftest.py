from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from services.visits.store import Store
from shared.database import Database
from tests.databases import KINDS, Databases, databases

NewStore = Callable[[], Store]


@pytest.fixture(scope="session", params=KINDS)
def visits_databases(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Databases:
    return databases("visits", request, tmp_path_factory)


@pytest.fixture
def new_database(visits_databases: Databases) -> Iterator[Callable[[], Database]]:
    """Makes databases that are empty."""
    with ExitStack() as lent:

        def make() -> Database:
            database = Database(lent.enter_context(visits_databases.lend()))
            lent.callback(database.close)
            return database

        yield make


@pytest.fixture
def new_store(new_database: Callable[[], Database]) -> NewStore:
    """Makes stores, each with an empty database of its own."""
    return lambda: Store(new_database())


@pytest.fixture
def store(new_store: NewStore) -> Store:
    return new_store()


@pytest.fixture
def broken(visits_databases: Databases) -> Iterator[Store]:
    """A store whose database was never migrated."""
    database = Database(visits_databases.never_migrated())
    yield Store(database)
    database.close()
