"""Woken by PostgreSQL: a thread that listens on a channel, on a connection of its own.

Whatever becomes of the thread's connection, ``wait`` returns after its timeout at the latest; and
once there is a connection again it returns at once, for what was missed meanwhile.
"""

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any, Final

import psycopg
from psycopg import sql

from shared import log
from shared.database import UNAVAILABLE, Database

_STEP_SECONDS: Final = 0.5
"""The longest that closing takes."""
_PROBE_EVERY: Final = 30
"""Steps after which the server is asked something, in case it forgot that somebody listens."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0
_logger = log.get("notified")


class Notified:
    """Waits for ``shared.nudge.notify`` on a channel of this database; close it when done."""

    def __init__(self, database: Database, channel: str) -> None:
        self._database = database
        self._channel = channel
        self._nudged = threading.Event()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"notified-{channel}", daemon=True)
        self._thread.start()

    def wait(self, timeout: float) -> bool:
        """Return True when nudged within ``timeout`` seconds; takes all nudges that came."""
        nudged = self._nudged.wait(timeout)
        self._nudged.clear()
        return nudged

    def close(self) -> None:
        self._closed.set()
        self._thread.join()

    def _run(self) -> None:
        pause = _FIRST_PAUSE
        while not self._closed.is_set():
            try:
                with self._listening() as connection:
                    pause = _FIRST_PAUSE
                    self._nudged.set()
                    self._take(connection)
            except (psycopg.Error, *UNAVAILABLE) as error:
                _logger.debug("not_listening", channel=self._channel, reason=str(error))
                self._closed.wait(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)

    @contextmanager
    def _listening(self) -> Iterator[psycopg.Connection[Any]]:
        pooled = self._database.engine.raw_connection()
        connection = pooled.driver_connection
        if not isinstance(connection, psycopg.Connection):
            raise TypeError(f"{connection!r} cannot listen")
        pooled.detach()
        with closing(connection):
            connection.autocommit = True
            connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(self._channel)))
            yield connection

    def _take(self, connection: psycopg.Connection[Any]) -> None:
        steps = 0
        while not self._closed.is_set():
            for _ in connection.notifies(timeout=_STEP_SECONDS, stop_after=1):
                self._nudged.set()
            steps += 1
            if steps % _PROBE_EVERY == 0:
                connection.execute("SELECT 1")
