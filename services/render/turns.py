"""Whose turn it is to be written: today's news first, and nobody for ever last."""

from collections.abc import Set as AbstractSet
from typing import Final

from services.render.tables import Priority

STEP_SECONDS: Final = 0.25
"""For how long a writer goes on drawing before it makes durable what it has, about."""
PATIENCE_SECONDS: Final = 1.0
"""For how long pages of a class wait while more urgent ones are written all the time."""


class Turns:
    """The turns of one writer's steps. Times are seconds of one clock.

    The most urgent class goes first, unless another has had no step for PATIENCE_SECONDS. Between
    two steps of others comes one of today's articles, if any wait: whoever has just published
    waits for one step at most.
    """

    def __init__(self) -> None:
        self._served: dict[Priority, float] = {}
        self._last: Priority | None = None

    def next(self, waiting: AbstractSet[Priority], now: float) -> Priority:
        """Return which of the classes that wait has this step; there must be one."""
        self._served = {one: self._served.get(one, now) for one in waiting}
        patient = [one for one in waiting if now - self._served[one] >= PATIENCE_SECONDS]
        if Priority.ARTICLE in waiting and self._last != Priority.ARTICLE:
            turn = Priority.ARTICLE
        elif patient:
            turn = min(patient, key=lambda one: (self._served[one], one))
        else:
            turn = min(waiting)
        self._served[turn] = now
        self._last = turn
        return turn
