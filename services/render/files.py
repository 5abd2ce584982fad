"""The site's files: written whole or not at all, and durable before anyone is told.

A page is written to a temporary file beside it, synced, and renamed over it; its folder is synced
after that. Each folder's holder names such files in its own way, so that two of them never write
one; what a crash leaves of them is removed when the files are verified.

Where it is wished a text has a twin beside it, compressed, with the same time of change.
"""

import gzip
import hashlib
import os
import secrets
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_SYNCERS = 8
_TEXTS: Final = (".html", ".xml", ".txt", ".css", ".js", ".svg")
_SMALLEST_TWIN: Final = 1024
"""Bytes of a text from which fewer of them are worth a second file."""
_LEVEL: Final = 6
TWIN: Final = ".gz"
_SECOND: Final = 10**9
"""Nanoseconds."""


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


def has_twin(name: str, size: int) -> bool:
    """Tell whether a file of ``size`` bytes has a twin where twins are wished."""
    return name.endswith(_TEXTS) and size >= _SMALLEST_TWIN


class Folder:
    """The site's folder; ``twins`` says whether they are wished. ``close`` ends its threads."""

    def __init__(self, root: Path, *, twins: bool = False) -> None:
        self.root = root
        self._twins = twins
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
            wanted[file.name] = file.content
            changed += self._lay(file, folders, renames)
            if file.name.endswith(_TEXTS):
                self._lay(self._twin(file), folders, renames)
        list(self._pool.map(_sync, [temporary for temporary, _ in renames]))
        for temporary, target in renames:
            temporary.rename(target)
        list(self._pool.map(_sync, sorted(folders)))
        stands = {name: self._stands(name, content) for name, content in wanted.items()}
        return Put(changed, stands)

    def _lay(self, file: File, folders: set[Path], renames: list[tuple[Path, Path]]) -> bool:
        """Remove a file, or lay the new one beside it; tell whether it differs."""
        target = self.root / file.name
        if file.content is None:
            return _remove(target, folders)
        folders.add(target.parent)
        if _same(target, file.content):
            return False
        self._make(target.parent, folders)
        renames.append((self._temporary(target, file.content), target))
        return True

    def _twin(self, file: File) -> File:
        """Return the twin; without content, if it should have none: a former one would be read."""
        content = file.content
        wished = self._twins and content is not None and has_twin(file.name, len(content))
        small = gzip.compress(content, _LEVEL, mtime=0) if wished and content else None
        return File(file.name + TWIN, small)

    def close(self) -> None:
        self._pool.shutdown()

    def _temporary(self, target: Path, content: bytes) -> Path:
        temporary = target.with_name(f".{target.name}.{self._mark}.new")
        temporary.write_bytes(content)
        _date_after(target, temporary)
        return temporary

    def _stands(self, name: str, content: bytes | None) -> Noted | None:
        if content is None:
            return None
        modified = (self.root / name).stat().st_mtime_ns
        if self._twins and has_twin(name, len(content)):
            with suppress(FileNotFoundError):  # somebody's hand; the next look mends it
                os.utime(self.root / (name + TWIN), ns=(modified, modified))
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


def _date_after(former: Path, new: Path) -> None:
    """Let a file be a second newer than the one it replaces, if need be by a date to come.

    The ETags of nginx are second and size: of two pages written in one second, a reader who has
    the first would be told that it is the second.
    """
    try:
        second = former.stat().st_mtime_ns // _SECOND
    except FileNotFoundError:
        return
    if new.stat().st_mtime_ns // _SECOND <= second:
        os.utime(new, ns=((second + 1) * _SECOND, (second + 1) * _SECOND))


def _same(target: Path, content: bytes) -> bool:
    try:
        return target.stat().st_size == len(content) and target.read_bytes() == content
    except FileNotFoundError:
        return False


def _remove(target: Path, folders: set[Path]) -> bool:
    """Remove a file; what is not there is removed already."""
    if not target.parent.is_dir():
        return False
    folders.add(target.parent)
    try:
        target.unlink()
    except FileNotFoundError:
        return False
    return True


def _sync(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
