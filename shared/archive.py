"""A service's own data as one file: the rows of its tables, and files that belong to them.

Made for moving between databases of different kinds, so everything in it is text or a file:

    archive.json            the service, the revision of its tables, their columns, remarks
    rows/<table>/<n>.jsonl  a JSON array for each row, in the order of those columns
    files/<name>
    end.json                how many there were, and a SHA-256 over all before it

It is a gzipped tar that is written and read from the front to the back, in little memory,
through a pipe as well. An archive without its end is none.
"""

import gzip
import hashlib
import io
import json
import tarfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Final, Protocol, Self

FORMAT: Final = "bantin-archive-1"
_HEADER: Final = "archive.json"
_END: Final = "end.json"
_ROWS: Final = "rows/"
_FILES: Final = "files/"
_LARGEST_PART: Final = 256 * 1024 * 1024
"""Bytes: what a part of rows may have at most; ours have far less."""
_LEVEL: Final = 1
"""Pictures do not get smaller, and texts are a third of their size with the quickest already."""

Progress = Callable[[int, int], None]
"""Is told of rows and files so far."""


class Readable(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


class ArchiveError(Exception):
    """The archive is broken, foreign, or does not fit; the text says which and what to do."""


@dataclass(frozen=True, slots=True)
class Header:
    """``columns`` are by table, in the order in which rows can be put in; ``remarks`` are free."""

    service: str
    revision: str
    columns: Mapping[str, Sequence[str]]
    remarks: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Counts:
    """What is in an archive."""

    rows: dict[str, int] = field(default_factory=dict)
    files: int = 0
    bytes: int = 0

    @property
    def all_rows(self) -> int:
        return sum(self.rows.values())


@dataclass(frozen=True, slots=True)
class Rows:
    """Some rows of a table, as JSON has them."""

    table: str
    rows: list[list[Any]]


@dataclass(frozen=True, slots=True)
class File:
    """A file; ``content`` can be read until the next part is asked for."""

    name: str
    content: Readable


class Writer:
    """Writes one archive; it is whole once ``end`` has returned."""

    def __init__(self, tar: tarfile.TarFile, progress: Progress) -> None:
        self._tar = tar
        self._progress = progress
        self._sum = hashlib.sha256()
        self._numbers: dict[str, int] = {}
        self.counts = Counts()

    def rows(self, table: str, rows: Sequence[Sequence[Any]]) -> None:
        number = self._numbers[table] = self._numbers.get(table, 0) + 1
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        self._add(f"{_ROWS}{table}/{number:06}.jsonl", lines.encode())
        self.counts.rows[table] = self.counts.rows.get(table, 0) + len(rows)
        self._progress(self.counts.all_rows, self.counts.files)

    def file(self, name: str, size: int, content: Readable) -> None:
        """Add a file of that many bytes. Raises OSError where it has fewer."""
        member = tarfile.TarInfo(_FILES + name)
        member.size = size
        self._sum.update(_heading(member))
        self._tar.addfile(member, _Summed(content, self._sum))
        self.counts.files += 1
        self.counts.bytes += size
        self._progress(self.counts.all_rows, self.counts.files)

    def header(self, header: Header) -> None:
        said = {
            "format": FORMAT,
            "service": header.service,
            "revision": header.revision,
            "columns": {name: list(columns) for name, columns in header.columns.items()},
            "remarks": dict(header.remarks),
        }
        self._add(_HEADER, json.dumps(said, ensure_ascii=False, indent=1).encode())

    def end(self) -> None:
        self._add(_END, json.dumps(_summary(self.counts, self._sum)).encode())

    def _add(self, name: str, content: bytes) -> None:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        self._sum.update(_heading(member))
        self._sum.update(content)
        self._tar.addfile(member, io.BytesIO(content))


@contextmanager
def writing(out: BinaryIO, header: Header, progress: Progress) -> Iterator[Writer]:
    """Give a writer; the archive is whole if the block is left without an exception."""
    with (
        gzip.GzipFile(fileobj=out, mode="wb", compresslevel=_LEVEL, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as tar,
    ):
        writer = Writer(tar, progress)
        writer.header(header)
        yield writer
        writer.end()


class Reader:
    """Reads one archive; its parts are to be believed only once ``parts`` has come to its end."""

    def __init__(self, tar: tarfile.TarFile, progress: Progress) -> None:
        self._members = iter(tar)
        self._tar = tar
        self._progress = progress
        self._sum = hashlib.sha256()
        self.counts = Counts()
        self.header = self._header()

    @classmethod
    @contextmanager
    def opened(cls, source: BinaryIO, progress: Progress) -> Iterator[Self]:
        """Give a reader. Raises ArchiveError, also for what shows while it is read."""
        try:
            with tarfile.open(fileobj=source, mode="r|gz") as tar:
                yield cls(tar, progress)
        except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise ArchiveError(f"the archive is broken or cut off: {error}") from error

    def parts(self) -> Iterator[Rows | File]:
        """Give rows and files in the order of the archive. Raises ArchiveError."""
        for member in self._members:
            if member.name == _END:
                self._check(member)
                return
            yield self._part(member)
            self._progress(self.counts.all_rows, self.counts.files)
        raise ArchiveError("the archive is cut off: its end is missing")

    def _part(self, member: tarfile.TarInfo) -> Rows | File:
        if member.isreg() and member.name.startswith(_ROWS):
            table = member.name.split("/")[1]
            rows = [_json(line) for line in self._content(member).split(b"\n") if line]
            self.counts.rows[table] = self.counts.rows.get(table, 0) + len(rows)
            return Rows(table, rows)
        if member.isreg() and member.name.startswith(_FILES):
            self._sum.update(_heading(member))
            self.counts.files += 1
            self.counts.bytes += member.size
            content = _Summed(self._opened(member), self._sum)
            return File(member.name.removeprefix(_FILES), content)
        raise ArchiveError(f"the archive has a part that is not ours: {member.name!r}")

    def _header(self) -> Header:
        first = next(self._members, None)
        if first is None or first.name != _HEADER:
            raise ArchiveError("this is no archive of Bản Tin")
        said = _json(self._content(first))
        if not isinstance(said, dict) or said.get("format") != FORMAT:
            raise ArchiveError(f"this is no archive of the format {FORMAT}")
        try:
            return Header(said["service"], said["revision"], said["columns"], said["remarks"])
        except KeyError as error:
            raise ArchiveError(f"the archive does not say its {error}") from error

    def _content(self, member: tarfile.TarInfo) -> bytes:
        content = self._raw(member)
        self._sum.update(_heading(member))
        self._sum.update(content)
        return content

    def _raw(self, member: tarfile.TarInfo) -> bytes:
        if member.size > _LARGEST_PART:
            raise ArchiveError(f"the archive has a part that is not ours: {member.name!r}")
        return self._opened(member).read()

    def _opened(self, member: tarfile.TarInfo) -> Readable:
        file = self._tar.extractfile(member)
        if file is None:
            raise ArchiveError(f"the archive has a part that is not ours: {member.name!r}")
        return file

    def _check(self, end: tarfile.TarInfo) -> None:
        if _json(self._raw(end)) != _summary(self.counts, self._sum):
            raise ArchiveError("the archive is not what was written: its sum differs")


class _Summed:
    """A file whose bytes are added to a sum as they are read."""

    def __init__(self, file: Readable, total: Any) -> None:
        self._file = file
        self._sum = total

    def read(self, size: int = -1, /) -> bytes:
        content = self._file.read(size)
        self._sum.update(content)
        return content


def _json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError as error:
        raise ArchiveError(f"the archive is broken: {error}") from error


def _heading(member: tarfile.TarInfo) -> bytes:
    return f"{member.name}\n{member.size}\n".encode()


def _summary(counts: Counts, total: Any) -> dict[str, Any]:
    return {
        "rows": counts.rows,
        "files": counts.files,
        "bytes": counts.bytes,
        "sha256": total.hexdigest(),
    }
