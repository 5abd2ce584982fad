"""How many views one network may send in a minute."""

import math
import time

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from services.visits.visitors import network


class Limiter:
    """Counts in memory, for each collector process by itself; loopback is never limited."""

    def __init__(self, per_minute: int) -> None:
        self._item = RateLimitItemPerMinute(per_minute)
        self._limits = FixedWindowRateLimiter(MemoryStorage())

    def wait(self, address: str) -> int | None:
        """Take one view of this address's network; None if it may pass, else seconds to wait."""
        found = network(address)
        if found is None or self._limits.hit(self._item, found):
            return None
        reset = self._limits.get_window_stats(self._item, found).reset_time
        return max(1, math.ceil(reset - time.time()))
