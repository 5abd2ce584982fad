"""The pictures' files, named by the hash of what was sent: never changed once they are there."""

import os
from collections.abc import Iterable
from pathlib import Path
from uuid import uuid4


class Files:
    """Raises OSError where the disk cannot be used."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, digest: str, name: str) -> Path:
        """Return where a file is, or would be."""
        return self._folder / digest[:2] / digest / name

    def has(self, digest: str, names: Iterable[str]) -> bool:
        return all(self.path(digest, name).is_file() for name in names)

    def write(self, digest: str, name: str, data: bytes) -> None:
        """Make a file durable under its name; readers see all of it or nothing."""
        path = self.path(digest, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{name}.{uuid4().hex}")
        try:
            with temporary.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.rename(path)
        finally:
            temporary.unlink(missing_ok=True)
        for folder in (path.parent, path.parent.parent, self._folder):
            _sync(folder)


def _sync(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
