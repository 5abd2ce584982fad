"""A process and all that descend from it: held, let go, ended together."""

import time
from contextlib import suppress

import psutil

ENDED_WITHIN = 30.0
"""Seconds; the kernel takes its time where a disk is busy."""


def hold(pid: int) -> list[psutil.Process]:
    """SIGSTOP it and all its descendants, parents first: none can start another unseen.

    A server's children may have left its session and process group (PostgreSQL's do), so that a
    signal to the group would miss them. Return whom it held.
    """
    held: list[psutil.Process] = []
    waiting = _family(pid)
    while waiting:
        for process in waiting:
            with suppress(psutil.NoSuchProcess):
                process.suspend()
        held += waiting
        waiting = [found for found in _family(pid) if found not in held]
    return held


def let_go(pid: int) -> None:
    """SIGCONT, children first: none finds its parent still held."""
    for process in reversed(_family(pid)):
        with suppress(psutil.NoSuchProcess):
            process.resume()


def end(pid: int) -> None:
    """SIGKILL it and all its descendants; their ports and locks are free on return."""
    held = hold(pid)
    for process in held:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    deadline = time.monotonic() + ENDED_WITHIN
    while not all(map(_has_ended, held)) and time.monotonic() < deadline:
        time.sleep(0.01)


def _has_ended(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def _family(pid: int) -> list[psutil.Process]:
    try:
        first = psutil.Process(pid)
        return [first, *first.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []
