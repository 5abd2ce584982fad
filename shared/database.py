"""A service's own database through SQLAlchemy: one way to read, one way to write.

On SQLite: WAL, ``synchronous=FULL`` (a commit that returned is on the disk), foreign keys on,
and one writer at a time by a file lock taken before ``BEGIN IMMEDIATE``.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.pool import QueuePool

from shared.locks import FileLock


class Database:
    """Hands out connections inside a transaction; commits on a clean exit."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._lock: FileLock | None = None
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite":
            if not parsed.database or parsed.database == ":memory:":
                raise ValueError(f"{url!r}: a database in a file is needed")
            path = Path(parsed.database)
            path.parent.mkdir(parents=True, exist_ok=True)
            self._lock = FileLock(path.with_name(path.name + ".lock"))
            self.engine = _sqlite_engine(url)
        else:
            self.engine = create_engine(url, pool_pre_ping=True)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a consistent view; whatever is written in it is rolled back."""
        with self.engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Give a transaction that is durable once the block is left without an exception."""
        if self._lock is None:
            with self.engine.begin() as connection:
                yield connection
            return
        with (
            self._lock.held(),
            self.engine.connect().execution_options(bantin_immediate=True) as connection,
            connection.begin(),
        ):
            yield connection

    def check(self) -> None:
        """Raise SQLAlchemyError if the database cannot be read."""
        with self.read() as connection:
            connection.exec_driver_sql("SELECT 1")

    def close(self) -> None:
        self.engine.dispose()


def _sqlite_engine(url: str) -> Engine:
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=8,
        max_overflow=24,
        connect_args={"check_same_thread": False, "timeout": 30, "isolation_level": None},
    )

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: object) -> None:
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "journal_size_limit=67108864",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        immediate = connection.get_execution_options().get("bantin_immediate", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    return engine
