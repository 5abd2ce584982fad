"""Finds what a server has left running."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil

from tests.servers.runner import Container, docker
from tests.servers.server import Server


def left_running(server: Server) -> list[str]:
    """Return the processes or containers that still work for a server."""
    if isinstance(server.runner, Container):
        named = docker("ps", "--quiet", "--filter", f"name={server.runner.name}")
        return named.stdout.split()
    return list(_processes(server.folder))


def _processes(folder: Path) -> Iterator[str]:
    for process in psutil.process_iter():
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            words = " ".join(process.cmdline())
            if process.status() != psutil.STATUS_ZOMBIE and (
                Path(process.cwd()).is_relative_to(folder) or str(folder) in words
            ):
                yield words
