"""What a service does by itself: each job declared once, run on one schedule by two runners.

A runner only gives hints. Whether there is something to do is read from the service's own
database, so a hint that is lost or comes twice does no harm. With the embedded bus the hints come
from threads of the process; with RabbitMQ they are Celery's messages, sent by its beat.
"""

import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from shared.runtime import Check, Process

Work = Callable[[threading.Event], bool]
"""Does what is due now, and returns soon after the event is set. True once all of it is done.

False when it was stopped, or cannot begin yet: it is asked again soon. What it raises is logged,
counted, and shown as the reason for not being ready, and the job is tried again.
"""
Turn = Callable[[str], AbstractContextManager[bool]]
"""Takes the named job's turn for a while: False when another process of the service has it."""


@dataclass(frozen=True, slots=True)
class Job:
    """Something a service does by itself. ``meaning`` is for people."""

    name: str
    meaning: str
    work: Work
    every: float
    """Seconds from the beginning of one run to that of the next."""
    first: float = 0.0
    """Seconds from the start of the process to the first run."""
    heavy: bool = False
    """It takes long, so in all of the deployment one process at a time does it.

    A job that is not heavy decides inside its transactions, and two may be at it at once.
    """
    wake: Path | None = None
    """Folder in which the embedded runner listens for nudges."""

    def __post_init__(self) -> None:
        if self.every <= 0:
            raise ValueError(f"{self.name}: every {self.every} s is no schedule")


def jobs_process(
    service: str,
    jobs: tuple[Job, ...],
    *,
    bus_url: str,
    turn: Turn | None = None,
    checks: Mapping[str, Check] | None = None,
) -> Process:
    """Return the process ``jobs`` of a service. Two at once do no harm.

    It is ready while each job works and its own ``checks`` pass. Heavy jobs need a ``turn``.
    """
    from shared.jobs.duty import Duty  # noqa: PLC0415 - it needs what is declared above

    duties = [Duty(service, job, turn) for job in jobs]
    all_checks = {**(checks or {}), **{duty.job.name: duty.check for duty in duties}}
    if bus_url.startswith("sqlite://"):
        from shared.jobs import threads  # noqa: PLC0415 - a runner loads on demand

        return Process("jobs", lambda stop: threads.run(duties, stop), all_checks)
    from shared.jobs.worker import Worker  # noqa: PLC0415 - embedded, Celery is not installed

    worker = Worker(service, duties, bus_url)
    return Process("jobs", worker.run, {"hints": worker.check, **all_checks})
