"""The embedded bus: durable queues in SQLite files, for one machine and no server.

Each lane has a file and a lock of its own, so a rebuild or a rush of views never holds the lock
that publishing today's news needs. docs/adr/001-embedded-bus-on-sqlite.md says why all this is so.
"""

import contextlib
import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from shared.bus import Bus, BusUnavailable
from shared.bus.embedded_file import LaneFile
from shared.bus.embedded_group import GroupCommit, Row
from shared.bus.embedded_letters import EmbeddedDeadLetters
from shared.bus.embedded_subscription import EmbeddedSubscription
from shared.bus.policy import Policy
from shared.bus.topology import QUEUES, Lane, Queue, queues_for
from shared.contracts.events import Event
from shared.wake import Caller

_LANES = (Lane.LIVE, Lane.BULK, Lane.VISITS)


def open_embedded(folder: str, *, policy: Policy | None = None) -> Bus:
    """Open the bus kept in ``folder``, made if absent. Raises BusUnavailable if that fails."""
    return EmbeddedBus(Path(folder), policy or Policy())


class EmbeddedBus:
    """The port over one file for each lane. Safe to use from many threads and processes."""

    def __init__(self, folder: Path, policy: Policy) -> None:
        self._folder = folder
        self._policy = policy
        self._callers: dict[str, Caller] = {}
        self._files: dict[Lane, LaneFile] = {}
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for lane in _LANES:
                self._files[lane] = LaneFile(folder / f"{lane}.db")
            for name in QUEUES:
                self._callers[name] = Caller(folder / "wake" / name)
        except OSError as error:
            self._close_all()
            raise BusUnavailable(f"{folder}: {error}") from error
        except BusUnavailable:
            self._close_all()
            raise
        self._groups = {lane: GroupCommit(file, self._wake) for lane, file in self._files.items()}
        self._subscriptions: list[EmbeddedSubscription] = []
        self._subscribing = threading.Lock()
        self._letters = EmbeddedDeadLetters([self._files[lane] for lane in _LANES], self._wake)

    @property
    def dead_letters(self) -> EmbeddedDeadLetters:
        return self._letters

    def publish(self, events: Sequence[Event], *, bulk_for: str | None = None) -> None:
        """Return once every event is on the disk for every queue bound to it; see the port."""
        rows: dict[Lane, list[Row]] = defaultdict(list)
        for event in events:
            body = event.encode()
            for queue in queues_for(type(event.data), bulk_for=bulk_for):
                rows[queue.lane].append((queue.name, body))
        for lane, wanted in rows.items():
            self._groups[lane].write(wanted)

    def subscribe(self, queue: Queue) -> EmbeddedSubscription:
        if queue.name not in QUEUES:
            raise ValueError(f"there is no queue {queue.name}")
        subscription = EmbeddedSubscription(
            self._files[queue.lane],
            queue.name,
            self._folder,
            self._policy,
            lambda: self._wake({queue.name}),
        )
        with self._subscribing:  # each lane has a thread of its own
            live = [one for one in self._subscriptions if not one.closed]
            self._subscriptions = [*live, subscription]
        return subscription

    def depths(self) -> dict[str, int]:
        return self._counted("SELECT queue, count(*) FROM messages GROUP BY queue")

    def in_hand(self) -> dict[str, int]:
        return self._counted(
            "SELECT m.queue, count(*) FROM deliveries d JOIN messages m ON m.seq = d.seq"
            " WHERE d.owner IS NOT NULL GROUP BY m.queue"
        )

    def _counted(self, query: str) -> dict[str, int]:
        found = dict.fromkeys(QUEUES, 0)
        for file in self._files.values():
            with file.read() as connection:
                found.update(dict(connection.execute(query)))
        return found

    def check(self) -> None:
        """Read from every file; write to one whose last write failed, to see if it is well."""
        for file in self._files.values():
            with file.read() as connection:
                connection.execute("SELECT 1 FROM messages LIMIT 1").fetchone()
            if file.failure is not None:
                with file.write() as connection:
                    connection.execute("REPLACE INTO probe VALUES (1, ?)", (time.time(),))

    def close(self) -> None:
        """Close the subscriptions too, which gives back what they hold."""
        for subscription in self._subscriptions:
            subscription.close()
        self._close_all()

    def _close_all(self) -> None:
        for file in self._files.values():
            file.close()
        for caller in self._callers.values():
            caller.close()

    def _wake(self, queues: set[str]) -> None:
        for queue in queues:
            # Listeners poll as well, so a wake-up that fails only makes them later.
            with contextlib.suppress(OSError):
                self._callers[queue].call()
