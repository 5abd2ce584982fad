"""One lane of the embedded bus: an SQLite file, its inter-process lock and its tables."""

import contextlib
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shared.bus import BusUnavailable
from shared.locks import FileLock

_VERSION = 1
_SCHEMA = (
    # AUTOINCREMENT: a number is never used twice, so a late settle can hit nothing else.
    """CREATE TABLE messages (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, queue TEXT NOT NULL, body BLOB NOT NULL)""",
    "CREATE INDEX messages_by_queue ON messages (queue, seq)",
    # Apart from the messages, so that handing one out does not write its body again.
    """CREATE TABLE deliveries (
        seq INTEGER PRIMARY KEY, owner TEXT, attempts INTEGER NOT NULL,
        available_at REAL NOT NULL DEFAULT 0, history TEXT NOT NULL DEFAULT '')""",
    """CREATE TABLE dead_letters (
        id INTEGER PRIMARY KEY AUTOINCREMENT, queue TEXT NOT NULL, body BLOB NOT NULL,
        reason TEXT NOT NULL, attempts INTEGER NOT NULL, history TEXT NOT NULL,
        parked_at REAL NOT NULL)""",
    "CREATE INDEX dead_letters_by_queue ON dead_letters (queue, id)",
    "CREATE TABLE probe (id INTEGER PRIMARY KEY, at REAL NOT NULL)",
)


class LaneFile:
    """Hands out transactions on one file; every failure of it is a BusUnavailable.

    A connection that failed is thrown away and opened again at the next use, so the bus recovers
    by itself once its cause (a full disk, say) is gone.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.failure: str | None = None
        """What the last write died of; None after one that worked."""
        self._lock = FileLock(path.with_suffix(".lock"))
        self._writer: sqlite3.Connection | None = None
        self._reader: sqlite3.Connection | None = None
        self._reading = threading.Lock()
        self._closed = False
        try:
            with self.write():
                pass
        except BusUnavailable:
            self.close()
            raise

    @contextmanager
    def write(self, *, durable: bool = True) -> Iterator[sqlite3.Connection]:
        """Give a transaction, committed on a clean exit.

        ``durable`` waits for the disk. Without it the commit outlives the death of any process,
        yet not a power cut.
        """
        try:
            with self._lock.held():
                connection = self._open_writer()
                # In WAL mode FULL syncs the log at every commit and NORMAL at checkpoints only.
                connection.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
                with _transaction(connection):
                    yield connection
                self.failure = None
        except (sqlite3.Error, OSError) as error:
            self.failure = f"{self.path.name}: {error}"
            raise BusUnavailable(self.failure) from error

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """Give a connection for reading; waits for no writer."""
        try:
            with self._reading:
                if self._reader is None:
                    self._reader = self._connect()
                    self._reader.execute("PRAGMA query_only=ON")
                try:
                    yield self._reader
                except sqlite3.Error:
                    _discard(self._reader)
                    self._reader = None
                    raise
        except (sqlite3.Error, OSError) as error:
            raise BusUnavailable(f"{self.path.name}: {error}") from error

    def close(self) -> None:
        self._closed = True
        with self._reading:
            if self._reader is not None:
                _discard(self._reader)
                self._reader = None
        with contextlib.suppress(OSError), self._lock.held():
            if self._writer is not None:
                _discard(self._writer)
                self._writer = None

    def _open_writer(self) -> sqlite3.Connection:
        """Return the connection for writing, a new one where the last one failed."""
        if self._writer is not None and self.failure is not None:
            _discard(self._writer)
            self._writer = None
        if self._writer is None:
            self._writer = self._connect()
            self._writer.execute("PRAGMA journal_mode=WAL")
            self._writer.execute("PRAGMA journal_size_limit=16777216")
            self._migrate(self._writer)
        return self._writer

    def _migrate(self, connection: sqlite3.Connection) -> None:
        (found,) = connection.execute("PRAGMA user_version").fetchone()
        if found == _VERSION:
            return
        if found:
            raise BusUnavailable(f"{self.path.name}: version {found}, this code knows {_VERSION}")
        with _transaction(connection):
            for statement in _SCHEMA:
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version={_VERSION}")

    def _connect(self) -> sqlite3.Connection:
        if self._closed:
            raise BusUnavailable(f"{self.path.name} is closed")
        return sqlite3.connect(self.path, timeout=30, isolation_level=None, check_same_thread=False)


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        # SQLite itself rolls back after some failures, a full disk among them.
        if connection.in_transaction:
            with contextlib.suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
        raise


def _discard(connection: sqlite3.Connection) -> None:
    with contextlib.suppress(sqlite3.Error):
        connection.close()
