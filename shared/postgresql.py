"""How PostgreSQL is connected to: few connections, none of them waited for without a bound.

The server's own timeouts end what takes too long while it works; where it hangs, or its machine
is gone, the client's do.
"""

from typing import Any, Final, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.pq import TransactionStatus
from sqlalchemy import URL, Engine, create_engine, event
from sqlalchemy.pool import QueuePool

CONNECT_SECONDS: Final = 5
LOCK_SECONDS: Final = 10
"""For a row, or for one's turn to write."""
STATEMENT_SECONDS: Final = 30
IDLE_SECONDS: Final = 60
"""Of a transaction that asks nothing: longer than a relay waits for the bus with rows in hand."""
ANSWER_SECONDS: Final = 40.0
"""Of a server that should have given up by itself before."""
_POOL: Final = {"pool_size": 2, "max_overflow": 4, "pool_timeout": 10, "pool_recycle": 1800}
"""Six connections at most for a process: some fourteen processes share the server's hundred."""
_T = TypeVar("_T")


class BoundedConnection(psycopg.Connection[Any]):
    """Waits for no answer longer than ``answer_seconds``; the connection is closed then."""

    answer_seconds: float | None = ANSWER_SECONDS

    def wait(self, gen: PQGen[_T], interval: float = 0.1, timeout: float | None = None) -> _T:
        """Raise OperationalError where the server is silent for too long."""
        try:
            return super().wait(gen, interval, timeout or self.answer_seconds)
        except psycopg.OperationalError as error:
            given_up = error.sqlstate is None  # it is not the server that says so
            if given_up and self.pgconn.transaction_status == TransactionStatus.ACTIVE:
                self.pgconn.finish()
            raise


class PatientConnection(BoundedConnection):
    """Waits for as long as it takes."""

    answer_seconds = None


def engine(url: URL, *, patient: bool = False) -> Engine:
    """Return an engine; nothing is connected to yet."""
    made = create_engine(
        url.set(drivername="postgresql+psycopg", query={}),
        poolclass=QueuePool,
        pool_pre_ping=True,
        connect_args=_arguments(patient=patient) | url.query,
        **_POOL,
    )
    kind = PatientConnection if patient else BoundedConnection

    @event.listens_for(made, "do_connect")
    def _connect(
        _dialect: object, _record: object, words: list[Any], given: dict[str, Any]
    ) -> BoundedConnection:
        return kind.connect(*words, **given)

    return made


def _arguments(*, patient: bool) -> dict[str, Any]:
    """Return what libpq is given beside the address."""
    settings = {
        "timezone": "UTC",
        "lock_timeout": 0 if patient else f"{LOCK_SECONDS}s",
        "statement_timeout": 0 if patient else f"{STATEMENT_SECONDS}s",
        "idle_in_transaction_session_timeout": f"{IDLE_SECONDS}s",
    }
    return {
        "application_name": "bantin",
        "connect_timeout": CONNECT_SECONDS,
        "keepalives": 1,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 30_000,
        "options": " ".join(f"-c {name}={value}" for name, value in settings.items()),
    }
