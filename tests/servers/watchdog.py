"""Ends the servers of a test process that could not end them itself, however it died.

The watchdog is a process of its own at the other end of a pipe. The pipe closes when the test
process is gone, even by SIGKILL; whatever was not taken off its list until then is ended.
"""

import atexit
import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

from tests.servers import tree

ROOT = Path(__file__).parent.parent.parent


class Watchdog:
    """Told which process groups and containers must not outlive this process."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def watch(self, kind: str, name: str) -> None:
        """Have a process ``group`` (by its leader) or a ``container`` (by its name) ended."""
        self._say("watch", kind, name)

    def forget(self, kind: str, name: str) -> None:
        """It has ended, and its number or name may be another's soon."""
        self._say("forget", kind, name)

    def _say(self, *words: str) -> None:
        with self._lock:
            if self._process is None:
                self._process = subprocess.Popen(
                    [sys.executable, "-m", "tests.servers.watchdog"],
                    cwd=ROOT,
                    stdin=subprocess.PIPE,
                    start_new_session=True,  # a Ctrl-C at the tests must not end it before them
                )
                atexit.register(self._close)
            assert self._process.stdin is not None
            self._process.stdin.write(json.dumps(words).encode() + b"\n")
            self._process.stdin.flush()

    def _close(self) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
            self._process.wait(60)
            self._process = None


watchdog = Watchdog()


def _end(kind: str, name: str) -> None:
    if kind == "group":
        tree.end(int(name))
        with suppress(ProcessLookupError):  # whoever had lost its parent
            os.killpg(int(name), signal.SIGKILL)
    else:
        words = ["docker", "rm", "--force", "--volumes", name]
        subprocess.run(words, capture_output=True, check=False)


def _main() -> None:
    watched: dict[tuple[str, str], None] = {}
    for line in sys.stdin:
        verb, kind, name = json.loads(line)
        if verb == "watch":
            watched[kind, name] = None
        else:
            watched.pop((kind, name), None)
    for kind, name in watched:
        _end(kind, name)


if __name__ == "__main__":
    _main()
