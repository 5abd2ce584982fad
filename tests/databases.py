"""Empty, migrated databases of one service for a suite, on SQLite or on PostgreSQL.

Migrating takes far longer than a test, so a file is copied, and a database is emptied.
"""

import itertools
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import MetaData, create_engine, make_url
from sqlalchemy.pool import NullPool

from shared.migrations import upgrade
from tests.servers.postgresql import PostgreSQL

KINDS = ("sqlite", "postgresql")


class Databases:
    """``lend`` gives the address of an empty one, to be given back with nobody connected."""

    def __init__(
        self, kind: str, service: str, folder: Path, server: Callable[[], PostgreSQL]
    ) -> None:
        self.kind = kind
        self._service = service
        self._folder = folder
        self._numbers = itertools.count()
        self._free: list[str] = []
        if kind == "sqlite":
            self._template = folder / "template.db"
            upgrade(service, f"sqlite:///{self._template}")
        else:
            self._server = server()

    def never_migrated(self) -> str:
        """Return the address of a database without tables."""
        if self.kind == "sqlite":
            return f"sqlite:///{self._folder / f'{next(self._numbers)}.db'}"
        return self._server.new_database()

    @contextmanager
    def lend(self) -> Iterator[str]:
        if self.kind == "sqlite":
            path = self._folder / f"{next(self._numbers)}.db"
            shutil.copy(self._template, path)
            yield f"sqlite:///{path}"
            return
        url = self._free.pop() if self._free else self._migrated()
        yield url
        with psycopg.connect(url) as connection, suppress(psycopg.errors.UndefinedTable):
            connection.execute("SELECT tests.make_empty()")
            self._free.append(url)  # unless the test has dropped a table

    def _migrated(self) -> str:
        """Migrate a new one, and leave in it a function that brings this state back."""
        url = self.never_migrated()
        upgrade(self._service, url)
        names = _tables(url)
        cleared = [_said("DELETE FROM public.{};", name) for name in reversed(names)]
        seeded = [_said("INSERT INTO public.{0} SELECT * FROM tests.{0};", name) for name in names]
        make_empty = sql.SQL(
            "CREATE FUNCTION tests.make_empty() RETURNS void LANGUAGE sql AS $$ {} $$"
        )
        with psycopg.connect(url) as connection:
            connection.execute("CREATE SCHEMA tests")
            for name in names:
                connection.execute(_said("CREATE TABLE tests.{0} AS TABLE public.{0}", name))
            connection.execute(make_empty.format(sql.SQL(" ").join([*cleared, *seeded])))
        return url


def _said(statement: LiteralString, name: str) -> sql.Composed:
    return sql.SQL(statement).format(sql.Identifier(name))


def _tables(url: str) -> list[str]:
    """Return the tables' names, those that others refer to first."""
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"), poolclass=NullPool)
    found = MetaData()
    with engine.connect() as connection:
        found.reflect(connection)
    return [table.name for table in found.sorted_tables]


def databases(
    service: str, request: pytest.FixtureRequest, factory: pytest.TempPathFactory
) -> Databases:
    """Return what a session's fixture, with KINDS as its parameters, gives."""
    return Databases(
        request.param,
        service,
        factory.mktemp(f"{service}-databases"),
        lambda: request.getfixturevalue("postgresql"),
    )
