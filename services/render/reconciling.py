"""The page database as reconciliation sees it."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select

from services.render.store import Store
from services.render.tables import Priority, articles, categories, doubts, insert
from shared.bus import Publisher
from shared.clock import Clock
from shared.contracts.events import ArticleUnpublished, UnpublishType
from shared.database import UNAVAILABLE, Database
from shared.reconcile import Doubt, Held, Kind
from shared.reconciler import Reconciler

CONSUMER = "render"


class PageKeeper:
    """Keeps doubts beside the articles. ``wake`` is called when pages were marked."""

    def __init__(self, database: Database, wake: Callable[[], None]) -> None:
        self._database = database
        self._store = Store(database)
        self._wake = wake

    def is_empty(self) -> bool:
        with self._database.read() as connection:
            tables = (articles.c.id, categories.c.slug)
            return all(connection.execute(select(c).limit(1)).first() is None for c in tables)

    def held(self, first: UUID, last: UUID) -> Mapping[UUID, Held]:
        query = select(articles.c.id, articles.c.version, articles.c.state).where(
            articles.c.id.between(str(first), str(last))
        )
        with self._database.read() as connection:
            return {UUID(r.id): Held(r.version, r.state) for r in connection.execute(query)}

    def doubts(self, first: UUID, last: UUID) -> Mapping[UUID, Doubt]:
        query = select(doubts).where(doubts.c.article_id.between(str(first), str(last)))
        with self._database.read() as connection:
            return {
                UUID(row.article_id): Doubt(
                    Kind(row.kind), row.version, datetime.fromisoformat(row.noticed)
                )
                for row in connection.execute(query)
            }

    def remember(self, changes: Mapping[UUID, Doubt | None]) -> None:
        if not changes:
            return
        with self._database.write() as connection:
            for article_id, doubt in changes.items():
                key = str(article_id)
                if doubt is None:
                    connection.execute(delete(doubts).where(doubts.c.article_id == key))
                    continue
                noticed = doubt.noticed.isoformat()
                values = {"kind": doubt.kind, "version": doubt.version, "noticed": noticed}
                put = insert(connection, doubts).values(article_id=key, **values)
                connection.execute(
                    put.on_conflict_do_update(index_elements=["article_id"], set_=values)
                )

    def bury(self, held: Mapping[UUID, Held]) -> None:
        if not held:
            return
        keys = [str(article_id) for article_id in held]
        query = select(articles.c.id, articles.c.url, articles.c.payload)
        with self._database.read() as connection:
            rows = connection.execute(query.where(articles.c.id.in_(keys))).all()
        self._store.take(
            [
                ArticleUnpublished(
                    id=UUID(row.id),
                    version=held[UUID(row.id)].version,
                    url=row.url,
                    former_urls=_former(row.payload),
                    unpublish_type=UnpublishType.GONE,
                )
                for row in rows
            ],
            Priority.BULK,
        )
        self._wake()

    def counts(self) -> Mapping[Kind, int]:
        query = select(doubts.c.kind, func.count().label("many")).group_by(doubts.c.kind)
        with self._database.read() as connection:
            return {Kind(row.kind): row.many for row in connection.execute(query)}


def _former(payload: str) -> tuple[str, ...]:
    try:
        return tuple(json.loads(payload).get("former_urls", ()))
    except ValueError:  # a hand was at it
        return ()


def reconciler(
    database: Database, publisher: Publisher, clock: Clock, wake: Callable[[], None]
) -> Reconciler:
    """Return what compares manifests with the page database."""
    keeper = PageKeeper(database, wake)
    return Reconciler(CONSUMER, keeper, publisher, clock, UNAVAILABLE)
