"""Group commit: the publishing calls of many threads share one transaction."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from shared.bus import BusUnavailable
from shared.bus.embedded_file import LaneFile

Row = tuple[str, bytes]
"""A queue's name and a message's body."""


@dataclass(slots=True, eq=False)
class _Call:
    """One call's rows, what became of them, and how its thread is told."""

    rows: Sequence[Row]
    turn: threading.Event = field(default_factory=threading.Event)
    leads: bool = False
    error: BaseException | None = None


class GroupCommit:
    """Joins the calls of many threads into one transaction and one wait for the disk.

    One call leads: when the file's lock is its own it commits the rows of all that wait by then,
    and hands the lead on to the first that came later. So a call waits for the transaction under
    way and for the one that it is part of, never for a third.
    """

    def __init__(self, file: LaneFile, wake: Callable[[set[str]], None]) -> None:
        self._file = file
        self._wake = wake
        self._guard = threading.Lock()
        self._waiting: list[_Call] = []
        self._led = False

    def write(self, rows: Sequence[Row]) -> None:
        """Return once the rows are on the disk; BusUnavailable if they are not."""
        mine = _Call(rows)
        with self._guard:
            self._waiting.append(mine)
            mine.leads = not self._led
            self._led = True
        if not mine.leads:
            self._await_turn(mine)
        if mine.leads:
            self._lead()
        if mine.error is not None:
            raise BusUnavailable(str(mine.error)) from mine.error

    def _await_turn(self, mine: _Call) -> None:
        try:
            mine.turn.wait()
        except BaseException:  # an interrupt: the lead may have come to us, and must not end here
            with self._guard:
                if mine in self._waiting:
                    self._waiting.remove(mine)
                if mine.leads:
                    self._hand_on()
            raise

    def _lead(self) -> None:
        group: list[_Call] = []
        error: BaseException | None = None
        try:
            with self._file.write() as connection:
                with self._guard:
                    group, self._waiting = self._waiting, []
                connection.executemany(
                    "INSERT INTO messages (queue, body) VALUES (?, ?)",
                    (row for call in group for row in call.rows),
                )
        except BaseException as raised:
            error = raised
            if not isinstance(raised, BusUnavailable):
                raise
        finally:
            with self._guard:
                if not group:  # the file could not even be opened, for none of them
                    group, self._waiting = self._waiting, []
                for call in group:
                    call.leads = False
                    call.error = error
                    call.turn.set()
                self._hand_on()
        if error is None:
            self._wake({queue for call in group for queue, _ in call.rows})

    def _hand_on(self) -> None:
        self._led = bool(self._waiting)
        if self._waiting:
            self._waiting[0].leads = True
            self._waiting[0].turn.set()
