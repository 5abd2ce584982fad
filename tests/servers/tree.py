"""A process and all that descend from it: held, let go, ended together."""

from contextlib import suppress

import psutil


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
    """SIGKILL it and all its descendants."""
    for process in hold(pid):
        with suppress(psutil.NoSuchProcess):
            process.kill()


def _family(pid: int) -> list[psutil.Process]:
    try:
        first = psutil.Process(pid)
        return [first, *first.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []
