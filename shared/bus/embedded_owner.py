"""Who holds a message: a lease that ends with its holder's life, not with a time.

Each subscription keeps an flock on a file of its own. The kernel frees it the moment the process
dies, however it dies, so others see at once that what it held is free; and a slow handler keeps
its messages as long as it lives, so they are never handled twice for slowness.
"""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4


class Owner:
    """A living holder of messages, known to others by its ``name``."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        while True:
            self.name = f"{os.getpid()}-{uuid4().hex[:12]}"
            self._path = folder / self.name
            self._fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._fd, fcntl.LOCK_EX)
            # Somebody may have taken it for a dead one's before it was locked, and removed it.
            with contextlib.suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(self._fd), self._path.stat()):
                    return
            os.close(self._fd)

    def close(self, *, holds_nothing: bool) -> None:
        """Stop living. The file stays for others to find if messages are still marked with it."""
        try:
            if holds_nothing:
                self._path.unlink(missing_ok=True)
        finally:
            os.close(self._fd)


@contextmanager
def dead(folder: Path, name: str) -> Iterator[bool]:
    """Tell whether this owner is dead; while the block runs, nobody else takes its messages."""
    path = folder / name
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(fd)
        yield False
        return
    try:
        yield True
        path.unlink(missing_ok=True)
    finally:
        os.close(fd)


def known(folder: Path) -> list[str]:
    """Return the names of all owners that left a file, living or dead."""
    return sorted(entry.name for entry in os.scandir(folder))
