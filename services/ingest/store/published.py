"""What consumers were told and have done: current state for replays and manifests, deliveries."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVarTuple
from uuid import UUID

from sqlalchemy import Connection, Select, delete, func, select, tuple_, update

from services.ingest.public import manifest_state, needs_body, public_body, state_event
from services.ingest.records import Category, Record
from services.ingest.sanitise import body_pictures
from services.ingest.store import rows
from services.ingest.store.tables import ARTICLES, DELIVERED, EDITIONS, REPLAYS
from shared.clock import unix_ms
from shared.contracts.article import Article
from shared.contracts.documents import ArticleBody
from shared.contracts.events import (
    ArticleDelivered,
    ArticlePublished,
    ArticleUnpublished,
    ManifestEntry,
    ReplayRequested,
)
from shared.database import Database

TELLERS: Final = ("indexing", "render")
"""Consumers that say what they have delivered."""
_Columns = TypeVarTuple("_Columns")


@dataclass(frozen=True, slots=True)
class Scope:
    """Which of the articles ever published a replay is about."""

    ids: tuple[UUID, ...] | None = None
    category: str | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Replay:
    """A replay that a consumer asked for; ``after`` is the last article that it has reached."""

    id: int
    consumer: str
    ids: tuple[UUID, ...] | None
    after: UUID | None


@dataclass(frozen=True, slots=True)
class Standing:
    """How an article stands, as an event says it, and since when."""

    event: ArticlePublished | ArticleUnpublished
    since: datetime


_IS_LIVE: Final = (EDITIONS.c.article_id == ARTICLES.c.id) & (
    EDITIONS.c.edition == ARTICLES.c.live_edition
)
"""Joins an article with the edition that readers have."""


class Published:
    """Raises SQLAlchemyError where the database cannot be used."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def after(self, article_id: UUID | None, scope: Scope, limit: int) -> list[UUID]:
        """Return the next articles ever published that are in scope, in the order of their ids."""
        query = _in_scope(select(ARTICLES.c.id), scope).order_by(ARTICLES.c.id)
        if article_id is not None:
            query = query.where(ARTICLES.c.id > article_id)
        with self._database.read() as connection:
            if scope.ids is None:
                return list(connection.scalars(query.limit(limit)))
            found: list[UUID] = []
            rest = sorted(i for i in scope.ids if article_id is None or i > article_id)
            for some in rows.slices(rest):
                these = query.where(ARTICLES.c.id.in_(some))
                found += connection.scalars(these.limit(limit - len(found)))
                if len(found) == limit:
                    break  # an empty answer means that there are no more, so all are looked at
            return found

    def fitting(self, ids: Sequence[UUID], size: int) -> list[UUID]:
        """Return the first of these, of which the last is the one that passes ``size`` characters.

        All of their texts are in memory several times while their state is made and sent.
        """
        query = select(ARTICLES.c.id, func.length(EDITIONS.c.body)).join(EDITIONS, _IS_LIVE)
        lengths: dict[UUID, int] = {}
        with self._database.read() as connection:
            for some in rows.slices(ids):
                found = connection.execute(query.where(ARTICLES.c.id.in_(some)))
                lengths |= {row[0]: row[1] for row in found}
        passed = 0
        for number, article_id in enumerate(ids, 1):
            passed += lengths.get(article_id, 0)
            if passed > size:
                return list(ids[:number])
        return list(ids)

    def count(self, scope: Scope) -> int:
        """Return how many articles a replay of a category, or of what changed since, sends."""
        query = _in_scope(select(func.count()).select_from(ARTICLES), scope)
        with self._database.read() as connection:
            return connection.execute(query).scalar_one()

    def states(self, ids: Sequence[UUID]) -> list[Standing]:
        """Return how these articles stand now, from one consistent view."""
        with self._database.read() as connection:
            found = rows.records(connection, ids)
            public = [found[i] for i in ids if i in found and found[i].public_version is not None]
            bodies = _bodies(connection, [record for record in public if needs_body(record)])
            current = {record.id: record.url for record in public}
            former = rows.former_urls(connection, current, current)
        return [
            Standing(
                state_event(record, bodies.get(record.id), former.get(record.id, ())),
                record.public_at or record.changed_at,
            )
            for record in public
        ]

    def manifest(self, article_id: UUID | None, limit: int) -> list[ManifestEntry]:
        """Return the id, version and state of the next articles ever published."""
        columns = (ARTICLES.c.id, ARTICLES.c.public_version, ARTICLES.c.unpublish_type)
        query = select(*columns).where(ARTICLES.c.public_version.is_not(None))
        if article_id is not None:
            query = query.where(ARTICLES.c.id > article_id)
        with self._database.read() as connection:
            found = connection.execute(query.order_by(ARTICLES.c.id).limit(limit)).all()
        return [
            ManifestEntry(
                id=row.id, version=row.public_version, state=manifest_state(row.unpublish_type)
            )
            for row in found
        ]

    def categories(self) -> list[Category]:
        with self._database.read() as connection:
            return rows.categories(connection)

    def keep(
        self,
        delivered: Sequence[ArticleDelivered],
        requested: Sequence[tuple[str, ReplayRequested]],
        at: datetime,
    ) -> list[tuple[str, datetime]]:
        """Keep what consumers say they did, as done ``at``, and what they ask for; each once.

        Return what was not known before of public versions that still stand: by whom each was
        delivered, and when it was accepted.
        """
        with self._database.write(alone=False) as connection:
            new = rows.insert_new(
                connection,
                DELIVERED,
                ("article_id", "consumer", "version"),
                [
                    {"article_id": d.id, "consumer": d.consumer, "version": d.version, "at": at}
                    for d in delivered
                ],
            )
            rows.insert_new(
                connection,
                REPLAYS,
                ("event_id",),
                [
                    {
                        "event_id": event_id,
                        "consumer": wanted.consumer,
                        "ids": None
                        if wanted.ids is None
                        else json.dumps([str(article_id) for article_id in wanted.ids]),
                        "requested_at": at,
                    }
                    for event_id, wanted in requested
                ],
            )
            return _accepted(connection, [(i, version, who) for i, who, version in new])

    def undelivered(self, since: datetime) -> dict[str, datetime]:
        """Return, by consumer, when the oldest public version not delivered was accepted.

        Only of those accepted ``since``: a version is a time, so the newest are found by it.
        """
        told = select(DELIVERED.c.article_id).where(
            DELIVERED.c.article_id == ARTICLES.c.id,
            DELIVERED.c.version == ARTICLES.c.public_version,
        )
        lately = (ARTICLES.c.version >= unix_ms(since)) & (ARTICLES.c.public_at >= since)
        found = {}
        with self._database.read() as connection:
            for consumer in TELLERS:
                missing = ~told.where(DELIVERED.c.consumer == consumer).exists()
                oldest = select(func.min(ARTICLES.c.public_at)).where(lately, missing)
                accepted = connection.execute(oldest).scalar()
                if accepted is not None:
                    found[consumer] = accepted
        return found

    def last_delivered(self) -> dict[str, tuple[datetime, datetime | None]]:
        """Return, by consumer, when it last told of a version, and when that was accepted.

        The latter is None where the article has changed since.
        """
        newest = select(DELIVERED).order_by(DELIVERED.c.at.desc()).limit(1)
        found: dict[str, tuple[datetime, datetime | None]] = {}
        with self._database.read() as connection:
            for consumer in TELLERS:
                row = connection.execute(
                    newest.where(DELIVERED.c.consumer == consumer)
                ).one_or_none()
                if row is None:
                    continue
                accepted = select(ARTICLES.c.public_at).where(
                    ARTICLES.c.id == row.article_id, ARTICLES.c.public_version == row.version
                )
                found[consumer] = (row.at, connection.execute(accepted).scalar())
        return found

    def next_replay(self) -> Replay | None:
        """Return the replay asked for first that is not finished."""
        with self._database.read() as connection:
            row = connection.execute(select(REPLAYS).order_by(REPLAYS.c.id).limit(1)).one_or_none()
        if row is None:
            return None
        ids = None if row.ids is None else tuple(UUID(text) for text in json.loads(row.ids))
        return Replay(row.id, row.consumer, ids, row.after)

    def advance(self, replay: Replay, after: UUID | None) -> None:
        """Keep how far a replay got, unless somebody else brought it on; None: it is finished."""
        this = (REPLAYS.c.id == replay.id) & REPLAYS.c.after.is_not_distinct_from(replay.after)
        with self._database.write(alone=False) as connection:
            if after is None:
                connection.execute(delete(REPLAYS).where(this))
            else:
                connection.execute(update(REPLAYS).where(this).values(after=after))


def _accepted(
    connection: Connection, versions: Sequence[tuple[UUID, int, str]]
) -> list[tuple[str, datetime]]:
    """Return who delivered each version, and when it was accepted; nothing of superseded ones."""
    found: dict[tuple[UUID, int], datetime] = {}
    for some in rows.slices({article_id for article_id, _, _ in versions}):
        columns = (ARTICLES.c.id, ARTICLES.c.public_version, ARTICLES.c.public_at)
        for row in connection.execute(select(*columns).where(ARTICLES.c.id.in_(some))):
            found[row.id, row.public_version] = row.public_at
    return [(who, at) for i, version, who in versions if (at := found.get((i, version)))]


def _in_scope(query: Select[*_Columns], scope: Scope) -> Select[*_Columns]:
    query = query.where(ARTICLES.c.public_version.is_not(None))
    if scope.since is not None:
        query = query.where(ARTICLES.c.public_at >= scope.since)
    if scope.category is not None:
        query = query.join(EDITIONS, _IS_LIVE).where(EDITIONS.c.category == scope.category)
    return query


def _bodies(connection: Connection, public: Sequence[Record]) -> dict[UUID, ArticleBody]:
    labels = {category.slug: category.label for category in rows.categories(connection)}
    keys = [(record.id, record.live_edition) for record in public]
    columns = (EDITIONS.c.article_id, EDITIONS.c.edition)
    articles: dict[UUID, tuple[str, Article]] = {}
    for some in rows.slices(keys):
        wanted = select(EDITIONS.c.article_id, EDITIONS.c.category, EDITIONS.c.body)
        for row in connection.execute(wanted.where(tuple_(*columns).in_(some))):
            articles[row.article_id] = (row.category, Article.model_validate_json(row.body))
    pictures = {
        media
        for _, article in articles.values()
        for media in (
            *(association.media for association in article.associations),
            *(picture.media for picture in body_pictures(article.body)),
        )
    }
    media = rows.media(connection, pictures)
    return {
        article_id: public_body(article, labels[category], media)
        for article_id, (category, article) in articles.items()
    }
