"""What both adapters do with a message that fails: how often, after which rest, what is kept."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from shared.bus.topology import DELIVERY_LIMIT

BATCH_BYTES = 16 * 1024 * 1024
"""A batch ends where its bodies pass this size, so that large articles do not fill the memory."""
LONGEST_DELAY = 30.0
LONGEST_REASON = 2000
"""Characters of a reason that are kept."""
DIED = "its consumer died while handling it"


def exponential(attempt: int) -> float:
    """Return the seconds before the next delivery after this many: 0.1, 0.2, 0.4 … 30."""
    return min(LONGEST_DELAY, 0.1 * 2.0 ** min(attempt - 1, 16))


@dataclass(frozen=True, slots=True)
class Policy:
    """How often a message is delivered, and how long it rests after a failed delivery."""

    limit: int = DELIVERY_LIMIT
    delay: Callable[[int], float] = exponential


def history_line(attempt: int, reason: str) -> str:
    """Return what the history keeps of one failed delivery, without an end of line."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    return f"{now} delivery {attempt}: {' '.join(reason.split())[:LONGEST_REASON]}"


def gave_up(attempts: int, reason: str) -> str:
    """Return the reason of a message that was parked at the delivery limit."""
    return f"gave up after {attempts} deliveries: {reason}"
