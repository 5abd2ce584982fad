from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from shared.database import Database
from shared.migrations import upgrade
from tests.databases import KINDS, Databases, databases
from tests.servers.postgresql import PostgreSQL
from tests.servers.reporting import started


@pytest.fixture(scope="session", params=KINDS)
def visits_databases(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Databases:
    """Stand for any service's: their tables are the simplest."""
    return databases("visits", request, tmp_path_factory)


@pytest.fixture
def opened() -> Iterator[Callable[[str], Database]]:
    """Opens databases by their addresses, and closes them again."""
    with ExitStack() as stack:

        def make(url: str) -> Database:
            database = Database(url)
            stack.callback(database.close)
            return database

        yield make


@pytest.fixture
def url(visits_databases: Databases) -> Iterator[str]:
    with visits_databases.lend() as lent:
        yield lent


@pytest.fixture
def database(url: str, opened: Callable[[str], Database]) -> Database:
    return opened(url)


@pytest.fixture(scope="module")
def hurt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgreSQL]:
    """A server for tests that stop, kill and pause it; they leave it usable."""
    with started(PostgreSQL, tmp_path_factory.mktemp("hurt")) as server:
        yield server


@pytest.fixture
def migrated(hurt: PostgreSQL) -> Callable[[str], str]:
    """Makes a service's database on the server that is hurt; returns its address."""

    def make(service: str) -> str:
        url = hurt.new_database()
        upgrade(service, url)
        return url

    return make
