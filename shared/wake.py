"""A nudge from one process to another on the same machine: «there is work».

A listener binds a UDP port on loopback and writes its number into a folder; a caller sends an
empty datagram to every number it finds there. A nudge may be lost, or come for nothing, so a
listener polls as well: the datagram only makes it sooner. (UDP rather than a Unix socket because
a data folder's path may be longer than the 108 bytes that such an address can hold.)
"""

import contextlib
import os
import select
import socket
import weakref
from pathlib import Path
from uuid import uuid4

from shared.pids import alive


class Listener:
    """Waits for a nudge in ``folder``; close it to be forgotten."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file = folder / f"{os.getpid()}-{uuid4().hex[:8]}"
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._socket.bind(("127.0.0.1", 0))
            self._socket.setblocking(False)  # noqa: FBT003 - the socket module's signature
            self._tell(self._socket.getsockname()[1])
        except OSError:
            self._socket.close()
            raise

    def wait(self, timeout: float) -> bool:
        """Return True when nudged within ``timeout`` seconds; takes all nudges that came."""
        ready, _, _ = select.select([self._socket], [], [], timeout)
        if not ready:
            return False
        with contextlib.suppress(BlockingIOError):
            while True:
                self._socket.recv(16)
        return True

    def close(self) -> None:
        try:
            self._file.unlink(missing_ok=True)
        finally:
            self._socket.close()

    def _tell(self, port: int) -> None:
        temporary = self._file.with_name(f".{self._file.name}")
        try:
            temporary.write_text(str(port))
            temporary.rename(self._file)
        except OSError:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise


class Caller:
    """Nudges every listener of ``folder``; forgets those whose process is gone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)  # noqa: FBT003 - the socket module's signature
        # Many callers live as long as their process; the others need nobody to close them.
        weakref.finalize(self, self._socket.close)

    def call(self) -> None:
        """Nudge whom it can; never blocks and never raises.

        Who calls has committed already: that nobody can be nudged, for want of a descriptor for
        instance, must not look as if that had failed.
        """
        try:
            files = list(os.scandir(self._folder))
        except OSError:
            return
        for entry in files:
            if entry.name.startswith("."):
                continue
            with contextlib.suppress(OSError, ValueError):
                if not alive(int(entry.name.partition("-")[0])):
                    Path(entry.path).unlink(missing_ok=True)
                    continue
                port = int(Path(entry.path).read_text())
                self._socket.sendto(b"", ("127.0.0.1", port))

    def close(self) -> None:
        self._socket.close()
