"""One consumer's hold on one queue of the embedded bus: claiming, settling, taking back."""

import contextlib
import sqlite3
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path

from shared import log
from shared.bus import BusUnavailable, Delivery, Done, Outcome, Park
from shared.bus.embedded_file import LaneFile
from shared.bus.embedded_letters import park
from shared.bus.embedded_owner import Owner, dead, known
from shared.bus.policy import BATCH_BYTES, DIED, LONGEST_DELAY, Policy, gave_up, history_line
from shared.wake import Listener

_POLL = 0.25
"""Seconds between two looks into the queue when no wake-up comes."""
_DUE = """
    SELECT m.seq, COALESCE(d.attempts, 0), m.body
    FROM messages m LEFT JOIN deliveries d ON d.seq = m.seq
    WHERE m.queue = :queue AND d.owner IS NULL
      AND (d.available_at IS NULL OR d.available_at NOT BETWEEN :now AND :horizon)
    ORDER BY m.seq LIMIT :limit"""
"""Whatever waits beyond the longest delay does so because the clock was set back; it is due."""


class EmbeddedSubscription:
    """Holds messages by an owner's name that is alive as long as this process is."""

    def __init__(
        self, file: LaneFile, queue: str, folder: Path, policy: Policy, wake: Callable[[], None]
    ) -> None:
        self._file = file
        self._queue = queue
        self._owners = folder / "owners"
        self._policy = policy
        self._wake = wake
        self._closed = False
        with contextlib.ExitStack() as undo:
            try:
                self._listener = Listener(folder / "wake" / queue)
                undo.callback(_gone, self._listener.close)
                self._owner = Owner(self._owners)
                undo.callback(_gone, partial(self._owner.close, holds_nothing=True))
                others = [name for name in known(self._owners) if name != self._owner.name]
            except OSError as error:
                raise BusUnavailable(f"cannot subscribe to {queue}: {error}") from error
            self._take_back(others)
            undo.pop_all()

    def fetch(self, limit: int, timeout: float) -> list[Delivery]:
        """Return what is there; see the port."""
        deadline = time.monotonic() + timeout
        while True:
            deliveries = self._claim(limit) if self._something_to_do() else []
            left = deadline - time.monotonic()
            if deliveries or left <= 0:
                return deliveries
            self._listener.wait(min(left, _POLL))

    def settle(self, outcomes: Sequence[tuple[Delivery, Outcome]]) -> None:
        """Make the outcomes durable in one transaction; see the port."""
        done: list[tuple[int, str]] = []
        back: list[tuple[float, str, int, str]] = []
        parked: list[tuple[int, str, str]] = []
        now = time.time()
        for delivery, outcome in outcomes:
            tag, attempt = delivery.tag, delivery.attempt
            if isinstance(outcome, Done):
                done.append((tag, self._owner.name))
                continue
            line = history_line(attempt, outcome.reason) + "\n"
            if isinstance(outcome, Park):
                parked.append((tag, outcome.reason, line))
            elif attempt >= self._policy.limit:
                parked.append((tag, gave_up(attempt, outcome.reason), line))
            else:
                back.append((now + self._policy.delay(attempt), line, tag, self._owner.name))
        with self._file.write() as connection:
            _forget(connection, done)
            connection.executemany(
                "UPDATE deliveries SET owner = NULL, available_at = ?, history = history || ?"
                " WHERE seq = ? AND owner = ?",
                back,
            )
            park(connection, parked, owner=self._owner.name)

    @property
    def closed(self) -> bool:
        return self._closed

    def close(self) -> None:
        """Give back what is not settled, as if it had never been handed out."""
        if self._closed:
            return
        self._closed = True
        self._listener.close()
        given_back = False
        try:
            with self._file.write(durable=False) as connection:
                connection.execute(
                    "UPDATE deliveries SET owner = NULL, attempts = attempts - 1 WHERE owner = ?",
                    (self._owner.name,),
                )
            given_back = True
        except BusUnavailable as error:
            # Others find the file without its lock and take the messages back, one delivery dearer.
            log.get("bus").warning("not_given_back", queue=self._queue, reason=str(error))
        finally:
            with contextlib.suppress(OSError):
                self._owner.close(holds_nothing=given_back)
        self._wake()

    def _something_to_do(self) -> bool:
        """Look without the lock, so that idle consumers never make a publisher wait."""
        with self._file.read() as connection:
            owners = connection.execute(
                "SELECT DISTINCT owner FROM deliveries WHERE owner IS NOT NULL AND owner != ?",
                (self._owner.name,),
            ).fetchall()
        self._take_back([owner for (owner,) in owners])
        with self._file.read() as connection:
            return connection.execute(_DUE, self._due(1)).fetchone() is not None

    def _claim(self, limit: int) -> list[Delivery]:
        # Not synced: if a power cut forgets who held what, all of it is delivered again anyway.
        with self._file.write(durable=False) as connection:
            cursor = connection.execute(_DUE, self._due(limit))
            deliveries = _batch(cursor)
            cursor.close()
            connection.executemany(
                "INSERT INTO deliveries (seq, owner, attempts) VALUES (?, ?, 1)"
                " ON CONFLICT (seq) DO UPDATE SET owner = excluded.owner, attempts = attempts + 1",
                [(delivery.tag, self._owner.name) for delivery in deliveries],
            )
        return deliveries

    def _due(self, limit: int) -> dict[str, object]:
        now = time.time()
        return {
            "queue": self._queue,
            "now": now,
            "horizon": now + 2 * LONGEST_DELAY,
            "limit": limit,
        }

    def _take_back(self, owners: Iterable[str]) -> None:
        """Free what dead owners held, of whatever queue; the delivery stays charged.

        What was in hand alone when its consumer died is suspected of having killed it, so it
        rests before the next delivery and the queue goes on; at the limit it is parked.
        """
        for owner in owners:
            try:
                with dead(self._owners, owner) as is_dead:
                    if is_dead:
                        self._free(owner)
            except OSError as error:
                raise BusUnavailable(f"owner {owner}: {error}") from error

    def _free(self, owner: str) -> None:
        now = time.time()
        with self._file.write() as connection:
            held = connection.execute(
                "SELECT seq, attempts FROM deliveries WHERE owner = ?", (owner,)
            ).fetchall()
            parked = [
                (seq, gave_up(attempts, DIED), history_line(attempts, DIED) + "\n")
                for seq, attempts in held
                if attempts >= self._policy.limit
            ]
            park(connection, parked, owner=owner)
            connection.executemany(
                "UPDATE deliveries SET owner = NULL, available_at = ?, history = history || ?"
                " WHERE seq = ? AND owner = ?",
                [
                    (
                        now + self._policy.delay(attempts) if attempts > 1 else 0.0,
                        history_line(attempts, DIED) + "\n",
                        seq,
                        owner,
                    )
                    for seq, attempts in held
                ],
            )


def _gone(close: Callable[[], None]) -> None:
    """Close what a failed attempt had opened: they are made for as long as a disk is full."""
    with contextlib.suppress(OSError):
        close()


def _batch(rows: Iterable[tuple[int, int, bytes]]) -> list[Delivery]:
    """Take fresh messages up to the first redelivered one; that one comes alone."""
    batch: list[Delivery] = []
    size = 0
    for seq, attempts, body in rows:
        if attempts and batch:
            break
        batch.append(Delivery(tag=seq, body=body, attempt=attempts + 1))
        size += len(body)
        if attempts or size > BATCH_BYTES:
            break
    return batch


def _forget(connection: sqlite3.Connection, done: Sequence[tuple[int, str]]) -> None:
    connection.executemany(
        "DELETE FROM messages WHERE seq = (SELECT seq FROM deliveries WHERE seq = ? AND owner = ?)",
        done,
    )
    connection.executemany("DELETE FROM deliveries WHERE seq = ? AND owner = ?", done)
