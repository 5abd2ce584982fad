"""A service's own database through SQLAlchemy: one way to read, two ways to write.

On SQLite: WAL, ``synchronous=FULL`` (a commit that returned is on the disk), foreign keys on,
and one writer at a time by a file lock taken before ``BEGIN IMMEDIATE``.

On PostgreSQL: what reads sees one snapshot; what writes stands in one queue as well, by an
advisory lock that ends with the transaction, unless it says that it need not.
"""

import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Engine, RootTransaction, create_engine, event, text
from sqlalchemy.engine import ExceptionContext, make_url
from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    InterfaceError,
    InternalError,
    OperationalError,
    ProgrammingError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import QueuePool

from shared.locks import FileLock

UNAVAILABLE: Final = (
    OperationalError,
    InterfaceError,
    InternalError,
    ProgrammingError,
    PoolTimeout,
    OSError,
)
"""What is raised while a database cannot be used: it is down, full, locked or not migrated yet.

Whoever gets one tries again later. What is missing here (DataError, IntegrityError) is the fault
of what was to be stored, and would be no better later; so is what is too large for PostgreSQL,
which comes as a DataError too.
"""
_TURN: Final = text("SELECT pg_advisory_xact_lock(110386840822126)")
"""The number spells ``dbwrkn``; each database has locks of its own."""
_COLLISIONS: Final = frozenset({"40001", "40P01"})
"""SQLSTATE of transactions that were given up so that another could go on."""
_AWAY: Final = ("08", "25006", "42", "53", "55P03", "57P")
"""Beginnings of the SQLSTATE of troubles that are the same for whatever is asked: connections,
read only, other tables or rights than expected, no room, somebody's lock, shutting down."""
_TOO_LARGE: Final = "54"
"""Class of the SQLSTATE of what exceeds a limit of the program: a key of an index, a statement."""
_ATTEMPTS: Final = 5
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds after which a wait on PostgreSQL ends with an error; None waits for ever.

    ``answer`` is the client's own, for a server that hangs or whose machine is gone; the others
    are the server's, and shorter, so that it is the server that says what took so long.
    """

    lock: int | None = 10
    """For a row, or for one's turn to write."""
    statement: int | None = 30
    idle: int | None = 60
    """For a transaction that asks nothing: a relay waits for the bus with rows in hand."""
    answer: float | None = 40.0


LIMITS: Final = Limits()
PATIENT: Final = Limits(lock=None, statement=None, answer=None)
"""For migrations: a large table takes its time."""


def is_away(error: Exception) -> bool:
    """Tell whether an error is one of the whole database: what is asked next would fail as well.

    Where it may be the fault of the rows that were asked for, others are worth trying.
    """
    if isinstance(error, (PoolTimeout, OSError)):
        return True
    if not isinstance(error, DBAPIError):
        return False
    state = getattr(error.orig, "sqlstate", None)
    if state is None:  # the server could not be asked; or it is SQLite, which has no such states
        return error.connection_invalidated or isinstance(error, OperationalError)
    return error.connection_invalidated or state.startswith(_AWAY)


class CommitUnknown(OperationalError):  # noqa: N818 - a state of the world, not a mistake
    """The connection was lost while committing: all of it is durable, or nothing."""


class Database:
    """Hands out connections inside a transaction; commits on a clean exit."""

    def __init__(self, url: str, *, limits: Limits = LIMITS) -> None:
        """Open nothing yet. SQLite keeps to limits of its own."""
        parsed = make_url(url)
        self._lock: FileLock | None = None
        if parsed.get_backend_name() == "sqlite":
            if not parsed.database or parsed.database == ":memory:":
                raise ValueError(f"{url!r}: a database in a file is needed")
            path = Path(parsed.database)
            path.parent.mkdir(parents=True, exist_ok=True)
            self._lock = FileLock(path.with_name(path.name + ".lock"))
            self.engine = self._reading = _sqlite_engine(url)
        else:
            from shared.postgresql import engine  # noqa: PLC0415 - an adapter loads on demand

            self.engine = engine(parsed, limits)
            event.listen(self.engine, "handle_error", _told_apart)
            self._reading = self.engine.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
        # Most databases live as long as their process; the others need nobody to close them.
        weakref.finalize(self, self.engine.dispose)

    @property
    def locks_rows(self) -> bool:
        """Tell whether rows can be locked one by one, or only the whole database."""
        return self._lock is None

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a consistent view; whatever is written in it is rolled back."""
        with self._reading.connect() as connection:
            yield connection

    @contextmanager
    def write(self, *, alone: bool = True) -> Iterator[Connection]:
        """Give a transaction that is durable once the block is left without an exception.

        Blocks that are ``alone`` run one after another, whatever process they are in, so that
        what one of them reads stays true until it is committed. On SQLite all of them are. A
        block that says ``alone=False`` meets others on PostgreSQL, each of its statements seeing
        what is committed by then: it must hold by row locks taken in a fixed order.

        Raises CommitUnknown where it cannot be told whether the transaction was committed.
        """
        if self._lock is not None:
            with (
                self._lock.held(),
                self.engine.connect().execution_options(bantin_immediate=True) as connection,
                connection.begin(),
            ):
                yield connection
            return
        with self.engine.connect() as connection, connection.begin() as transaction:
            if alone:
                connection.execute(_TURN)
            yield connection
            _commit(transaction)

    def repeat(self, work: Callable[[Connection], _T]) -> _T:
        """Do ``work`` in a transaction beside others, anew where one of them was in its way."""
        for _ in range(_ATTEMPTS - 1):
            try:
                with self.write(alone=False) as connection:
                    return work(connection)
            except OperationalError as error:
                if getattr(error.orig, "sqlstate", None) not in _COLLISIONS:
                    raise
        with self.write(alone=False) as connection:
            return work(connection)

    def check(self) -> None:
        """Raise SQLAlchemyError if the database cannot be read."""
        with self.read() as connection:
            connection.exec_driver_sql("SELECT 1")

    def close(self) -> None:
        self.engine.dispose()


def _told_apart(context: ExceptionContext) -> DataError | None:
    """Return what is raised instead of an error that only seems to be of the database's running."""
    error = context.sqlalchemy_exception
    if not isinstance(error, OperationalError) or error.orig is None:
        return None
    if not (getattr(error.orig, "sqlstate", None) or "").startswith(_TOO_LARGE):
        return None
    return DataError(error.statement, error.params, error.orig, hide_parameters=True)


def _commit(transaction: RootTransaction) -> None:
    try:
        transaction.commit()
    except DBAPIError as error:
        if error.connection_invalidated and error.orig is not None:
            raise CommitUnknown(None, None, error.orig) from error
        raise


def _sqlite_engine(url: str) -> Engine:
    engine = create_engine(
        url,
        poolclass=QueuePool,
        hide_parameters=True,
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
