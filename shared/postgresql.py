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

from shared.database import Limits

_CONNECT_SECONDS: Final = 5
_POOL: Final = {"pool_size": 2, "max_overflow": 4, "pool_timeout": 10, "pool_recycle": 1800}
"""Six connections at most for a process: some fourteen processes share the server's hundred."""
_T = TypeVar("_T")


class BoundedConnection(psycopg.Connection[Any]):
    """Waits for no answer longer than ``answer_seconds``; the connection is closed then."""

    answer_seconds: float | None = None

    def wait(self, gen: PQGen[_T], interval: float = 0.1, timeout: float | None = None) -> _T:
        """Raise OperationalError where the server is silent for too long."""
        try:
            return super().wait(gen, interval, timeout or self.answer_seconds)
        except psycopg.OperationalError as error:
            given_up = error.sqlstate is None  # it is not the server that says so
            if given_up and self.pgconn.transaction_status == TransactionStatus.ACTIVE:
                self.pgconn.finish()
            raise


def engine(url: URL, limits: Limits) -> Engine:
    """Return an engine; nothing is connected to yet. The URL's query goes to libpq as it is."""
    made = create_engine(
        url.set(drivername="postgresql+psycopg", query={}),
        poolclass=QueuePool,
        pool_pre_ping=True,
        hide_parameters=True,  # in errors, which are logged: they may be drafts or hashes
        connect_args=_arguments(limits) | url.query,
        **_POOL,
    )

    @event.listens_for(made, "do_connect")
    def _connect(
        _dialect: object, _record: object, words: list[Any], given: dict[str, Any]
    ) -> BoundedConnection:
        connection = BoundedConnection.connect(*words, **given)
        connection.answer_seconds = limits.answer
        return connection

    return made


def _arguments(limits: Limits) -> dict[str, Any]:
    """Return what libpq is given beside the address. A server takes 0 for no limit."""
    settings = {
        "timezone": "UTC",
        "lock_timeout": f"{limits.lock or 0}s",
        "statement_timeout": f"{limits.statement or 0}s",
        "idle_in_transaction_session_timeout": f"{limits.idle or 0}s",
    }
    return {
        "application_name": "bantin",
        "connect_timeout": _CONNECT_SECONDS,
        "keepalives": 1,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 30_000,
        "options": " ".join(f"-c {name}={value}" for name, value in settings.items()),
    }
