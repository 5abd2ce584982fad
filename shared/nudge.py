"""A nudge at a commit, in whichever way the database allows; polling stands behind it.

Processes that share a PostgreSQL database need not share a machine: there the nudge is a NOTIFY
of the transaction itself. Beside SQLite it is a datagram (``shared.wake``) after the commit.
"""

from pathlib import Path
from typing import Final, Protocol

from sqlalchemy import Connection, text

from shared.database import Database
from shared.wake import Listener

_NOTIFY: Final = text("SELECT pg_notify(:channel, '')")


class Listening(Protocol):
    def wait(self, timeout: float) -> bool:
        """Return True when nudged within ``timeout`` seconds; takes all nudges that came."""
        ...

    def close(self) -> None: ...


def listen(database: Database, channel: str, folder: Path) -> Listening:
    """Return what is nudged by ``notify`` on PostgreSQL, by a caller of ``folder`` on SQLite."""
    if not database.locks_rows:
        return Listener(folder)
    from shared.notified import Notified  # noqa: PLC0415 - an adapter loads on demand

    return Notified(database, channel)


def notify(connection: Connection, channel: str) -> None:
    """Nudge who listens on a channel of this database, when the transaction is committed.

    On SQLite nothing is done: whoever has committed calls.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(_NOTIFY, {"channel": channel})
