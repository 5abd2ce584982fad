"""Dead letters of the embedded bus: each lane's file keeps its own, numbered apart."""

import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime

from shared.bus import DeadLetter
from shared.bus.embedded_file import LaneFile
from shared.bus.policy import LONGEST_REASON

_COLUMNS = "id, queue, body, reason, attempts, history, parked_at"


def park(
    connection: sqlite3.Connection, parked: Iterable[tuple[int, str, str]], *, owner: str
) -> None:
    """Move messages that ``owner`` holds to the dead letters: (seq, reason, history line) each."""
    now = time.time()
    for seq, reason, line in parked:
        moved = connection.execute(
            "INSERT INTO dead_letters (queue, body, reason, attempts, history, parked_at)"
            " SELECT m.queue, m.body, ?, d.attempts, d.history || ?, ?"
            " FROM messages m JOIN deliveries d ON d.seq = m.seq WHERE m.seq = ? AND d.owner = ?",
            (reason[:LONGEST_REASON], line, now, seq, owner),
        )
        if moved.rowcount:
            connection.execute("DELETE FROM messages WHERE seq = ?", (seq,))
            connection.execute("DELETE FROM deliveries WHERE seq = ?", (seq,))


class EmbeddedDeadLetters:
    """All lanes' dead letters as one; a letter's id names its lane (``id % number of lanes``)."""

    def __init__(self, files: Sequence[LaneFile], wake: Callable[[set[str]], None]) -> None:
        self._files = files
        self._wake = wake

    def list(self, queue: str | None = None, limit: int = 100) -> list[DeadLetter]:
        where, values = ("", ()) if queue is None else ("WHERE queue = ?", (queue,))
        found: list[DeadLetter] = []
        for lane, file in enumerate(self._files):
            with file.read() as connection:
                rows = connection.execute(
                    f"SELECT {_COLUMNS} FROM dead_letters {where} ORDER BY id LIMIT ?",  # noqa: S608 - both are ours
                    (*values, limit),
                ).fetchall()
            found += [self._letter(lane, row) for row in rows]
        return sorted(found, key=lambda letter: (letter.parked_at, letter.id))[:limit]

    def get(self, ids: Sequence[int]) -> Sequence[DeadLetter]:
        found: list[DeadLetter] = []
        for lane, local in self._by_lane(ids).items():
            with self._files[lane].read() as connection:
                for number in local:
                    row = connection.execute(
                        f"SELECT {_COLUMNS} FROM dead_letters WHERE id = ?",  # noqa: S608 - ours
                        (number,),
                    ).fetchone()
                    found += [self._letter(lane, row)] if row else []
        return sorted(found, key=lambda letter: (letter.parked_at, letter.id))

    def counts(self) -> dict[str, int]:
        found: Counter[str] = Counter()
        for file in self._files:
            with file.read() as connection:
                found.update(
                    dict(connection.execute("SELECT queue, count(*) FROM dead_letters GROUP BY 1"))
                )
        return dict(found)

    def replay(self, ids: Sequence[int]) -> int:
        count = 0
        for lane, local in self._by_lane(ids).items():
            queues: set[str] = set()
            with self._files[lane].write() as connection:
                for number in local:
                    row = connection.execute(
                        "DELETE FROM dead_letters WHERE id = ? RETURNING queue, body", (number,)
                    ).fetchone()
                    if row is None:
                        continue
                    connection.execute("INSERT INTO messages (queue, body) VALUES (?, ?)", row)
                    queues.add(row[0])
                    count += 1
            self._wake(queues)
        return count

    def drop(self, ids: Sequence[int]) -> int:
        count = 0
        for lane, local in self._by_lane(ids).items():
            with self._files[lane].write() as connection:
                for number in local:
                    deleted = connection.execute("DELETE FROM dead_letters WHERE id = ?", (number,))
                    count += deleted.rowcount
        return count

    def _by_lane(self, ids: Iterable[int]) -> Mapping[int, Sequence[int]]:
        lanes = len(self._files)
        wanted = dict.fromkeys(ids)
        return {
            lane: tuple(number // lanes for number in wanted if number % lanes == lane)
            for lane in {number % lanes for number in wanted}
        }

    def _letter(self, lane: int, row: tuple[int, str, bytes, str, int, str, float]) -> DeadLetter:
        number, queue, body, reason, attempts, history, parked_at = row
        return DeadLetter(
            id=number * len(self._files) + lane,
            queue=queue,
            body=body,
            reason=reason,
            attempts=attempts,
            parked_at=datetime.fromtimestamp(parked_at, UTC),
            history=tuple(history.splitlines()),
        )
