"""Turns between processes on one database: a job's turn ends with its holder, however that ends."""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import SQLAlchemyError

from shared.database import Database
from shared.jobs import Turn
from shared.locks import FileLock

_KIND: Final = 0x4A6F6273
"""First half of the keys of PostgreSQL's advisory locks, so that no other use meets these."""


def turns(database: Database) -> Turn:
    """Return turns that everybody who has this database respects.

    On PostgreSQL an advisory lock of a session; on SQLite a lock on a file beside the database.
    Who loses its connection loses its turn without noticing, so a job must bear a second runner.
    """
    url = database.engine.url
    if url.get_backend_name() == "sqlite" and url.database:
        return partial(_file_turn, Path(url.database))
    return partial(_advisory_turn, database)


@contextmanager
def _file_turn(path: Path, name: str) -> Iterator[bool]:
    lock = FileLock(path.with_name(f"{path.name}.{name}.turn"))
    mine = lock.try_hold()
    try:
        yield mine
    finally:
        lock.release()


@contextmanager
def _advisory_turn(database: Database, name: str) -> Iterator[bool]:
    key = (_KIND, zlib.crc32(name.encode()) - 2**31)
    # Without a transaction: one that stays open for minutes would keep old rows from being freed.
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        mine = bool(connection.scalar(select(func.pg_try_advisory_lock(*key))))
        try:
            yield mine
        finally:
            if mine:
                _give_back(connection, key)


def _give_back(connection: Connection, key: tuple[int, int]) -> None:
    """End the turn; a connection of which that is uncertain must not go back to the pool."""
    with suppress(SQLAlchemyError):
        if connection.scalar(select(func.pg_advisory_unlock(*key))):
            return
    connection.invalidate()
