"""What of ingest goes to another deployment: everything but what belongs to the old one's traffic.

A new deployment's consumers have nothing, so they ask for a replay and say anew what they have
delivered: events on their way, deliveries and replays half done stay behind.
"""

import os
import re
import shutil
import sys
from pathlib import Path
from typing import Any, BinaryIO, Final
from uuid import uuid4

from sqlalchemy import Connection, Table, select

from services.ingest.settings import Settings
from services.ingest.store import rows
from services.ingest.store.files import Files
from services.ingest.store.tables import (
    ADDRESSES,
    ARTICLES,
    CATEGORIES,
    DELIVERED,
    EDITIONS,
    HISTORY,
    MEDIA,
    OUTBOX,
    REPLAYS,
    TOKENS,
)
from shared.archive import ArchiveError, Counts, File, Header, Progress, Writer
from shared.moving import Data, load, save

TABLES: Final = (CATEGORIES, MEDIA, ARTICLES, EDITIONS, HISTORY, ADDRESSES, TOKENS)
"""What is moved, in the order in which rows refer to each other."""
LEFT_BEHIND: Final = (OUTBOX, DELIVERED, REPLAYS)
_NAME: Final = re.compile(r"([0-9a-f]{2})/(\1[0-9a-f]{62})/[a-z]{1,20}")


def export(settings: Settings, out: BinaryIO, *, media_only: bool, progress: Progress) -> Counts:
    """Write articles with all their history, categories, tokens and pictures, or only the latter.

    Pictures are listed after the rest was read, so whatever that names is there. Raises
    SQLAlchemyError, OSError.
    """
    pictures = _Pictures(settings.media_dir)
    data = _data(settings, media_only=media_only)
    return save(data, settings.ingest_database_url, out, add_files=pictures.add, progress=progress)


def take_in(
    settings: Settings, source: BinaryIO, *, media_only: bool, progress: Progress
) -> tuple[Header, Counts]:
    """Put all of an archive in, or nothing; with everything, ingest must be empty.

    Raises ArchiveError, SQLAlchemyError, OSError.
    """
    incoming = _Incoming(settings.media_dir)
    try:
        return load(
            _data(settings, media_only=media_only),
            settings.ingest_database_url,
            source,
            take_file=incoming.take,
            finish=incoming.keep,
            progress=progress,
        )
    finally:
        incoming.forget()


def _data(settings: Settings, *, media_only: bool) -> Data:
    tables: tuple[Table, ...] = () if media_only else TABLES
    remarks: dict[str, Any] = {"public_url": settings.public_url, "site_name": settings.site_name}
    return Data("ingest pictures" if media_only else "ingest", tables, remarks=remarks)


class _Pictures:
    """Every file that a picture has."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files = Files(folder)

    def add(self, connection: Connection, writer: Writer) -> None:
        done: set[str] = set()
        for some in rows.slices(connection.scalars(select(MEDIA.c.id).order_by(MEDIA.c.id))):
            for picture in rows.media(connection, some).values():
                if picture.digest not in done:
                    done.add(picture.digest)
                    for file in picture.files:
                        self._add(self._files.path(picture.digest, file.name), writer)

    def _add(self, path: Path, writer: Writer) -> None:
        """Add a file; one that is missing here would be missing there too, and is told of."""
        try:
            file = path.open("rb")
        except FileNotFoundError:
            sys.stderr.write(f"missing, and left out: {path}\n")
            return
        with file:
            size = os.fstat(file.fileno()).st_size
            writer.file(path.relative_to(self._folder).as_posix(), size, file)


class _Incoming:
    """Files that wait beside the others until all of them are there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._waiting = folder.with_name(f"{folder.name}.incoming.{uuid4().hex}")

    def take(self, file: File) -> None:
        if not _NAME.fullmatch(file.name):
            raise ArchiveError(f"the archive has a file that is no picture's: {file.name!r}")
        path = self._waiting / file.name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as out:
            shutil.copyfileobj(file.content, out)

    def keep(self) -> None:
        """Put every file in its place, durably; until a row names them they are nothing."""
        for path in self._waiting.rglob("*"):
            if path.is_file():
                place = self._folder / path.relative_to(self._waiting)
                place.parent.mkdir(parents=True, exist_ok=True)
                path.replace(place)
        os.sync()

    def forget(self) -> None:
        shutil.rmtree(self._waiting, ignore_errors=True)
