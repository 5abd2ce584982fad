"""A service's tables into an archive, and out of one into empty tables of any kind of database."""

import base64
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, BinaryIO, Final
from uuid import UUID

from sqlalchemy import Column, Connection, Table, TypeDecorator, delete, func, insert, select, text
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError, StatementError

from shared.archive import (
    ArchiveError,
    Counts,
    File,
    Header,
    Progress,
    Reader,
    Rows,
    Writer,
    writing,
)
from shared.bus import BusUnavailable
from shared.database import Database, Limits

_ROWS_AT_ONCE: Final = 500
_REVISION: Final = text("SELECT version_num FROM alembic_version")
_LIMITS: Final = Limits(lock=10, statement=None, idle=None, answer=None)
"""One transaction lasts as long as the pictures take."""
_TELL_SECONDS: Final = 0.5

AddFiles = Callable[[Connection, Writer], None]
TakeFile = Callable[[File], None]


@dataclass(frozen=True, slots=True)
class Data:
    """What of a service is moved.

    ``tables`` are in an order in which rows may be put in. Those in ``emptied`` may have rows in
    the place that is moved to, which are thrown away.
    """

    service: str
    tables: Sequence[Table]
    emptied: frozenset[str] = frozenset()
    remarks: Mapping[str, Any] = field(default_factory=dict)


def save(
    data: Data, url: str, out: BinaryIO, *, add_files: AddFiles | None = None, progress: Progress
) -> Counts:
    """Write everything, from one consistent view; whoever works meanwhile is not disturbed.

    Raises SQLAlchemyError, OSError.
    """
    with closing(Database(url, limits=_LIMITS)) as database, database.read() as connection:
        columns = {table.name: table.columns.keys() for table in data.tables}
        header = Header(data.service, _revision(connection), columns, data.remarks)
        with writing(out, header, progress) as writer:
            for table in data.tables:
                for rows in _rows(connection, table):
                    writer.rows(table.name, rows)
            if add_files is not None:
                add_files(connection, writer)
    return writer.counts


def load(
    data: Data,
    url: str,
    source: BinaryIO,
    *,
    take_file: TakeFile | None = None,
    finish: Callable[[], None] = lambda: None,
    progress: Progress,
) -> tuple[Header, Counts]:
    """Put everything of an archive into empty tables, or nothing of it.

    ``finish`` is called when all of it was read and proved whole, before it counts. Raises
    ArchiveError, SQLAlchemyError, OSError.
    """
    tables = {table.name: table for table in data.tables}
    with (
        closing(Database(url, limits=_LIMITS)) as database,
        Reader.opened(source, progress) as reader,
        database.write() as connection,
    ):
        _fits(data, reader.header, connection)
        _is_empty(data, connection)
        for part in reader.parts():
            if isinstance(part, Rows):
                _put(connection, tables, part)
            elif take_file is None:
                raise ArchiveError(f"the archive has a file that is not ours: {part.name!r}")
            else:
                take_file(part)
        for table in data.tables:
            _go_on_counting(connection, table)
        finish()
    return reader.header, reader.counts


def _revision(connection: Connection) -> str:
    return str(connection.scalar(_REVISION))


def _rows(connection: Connection, table: Table) -> Iterator[list[list[Any]]]:
    query = select(table).order_by(*table.primary_key)
    result = connection.execute(query, execution_options={"yield_per": _ROWS_AT_ONCE})
    for some in result.partitions():
        yield [[_written(value) for value in row] for row in some]


def _written(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value


_READ: Final[Mapping[type, Callable[[Any], Any]]] = {
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
    UUID: UUID,
    bytes: base64.b64decode,
}


def _put(connection: Connection, tables: Mapping[str, Table], part: Rows) -> None:
    table = tables.get(part.table)
    if table is None:
        raise ArchiveError(f"the archive has a table that is not ours: {part.table!r}")
    kinds = {column.name: _READ.get(_kind(column)) for column in table.columns}
    try:
        rows = [
            {
                name: value if value is None or read is None else read(value)
                for (name, read), value in zip(kinds.items(), row, strict=True)
            }
            for row in part.rows
        ]
        connection.execute(insert(table), rows)
    except (ValueError, TypeError, StatementError) as error:
        if isinstance(error, DBAPIError) and not isinstance(error, DataError | IntegrityError):
            raise  # not the archive's fault
        # What the database says of a row may be a draft, or a token's hash.
        why = type(error).__name__
        raise ArchiveError(f"the archive has rows that do not fit {part.table}: {why}") from None


def _kind(column: Column[Any]) -> type:
    kept = column.type.impl_instance if isinstance(column.type, TypeDecorator) else column.type
    return kept.python_type


def _fits(data: Data, header: Header, connection: Connection) -> None:
    """Raise ArchiveError where this is not the place for the archive."""
    if header.service != data.service:
        raise ArchiveError(f"the archive is of {header.service}, not of {data.service}")
    here = _revision(connection)
    if header.revision != here:
        raise ArchiveError(
            f"the archive has tables of revision {header.revision}, here they are of {here}: "
            "use the same version of Bản Tin on both sides, and upgrade afterwards"
        )
    if header.columns != {table.name: table.columns.keys() for table in data.tables}:
        raise ArchiveError("the archive has other tables or columns")


def _is_empty(data: Data, connection: Connection) -> None:
    """Raise ArchiveError where there is something that would be mixed with the archive's."""
    for table in data.tables:
        if table.name in data.emptied:
            connection.execute(delete(table))
        elif count := connection.scalar(select(func.count()).select_from(table)):
            raise ArchiveError(
                f"the database of {data.service} is not empty: {count} row(s) in {table.name}. "
                "Nothing was changed"
            )


def _go_on_counting(connection: Connection, table: Table) -> None:
    """Let numbers that the database gives out follow those put in; SQLite does so by itself."""
    column = table.autoincrement_column
    if column is None or connection.dialect.name != "postgresql":
        return
    highest = connection.scalar(select(func.max(column)))
    if highest is not None:
        sequence = func.pg_get_serial_sequence(table.name, column.name)
        connection.execute(select(func.setval(sequence, highest)))


class Telling:
    """Says on standard error how far it is, not too often, on one line where that is a terminal."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._last = time.monotonic()

    def __call__(self, rows: int, files: int) -> None:
        if time.monotonic() - self._last >= _TELL_SECONDS:
            self._last = time.monotonic()
            self.say(f"{rows} rows, {files} files", "\r" if sys.stderr.isatty() else "\n")

    def done(self, counts: Counts) -> None:
        """Say what there was, table by table."""
        tables = ", ".join(f"{name} {count}" for name, count in counts.rows.items())
        self.say(f"{tables or 'no rows'}; files {counts.files} ({counts.bytes / 1e6:.1f} MB)")

    def say(self, text: str, end: str = "\n") -> None:
        sys.stderr.write(f"{self._what}: {text}{end}")
        sys.stderr.flush()


def moved(what: str, work: Callable[[Telling], None]) -> int:
    """Do the work of a command, told of on standard error; return the exit status."""
    telling = Telling(what)
    try:
        work(telling)
    except (ArchiveError, BusUnavailable, SQLAlchemyError, OSError) as error:
        telling.say(f"failed: {error}")
        return 1
    return 0
