"""How many pages at a time: few enough that today's news need not wait long for a step to end."""

from typing import Final

STEP_SECONDS: Final = 0.25
"""What a step with pages that are in no hurry should take, at most."""
_FIRST: Final = 8


class Pace:
    """Pages in no hurry that a writer takes in one step.

    Halved after a step that took too long and doubled after one of less than half the time, as
    pages differ by far: the news of a month on one page cost more than a hundred articles.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self.pages = min(_FIRST, most)

    def took(self, pages: int, seconds: float) -> None:
        """Note what a step took. A quick one of fewer pages than allowed says nothing."""
        if seconds > STEP_SECONDS:
            self.pages = max(1, self.pages // 2)
        elif seconds < STEP_SECONDS / 2 and pages >= self.pages:
            self.pages = min(self._most, self.pages * 2)
