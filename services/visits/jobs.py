"""What has to be thrown away, and when. Each function may run at any time, and twice."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.visits.store import Store
from shared.clock import Clock
from shared.jobs import Job

EVERY_SECONDS: Final = 60.0
_MOST_ROUNDS: Final = 100
"""So that a stop is noticed soon even when very much has to go; the rest goes the next time."""


@dataclass(frozen=True, slots=True)
class Purged:
    """How many rows went."""

    seen: int
    visitors: int
    salts: int


def jobs(store: Store, clock: Clock) -> tuple[Job, ...]:
    """Return everything that visits does by itself; counts are kept by day as they are made."""

    def forget(_stop: threading.Event) -> bool:
        purge(store, clock)
        return True

    return (Job("purge", "forgets salts, visitors and ids that are over", forget, EVERY_SECONDS),)


def purge(store: Store, clock: Clock) -> Purged:
    """Throw away salts of days that are over, visitors who left, ids that cannot come again."""
    salts = store.purge_salts(clock())
    visitors = _all(store.purge_visitors, clock)
    return Purged(_all(store.purge_seen, clock), visitors, salts)


def _all(some: Callable[[datetime], int], clock: Clock) -> int:
    """Purge some after some, each in a transaction of its own; return how many rows went."""
    total = 0
    for _ in range(_MOST_ROUNDS):
        gone = some(clock())
        total += gone
        if not gone:
            break
    return total
