"""The embedded runner: a thread for each job, so that a long one holds up no other."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Final

from shared.jobs.duty import Duty
from shared.wake import Listener

_NOTICE_SECONDS: Final = 1.0
"""The longest that a job waiting for nudges takes to notice a stop."""


def run(duties: Sequence[Duty], stop: threading.Event) -> None:
    """Give hints until ``stop`` is set. Raises what ends one of the threads."""
    pool = ThreadPoolExecutor(len(duties), thread_name_prefix="job")
    try:
        for ended in as_completed([pool.submit(_follow, duty, stop) for duty in duties]):
            ended.result()
    finally:
        pool.shutdown(wait=False)


def _follow(duty: Duty, stop: threading.Event) -> None:
    if duty.job.wake is None:
        while not stop.is_set():
            duty.hint(stop)
            stop.wait(duty.every_hint)
        return
    listener = Listener(duty.job.wake)
    nudged = False
    try:
        while not stop.is_set():
            duty.hint(stop, nudged=nudged)
            nudged = listener.wait(min(duty.every_hint, _NOTICE_SECONDS))
    finally:
        listener.close()
