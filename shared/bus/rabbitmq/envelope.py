"""What travels beside a body: how often it failed and why. Read from and written to headers.

The broker counts failed deliveries of the message that it keeps. What we publish once more, to
give it back uncharged or to park it, is a new one to it, so the count so far goes along.
"""

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any, Final

from shared.bus import DeadLetter
from shared.bus.policy import DIED, LONGEST_REASON, gave_up, history_line
from shared.bus.topology import QUEUES

ATTEMPTS: Final = "x-bantin-attempts"
"""Failed deliveries before this copy of the message."""
HISTORY: Final = "x-bantin-history"
REASON: Final = "x-bantin-reason"
PARKED_AT: Final = "x-bantin-parked-at"
COUNT: Final = "x-delivery-count"
"""The broker's own: failed deliveries of this copy."""
_LONGEST_HISTORY: Final = 60_000
"""Bytes of a history on the wire; all headers must fit into one frame of 128 KiB."""
_REMEMBERED: Final = 10_000
_UNKNOWN: Final = "not known here: the reason was told to another process, or its consumer died"


def attempts_before(headers: Mapping[str, Any]) -> int:
    """Return how often a message was delivered and failed before this delivery."""
    return _whole(headers.get(ATTEMPTS)) + _whole(headers.get(COUNT))


def history_before(headers: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(str(headers.get(HISTORY) or "").splitlines())


def headers(
    attempts: int, history: Sequence[str], *, reason: str | None = None
) -> dict[str, str | int]:
    """Return the headers of a copy; with a reason, of a dead letter parked now."""
    kept: dict[str, str | int] = {ATTEMPTS: attempts}
    if history:
        kept[HISTORY] = _fitting(history)
    if reason is not None:
        kept[REASON] = reason[:LONGEST_REASON]
        kept[PARKED_AT] = datetime.now(UTC).isoformat()
    return kept


def letter_id(queue: str, body: bytes) -> int:
    """Return the same number for the same dead letter in every process."""
    number = int.from_bytes(blake2b(body, digest_size=6).digest(), "big")
    return number * len(QUEUES) + list(QUEUES).index(queue)


def queue_of(number: int) -> str:
    """Return the queue that a dead letter's id speaks of."""
    return list(QUEUES)[number % len(QUEUES)]


def letter(queue: str, body: bytes, found: Mapping[str, Any], limit: int) -> DeadLetter:
    """Read a dead letter, whoever parked it: we, or the broker at its delivery limit."""
    reason, parked_at, attempts = _told_by_us(found) or _told_by_broker(found, limit)
    return DeadLetter(
        id=letter_id(queue, body),
        queue=queue,
        body=body,
        reason=reason,
        attempts=attempts,
        parked_at=parked_at,
        history=completed(history_before(found), attempts),
    )


def completed(history: Sequence[str], attempts: int) -> tuple[str, ...]:
    """Return a line for each attempt, in order; what nobody wrote down is said to be unknown."""
    known = {_attempt_of(line): line for line in history}
    return tuple(
        known.get(attempt, f"delivery {attempt}: {_UNKNOWN}") for attempt in range(1, attempts + 1)
    )


class Histories:
    """Why deliveries failed, kept by this process while their messages go back and forth."""

    def __init__(self) -> None:
        self._lines: OrderedDict[tuple[str, str], list[str]] = OrderedDict()
        self._lock = threading.Lock()

    def add(self, queue: str, message_id: str, attempt: int, reason: str) -> None:
        with self._lock:
            lines = self._lines.setdefault((queue, message_id), [])
            lines.append(history_line(attempt, reason))
            self._lines.move_to_end((queue, message_id))
            while len(self._lines) > _REMEMBERED:
                self._lines.popitem(last=False)

    def of(self, queue: str, message_id: str) -> list[str]:
        with self._lock:
            return list(self._lines.get((queue, message_id), ()))

    def forget(self, queue: str, message_id: str) -> None:
        with self._lock:
            self._lines.pop((queue, message_id), None)


def _told_by_us(found: Mapping[str, Any]) -> tuple[str, datetime, int] | None:
    if PARKED_AT not in found:
        return None
    parked_at = datetime.fromisoformat(str(found[PARKED_AT]))
    return str(found.get(REASON, "")), parked_at, _whole(found.get(ATTEMPTS))


def _told_by_broker(found: Mapping[str, Any], limit: int) -> tuple[str, datetime, int]:
    deaths = found.get("x-death") or [{}]
    why, when = deaths[0].get("reason", "unknown"), deaths[0].get("time")
    parked_at = when.replace(tzinfo=UTC) if isinstance(when, datetime) else datetime.now(UTC)
    attempts = _whole(found.get(ATTEMPTS)) + limit
    reason = gave_up(attempts, DIED) if why == "delivery_limit" else f"the broker: {why}"
    return reason, parked_at, attempts


def _attempt_of(line: str) -> int:
    number = line.partition(" delivery ")[2].partition(":")[0]
    return int(number) if number.isdigit() else 0


def _fitting(history: Sequence[str]) -> str:
    """Return the lines, the oldest left out if all are too long together."""
    kept: list[str] = []
    size = 0
    for line in reversed(history):
        size += len(line.encode()) + 1
        if size > _LONGEST_HISTORY:
            break
        kept.append(line)
    return "\n".join(reversed(kept))


def _whole(value: object) -> int:
    return value if isinstance(value, int) and value > 0 else 0
