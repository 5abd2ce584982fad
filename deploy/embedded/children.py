"""One supervised child: started, watched, restarted with backoff, stopped."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

BACKOFF_FIRST, BACKOFF_LAST = 0.1, 10.0
"""Seconds before the first restart, and at most; doubled each time."""
HEALTHY_AFTER = 30.0
"""Seconds of life after which a child's earlier deaths are forgotten."""
LOG_LIMIT = 20 * 1024 * 1024
"""Bytes after which a log is set aside as ``.1``."""


def backoff(deaths: int) -> float:
    """Return the seconds to wait before the start that follows the n-th death in a row."""
    # The power of a night's deaths is more than a float holds.
    return float(min(BACKOFF_FIRST * 2.0 ** min(max(deaths - 1, 0), 16), BACKOFF_LAST))


@dataclass(frozen=True)
class Command:
    """How a child is started; it gets ``parent_fd``, which closes when the supervisor dies."""

    name: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    log: Path
    parent_fd: int
    program: str = sys.executable


class Child:
    """A process that should live until told otherwise."""

    def __init__(self, command: Command) -> None:
        self.command = command
        self.deaths = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._due = 0.0

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def exit_status(self) -> int | None:
        """Return how it ended, as subprocess says it; None while it lives."""
        return self._process.poll() if self._process else None

    def start(self) -> None:
        command = self.command
        command.log.parent.mkdir(parents=True, exist_ok=True)
        with command.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and modules
                [command.program, *command.arguments],
                env={**command.environment, "BANTIN_PARENT_FD": str(command.parent_fd)},
                pass_fds=(command.parent_fd,),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C reaches the supervisor alone, which keeps order
            )
        self._started = time.monotonic()

    def look_after(self) -> bool:
        """Restart the child if it has ended and its backoff is over; True if it was restarted."""
        status = self.exit_status
        now = time.monotonic()
        if status is None:
            if self.deaths and now - self._started > HEALTHY_AFTER:
                self.deaths = 0
            return False
        if self._due == 0.0:
            self.deaths += 1
            self._due = now + backoff(self.deaths)
            return False
        if now < self._due:
            return False
        self._due = 0.0
        self.start()
        return True

    def ask_to_stop(self) -> None:
        self._signal(signal.SIGTERM)

    def wait(self, timeout: float) -> None:
        """Wait for the end; kill it when the time is over."""
        if self._process is None:
            return
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            self._signal(signal.SIGKILL)
            self._process.wait(5)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)

    def set_aside_long_log(self) -> None:
        """Keep the log bounded: copy what is there to ``.1`` and empty it (it is appended to)."""
        log = self.command.log
        if log.exists() and log.stat().st_size > LOG_LIMIT:
            log.with_name(log.name + ".1").write_bytes(log.read_bytes())
            os.truncate(log, 0)
