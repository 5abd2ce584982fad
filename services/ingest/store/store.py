"""The ingest database: units of work that are durable on exit, and what is only read."""

import base64
import binascii
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import Select, and_, func, or_, select

from services.ingest.edition import Standing
from services.ingest.records import Category, Edition, Entry, Media, Record
from services.ingest.store import rows
from services.ingest.store.outbox import CHANNEL
from services.ingest.store.tables import ARTICLES, DELIVERED, EDITIONS, HISTORY
from services.ingest.store.unit import Unit
from shared.clock import Clock, now
from shared.database import Database
from shared.nudge import notify


@dataclass(frozen=True, slots=True)
class Delivery:
    """When a version was accepted, found by search, and on its page; None: not yet."""

    accepted: datetime | None
    indexed: datetime | None = None
    rendered: datetime | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which articles a list asks for; ``after`` is where the page before it ended."""

    state: str | None = None
    category: str | None = None
    updated_since: datetime | None = None
    after: tuple[int, UUID] | None = None
    limit: int = 50


class Due(StrEnum):
    """What can come due."""

    SCHEDULE = "schedule"
    EXPIRY = "expiry"


class DueArticle(NamedTuple):
    """When something is due for which article."""

    at: datetime
    article_id: UUID


_DUE: Final = {Due.SCHEDULE: ARTICLES.c.scheduled_at, Due.EXPIRY: ARTICLES.c.expires_at}


class Store:
    """Articles, editions, categories. Raises SQLAlchemyError where the database cannot be used."""

    def __init__(
        self,
        database: Database,
        *,
        clock: Clock = now,
        committed: Callable[[], None] = lambda: None,
    ) -> None:
        self.database = database
        self.clock = clock
        self._committed = committed

    @contextmanager
    def unit(self) -> Iterator[Unit]:
        """Give a unit of work; leaving it without an exception makes all of it durable."""
        with self.database.write() as connection:
            unit = Unit(connection, self.clock())
            yield unit
            unit.flush()
            if unit.sends:
                notify(connection, CHANNEL)
        if unit.sends:
            self._committed()

    def record(self, article_id: UUID) -> Record | None:
        """Return how an article stands; None if there is none."""
        with self.database.read() as connection:
            found = rows.records(connection, [article_id]).get(article_id)
        return found if found and found.facts.exists else None

    def edition(self, article_id: UUID, number: int) -> Edition:
        with self.database.read() as connection:
            wanted = select(EDITIONS).where(
                EDITIONS.c.article_id == article_id, EDITIONS.c.edition == number
            )
            return Edition(**connection.execute(wanted).mappings().one())

    def page(self, wanted: Wanted) -> list[Record]:
        """Return articles, the last changed first."""
        query = _filtered(wanted).order_by(ARTICLES.c.version.desc(), ARTICLES.c.id.desc())
        with self.database.read() as connection:
            found = connection.execute(query.limit(wanted.limit)).mappings()
            return [Record(**row) for row in found]

    def history(self, article_id: UUID) -> list[tuple[Entry, Delivery]]:
        """Return what was done, the newest first; deliveries belong to what readers got."""
        query = (
            select(HISTORY)
            .where(HISTORY.c.article_id == article_id)
            .order_by(HISTORY.c.version.desc())
        )
        with self.database.read() as connection:
            entries = [
                Entry(**{**row, "details": json.loads(row["details"])})
                for row in connection.execute(query).mappings()
            ]
            sent = _deliveries(connection.execute(_delivered(article_id)).all())
        return [(entry, _delivery(entry, sent)) for entry in entries]

    def delivery(self, record: Record) -> Delivery:
        """Return how far the article's last public change has come."""
        if record.public_version is None:
            return Delivery(record.changed_at)
        with self.database.read() as connection:
            sent = _deliveries(connection.execute(_delivered(record.id)).all())
        at = _at_least(sent, record.public_version)
        return Delivery(record.public_at, at.get("indexing"), at.get("render"))

    def categories(self) -> list[Category]:
        """Return every category in the order in which readers see them."""
        with self.database.read() as connection:
            return rows.categories(connection)

    def media(self, media_id: UUID) -> Media | None:
        with self.database.read() as connection:
            return rows.media(connection, [media_id]).get(media_id)

    def due(
        self, what: Due, after: DueArticle | None = None, *, limit: int = 100
    ) -> list[DueArticle]:
        """Return articles whose schedule, or whose expiry, has come: the oldest after ``after``."""
        column = _DUE[what]
        query = select(column, ARTICLES.c.id).where(column <= self.clock())
        if after is not None:
            at, article_id = after
            query = query.where(
                or_(column > at, and_(column == at, ARTICLES.c.id > article_id)),
            )
        with self.database.read() as connection:
            found = connection.execute(query.order_by(column, ARTICLES.c.id).limit(limit))
            return [DueArticle(*row) for row in found]

    def check(self) -> None:
        """Raise SQLAlchemyError if the database cannot be read or was never migrated."""
        with self.database.read() as connection:
            connection.execute(select(ARTICLES.c.id).limit(1))


def encode_cursor(record: Record) -> str:
    """Return where a list goes on after this article."""
    return base64.urlsafe_b64encode(f"{record.version}:{record.id.hex}".encode()).decode()


def decode_cursor(cursor: str) -> tuple[int, UUID]:
    """Read back what ``encode_cursor`` wrote. Raises ValueError for anything else."""
    try:
        version, _, article_id = base64.urlsafe_b64decode(cursor).decode().partition(":")
        number = int(version)
        if not 0 <= number < 2**63:
            raise ValueError(cursor)
        return number, UUID(article_id)
    except (binascii.Error, UnicodeError) as error:
        raise ValueError(cursor) from error


def _filtered(wanted: Wanted) -> Select[Any]:
    query = select(ARTICLES).where(ARTICLES.c.state != "none")
    if wanted.state == "live":
        query = query.where(ARTICLES.c.standing == Standing.LIVE)
    elif wanted.state is not None:
        query = query.where(ARTICLES.c.state == wanted.state)
    if wanted.category is not None:
        query = query.where(ARTICLES.c.category == wanted.category)
    if wanted.updated_since is not None:
        query = query.where(ARTICLES.c.changed_at >= wanted.updated_since)
    if wanted.after is not None:
        version, article_id = wanted.after
        before = and_(ARTICLES.c.version == version, ARTICLES.c.id < article_id)
        query = query.where(or_(ARTICLES.c.version < version, before))
    return query


def _delivered(article_id: UUID) -> Select[Any]:
    return (
        select(DELIVERED.c.consumer, DELIVERED.c.version, func.min(DELIVERED.c.at).label("at"))
        .where(DELIVERED.c.article_id == article_id)
        .group_by(DELIVERED.c.consumer, DELIVERED.c.version)
    )


_Sent = Sequence[tuple[str, int, datetime]]


def _deliveries(found: Sequence[Any]) -> _Sent:
    return [(row.consumer, row.version, row.at) for row in found]


def _at_least(sent: _Sent, version: int) -> Mapping[str, datetime]:
    """Return when each consumer first had this version or a newer one, which stands for it."""
    found: dict[str, datetime] = {}
    for consumer, delivered, at in sent:
        if delivered >= version:
            found[consumer] = min(at, found.get(consumer, at))
    return found


def _delivery(entry: Entry, sent: _Sent) -> Delivery:
    if entry.action not in {"published", "unpublished"}:
        return Delivery(entry.at)
    at = _at_least(sent, entry.version)
    return Delivery(entry.at, at.get("indexing"), at.get("render"))
