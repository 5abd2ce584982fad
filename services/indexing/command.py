"""``python -m services.indexing reindex``: a reindex by hand, told of while it goes on."""

import signal
import sys
import threading
from collections.abc import Callable
from typing import Final

from services.indexing.reindex import NewerLayoutError, Reindex
from services.indexing.settings import Settings
from services.indexing.waiting import Pace
from shared.bus import Bus, BusUnavailable
from shared.bus.worker import exponential_pauses
from shared.clock import Clock
from shared.index import IndexUnavailable
from shared.index.elastic import Reindexing
from shared.index.elastic.lease import Lease, LeaseLostError

_LOOK_SECONDS: Final = 0.5
_STOPPED: Final = (
    "Stopped half-way. The same command goes on, and so does `python -m services.indexing jobs`"
    " where it runs; `reindex --drop` gives it up."
)


class _CannotError(Exception):
    """The command cannot be carried out; the text says why."""


class Command:
    """What an operator asks for, told of on standard error."""

    def __init__(self, settings: Settings, place: Reindexing, bus: Bus, clock: Clock) -> None:
        self._place = place
        self._bus = bus
        self._lease = place.lease
        pace = Pace(patience=settings.reindex_patience_seconds)
        self._reindex = Reindex(place, bus, clock, tell=_tell, pace=pace)
        self._stop = threading.Event()

    def run(self, how: str, *, keep: bool) -> int:
        """Carry out ``make``, ``later`` or ``drop``; return the exit status.

        A signal to stop ends it half-way, and an outage of a server makes it wait.
        """
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stop.set())
        try:
            if how == "drop":
                self._drop()
            elif how == "later":
                self._later(keep=keep)
            else:
                self._make(keep=keep)
        except _CannotError as error:
            _tell(str(error))
            return 1
        finally:
            self._close()
        return 0

    def _make(self, *, keep: bool) -> None:
        """Make the index anew, or go on with what was interrupted, however long that takes."""
        self._with_lease(lambda: self._reindex.want(keep=keep))
        self._with_lease(self._go_on)
        _tell("Done. The manifests that ingest sends every few minutes compare it once more.")

    def _later(self, *, keep: bool) -> None:
        """Leave it to the jobs process."""
        self._with_lease(lambda: self._reindex.want(keep=keep))
        _tell("Noted. `python -m services.indexing jobs` will do it.")

    def _drop(self) -> None:
        """Give up what is half done."""
        given_up = []
        self._with_lease(lambda: given_up.append(self._reindex.give_up()))
        if not any(given_up):
            raise _CannotError("There is no reindex that could be given up.")

    def _go_on(self) -> None:
        if not self._reindex.go_on(self._stop):
            raise _CannotError(_STOPPED)

    def _with_lease(self, act: Callable[[], None]) -> None:
        """Do something as the only one; again after a server was away."""
        for pause in exponential_pauses():
            try:
                _take(self._lease, self._stop)
                act()
            except (IndexUnavailable, BusUnavailable) as error:
                _tell(f"Waiting {pause} s: {error}")
                if self._stop.wait(pause):
                    raise _CannotError(_STOPPED) from None
            except (LeaseLostError, NewerLayoutError, ValueError) as error:
                raise _CannotError(str(error)) from error
            else:
                return

    def _close(self) -> None:
        """Let others go on at once."""
        try:
            self._lease.release()
        except IndexUnavailable as error:
            _tell(f"Others can go on in a while: {error}")
        self._place.close()
        self._bus.close()


def _take(lease: Lease, stop: threading.Event) -> None:
    """Take the lease, or wait to see whether whoever has it is alive. Raises _CannotError."""
    told = False
    while not lease.take():
        if lease.moves:
            raise _CannotError(f"{lease.competitor} is at a reindex now; it goes on by itself.")
        if lease.competitor and not told:
            told = True
            _tell(f"Waiting to see whether {lease.competitor} is still at it.")
        if stop.wait(_LOOK_SECONDS):
            raise _CannotError("Stopped before anything was done.")


def _tell(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
