"""Places that a service's data move between, on databases of both kinds."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import MetaData, select

from shared.database import Database
from tests.databases import KINDS, Databases
from tests.servers.postgresql import PostgreSQL

NewPlace = Callable[[str, str], tuple[Path, str]]
"""Makes an empty place of a kind for a service: a data folder, and its database's address."""


@pytest.fixture(scope="session")
def new_place(
    postgresql: PostgreSQL, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[NewPlace]:
    known: dict[tuple[str, str], Databases] = {}
    numbers = itertools.count()

    with ExitStack() as lent:

        def make(kind: str, service: str) -> tuple[Path, str]:
            if (kind, service) not in known:
                folder = tmp_path_factory.mktemp(f"{kind}-{service}")
                known[kind, service] = Databases(kind, service, folder, lambda: postgresql)
            url = lent.enter_context(known[kind, service].lend())
            return tmp_path_factory.mktemp(f"place-{next(numbers)}"), url

        yield make


@pytest.fixture(params=[KINDS, KINDS[::-1]], ids=" to ".join)
def there_and_back(request: pytest.FixtureRequest) -> tuple[str, str]:
    """Return the kinds of the first place, and of the one that is moved to."""
    found: tuple[str, str] = request.param
    return found


def everything(url: str, metadata: MetaData) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of every table, each table in the order of its keys."""
    with closing(Database(url)) as database, database.read() as connection:
        return {
            table.name: [
                tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))
            ]
            for table in metadata.sorted_tables
        }
