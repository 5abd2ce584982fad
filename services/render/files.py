"""The site's files: written whole or not at all, and durable before anyone is told.

A page is written to a temporary file beside it, synced, and renamed over it; its folder is synced
after that. Each folder's holder names such files in its own way, so that two of them never write
one; what a crash leaves of them is removed when the files are verified.
"""

import hashlib
import os
import secrets
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

_SYNCERS = 8


@dataclass(frozen=True, slots=True)
class File:
    """A file of the site, relative to its folder; ``content`` is None where none should be."""

    name: str
    content: bytes | None


@dataclass(frozen=True, slots=True)
class Noted:
    """A page's file as it was written: bytes, nanoseconds since 1970, SHA-256."""

    path: str
    size: int
    modified: int
    digest: str


@dataclass(frozen=True, slots=True)
class Put:
    """``changed`` counts the files that differ now; ``stands`` has how each file stands, by name.

    None is a file that is not there.
    """

    changed: int
    stands: dict[str, Noted | None]


class Folder:
    """The site's folder. ``close`` ends its threads."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._mark = secrets.token_hex(4)
        # The journal commits of syncs that run side by side are shared by the file system.
        self._pool = ThreadPoolExecutor(_SYNCERS, thread_name_prefix="sync")

    def put(self, files: Iterable[File]) -> Put:
        """Make the files durable as given. Raises OSError."""
        changed = 0
        wanted: dict[str, bytes | None] = {}
        folders: set[Path] = set()
        renames: list[tuple[Path, Path]] = []
        for file in files:
            target = self.root / file.name
            wanted[file.name] = file.content
            if file.content is None:
                changed += _remove(target, folders)
                continue
            folders.add(target.parent)
            if _same(target, file.content):
                continue
            self._make(target.parent, folders)
            renames.append((self._temporary(target, file.content), target))
        list(self._pool.map(_sync, [temporary for temporary, _ in renames]))
        for temporary, target in renames:
            temporary.rename(target)
        list(self._pool.map(_sync, sorted(folders)))
        stands = {name: self._stands(name, content) for name, content in wanted.items()}
        return Put(changed + len(renames), stands)

    def close(self) -> None:
        self._pool.shutdown()

    def _temporary(self, target: Path, content: bytes) -> Path:
        temporary = target.with_name(f".{target.name}.{self._mark}.new")
        temporary.write_bytes(content)
        return temporary

    def _stands(self, name: str, content: bytes | None) -> Noted | None:
        if content is None:
            return None
        modified = (self.root / name).stat().st_mtime_ns
        return Noted(name, len(content), modified, hashlib.sha256(content).hexdigest())

    def _make(self, folder: Path, folders: set[Path]) -> None:
        """Make a folder; those above it that get a new entry are to be synced too."""
        missing = []
        while not folder.is_dir():
            missing.append(folder)
            folder = folder.parent
        for one in reversed(missing):
            one.mkdir(exist_ok=True)
            folders |= {one, one.parent}


def _same(target: Path, content: bytes) -> bool:
    try:
        return target.stat().st_size == len(content) and target.read_bytes() == content
    except FileNotFoundError:
        return False


def _remove(target: Path, folders: set[Path]) -> int:
    """Remove a file; what is not there is removed already."""
    if not target.parent.is_dir():
        return 0
    folders.add(target.parent)
    try:
        target.unlink()
    except FileNotFoundError:
        return 0
    return 1


def _sync(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
