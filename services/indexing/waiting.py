"""When to compare two indexes, and when what does not come is to be asked for again."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

_SHARE: Final = 5
"""Comparing may take one part in so many of the time."""
_TELL_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds: between two looks; without anything getting better, before it is asked for again."""

    poll: float = 0.5
    patience: float = 15.0
    longest: float = 900.0
    """The most that ``patience`` may grow to."""


class Waiting:
    """Follows how much is missing: by number (the gap), and by comparing (what is lacking)."""

    def __init__(self, pace: Pace, clock: Callable[[], float] = time.monotonic) -> None:
        self._pace = pace
        self._clock = clock
        self._patience = pace.patience
        self._gap: int | None = None
        self._least: dict[str, int] = {}
        self._better = self._told = clock()
        self._next = clock()
        self._said: object = None

    def may_compare(self, gap: int, is_quiet: Callable[[], bool]) -> bool:
        """Tell whether it is worth comparing: no number is missing, or nothing is coming in."""
        before, self._gap = self._gap, gap
        self._see("gap", gap)
        if gap == 0 and before != 0:
            return True
        if self._clock() < self._next:
            return False
        return gap == 0 or (gap == before and is_quiet())

    def compared(self, lacking: int, seconds: float) -> None:
        """Take note of what comparing has shown, and of how long it took."""
        self._next = self._clock() + _SHARE * seconds
        self._see("lacking", lacking)

    def _see(self, what: str, number: int) -> None:
        if number < self._least.get(what, number + 1):
            self._least[what], self._better = number, self._clock()
            self._patience = self._pace.patience

    def is_over(self) -> bool:
        """Tell whether nothing has got better for too long."""
        return self._clock() - self._better >= self._patience

    def asked(self) -> None:
        """Wait from now, and twice as long, for what was asked for again."""
        self._better = self._clock()
        self._patience = min(2 * self._patience, self._pace.longest)

    def is_time_to_tell(self, figures: object) -> bool:
        """Tell whether people should be told these figures now; not the same ones twice."""
        if figures == self._said or self._clock() - self._told < _TELL_SECONDS:
            return False
        self._said, self._told = figures, self._clock()
        return True
