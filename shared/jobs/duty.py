"""One job in one process: whether a hint is to be followed, and what came of it."""

import threading
import time
from typing import Final

from shared import log, metrics
from shared.jobs import Job, Turn

_LONGEST_PAUSES: Final = (5.0, 30.0)
"""Seconds after which a job that keeps failing is tried again, at most: its interval, in these.

What is due every second waits for no more than five once its store is back.
"""
_SPARSEST_HINTS: Final = 10.0
_logger = log.get("jobs")


class Duty:
    """Follows hints, any number of them, from any thread: at most one run at a time, when due."""

    def __init__(self, service: str, job: Job, turn: Turn | None) -> None:
        if job.heavy and turn is None:
            raise ValueError(f"{job.name} is heavy, and nobody gives turns")
        self.name = f"{service}.{job.name}"
        self.job = job
        self.every_hint = min(job.every, _SPARSEST_HINTS)
        """Seconds between two hints. More hints than runs, so that a lost one costs little."""
        self._turn = turn
        self._busy = threading.Lock()
        self._due = time.monotonic() + job.first
        self._failures = 0
        self._trouble: str | None = None
        self._began: float | None = None
        metrics.JOB_EVERY.labels(self.name).set(job.every)
        metrics.JOB_LAST_SUCCESS.labels(self.name).set_to_current_time()
        metrics.JOB_RUNNING.labels(self.name).set_function(self._running)

    def check(self) -> None:
        """Raise RuntimeError, with the reason, while the job fails."""
        if self._trouble is not None:
            raise RuntimeError(self._trouble)

    def hint(self, stop: threading.Event, *, nudged: bool = False) -> None:
        """Do the job if it is due; return at once if it is not, or is being done.

        ``nudged``: somebody says that there is work now. Never raises what the job raises.
        """
        if not self._busy.acquire(blocking=False):
            return
        try:
            early = nudged and not self._failures
            if not stop.is_set() and (early or time.monotonic() >= self._due):
                self._do(stop)
        finally:
            self._busy.release()

    def _running(self) -> float:
        """Return for how long the job has been at work; a job that hangs is seen by it."""
        began = self._began
        return 0.0 if began is None else time.monotonic() - began

    def _do(self, stop: threading.Event) -> None:
        began = self._began = time.monotonic()
        try:
            done = self._work(stop)
        except Exception as error:  # noqa: BLE001 - whatever is wrong, the other jobs go on
            self._failed(error)
            return
        finally:
            self._began = None
        if not done:
            return
        if self._failures:
            _logger.info("job_works_again", job=self.name, failures=self._failures)
        self._failures, self._trouble = 0, None
        # A hint may come a little early, and the next one only after a whole interval.
        self._due = began + self.job.every - self.every_hint / 2
        metrics.JOB_DURATION.labels(self.name).observe(time.monotonic() - began)
        metrics.JOB_LAST_SUCCESS.labels(self.name).set_to_current_time()

    def _work(self, stop: threading.Event) -> bool:
        if not self.job.heavy or self._turn is None:
            return self.job.work(stop)
        with self._turn(self.name) as mine:
            return mine and self.job.work(stop)

    def _failed(self, error: Exception) -> None:
        self._failures += 1
        pause = pause_after(self._failures, self.job.every)
        self._due = time.monotonic() + pause
        self._trouble = str(error) or type(error).__name__
        metrics.JOB_FAILURES.labels(self.name).inc()
        _logger.warning(
            "job_failed",
            job=self.name,
            reason=self._trouble,
            failures=self._failures,
            pause=pause,
            exc_info=self._failures == 1,
        )


def pause_after(failures: int, every: float) -> float:
    """Return the seconds after which a job of this interval is tried again."""
    shortest, longest = _LONGEST_PAUSES
    most = min(max(every, shortest), longest)
    # The power of a night's failures is more than a float holds.
    return min(most, 2.0 ** min(failures - 1, 16))
