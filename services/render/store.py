"""What events write: articles, their addresses, categories, and marks on the pages they touch.

Everything a batch of events does is one transaction. Versions only rise, and what was taken back
stays as a small record, so that late and doubled events change nothing.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, select

from services.render import marks, paths
from services.render.dirty import Around, Standing, touched
from services.render.records import record, standing
from services.render.surroundings import around
from services.render.tables import (
    Priority,
    addresses,
    articles,
    categories,
    dirty,
    doubts,
    insert,
)
from shared import metrics
from shared.contracts.documents import CategoryLabel
from shared.contracts.events import (
    ArticlePublished,
    ArticleUnpublished,
    CategoryChanged,
)
from shared.database import Database

UNPLACED = 1_000_000
"""Position of a category that is known only by the label of an article."""
_BY_ID = select(articles).where(articles.c.id == bindparam("its_id"))
_ADDRESSES = select(addresses.c.path).where(addresses.c.article_id == bindparam("its_id"))
_FORGET_ADDRESSES = delete(addresses).where(addresses.c.article_id == bindparam("its_id"))
_FORGET_DOUBT = delete(doubts).where(doubts.c.article_id == bindparam("its_id"))
_CATEGORY = select(categories).where(categories.c.slug == bindparam("its_slug"))
Change = ArticlePublished | ArticleUnpublished | CategoryChanged


class Store:
    """Writes of the consumer; safe to use from several threads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take(self, changes: Sequence[Change], priority: Priority = Priority.LIVE) -> None:
        """Make the changes and their marks durable, all or none; older versions do nothing."""
        with self._database.write() as connection:
            batch = _Batch(connection, priority)
            for change in changes:
                if isinstance(change, CategoryChanged):
                    batch.category(change)
                else:
                    batch.article(change)
            batch.finish()

    def mark_all(self, priority: Priority = Priority.REBUILD) -> None:
        """Mark every page of the site, for a rebuild or a new look."""
        with self._database.write() as connection:
            marks.mark_all(connection, priority)

    def waiting(self) -> int:
        """Return how many pages are marked."""
        with self._database.read() as connection:
            return connection.scalar(select(func.count()).select_from(dirty)) or 0

    def waiting_by_turn(self) -> dict[tuple[str, ...], float]:
        """Return how many pages are marked, by the name of their priority; no row where none is."""
        query = select(dirty.c.priority, func.count()).group_by(dirty.c.priority)
        with self._database.read() as connection:
            rows = connection.execute(query)
            return {(Priority(priority).name.lower(),): count for priority, count in rows}

    def check(self) -> None:
        """Raise if the page database cannot be read."""
        self._database.check()


class _Batch:
    """The changes of one transaction; marks are gathered and written once, at the end."""

    def __init__(self, connection: Connection, priority: Priority) -> None:
        self._connection = connection
        self._priority = priority
        self._own: set[str] = set()
        self._others: set[str] = set()
        self._everything = False
        put = insert(connection, articles)
        kept = {
            column.name: put.excluded[column.name] for column in articles.c if column.name != "id"
        }
        self._put_article = put.on_conflict_do_update(index_elements=["id"], set_=kept)

    def article(self, data: ArticlePublished | ArticleUnpublished) -> None:
        old = self._connection.execute(_BY_ID, {"its_id": str(data.id)}).mappings().one_or_none()
        if old is not None and old["version"] > data.version:
            metrics.REPEATS.labels("render").inc()
            return
        new = record(data)
        before = None if old is None else self._place(old, self._former(str(data.id)))
        after = self._place(new, data.former_urls)
        again = old is not None and old["version"] == data.version
        pages = touched(before, after, again=again)
        self._own |= pages.own
        self._others |= pages.others
        self._save(new, (data.url, *data.former_urls))
        body = data.article
        if body is not None:
            self._label(body.category, data.version)

    def category(self, data: CategoryChanged) -> None:
        slug = data.category.slug
        old = self._category(slug)
        told = (data.category.name, data.position, data.version)
        if old is not None and (
            old.version > data.version or (old.name, old.position, old.version) == told
        ):
            return  # each manifest comes with every category
        self._put_category(slug, data.category.name, data.position, data.version, data.version)
        self._others |= {paths.category(slug), paths.category_feed(slug), *paths.FIXED}
        if old is None or (old.name, old.position) != (data.category.name, data.position):
            self._everything = True

    def finish(self) -> None:
        marks.mark(self._connection, [*self._own], self._priority)
        marks.mark(self._connection, [*self._others], self._priority)
        if self._everything:
            marks.mark_all(self._connection, Priority.REBUILD)

    def _label(self, label: CategoryLabel, version: int) -> None:
        """Learn a category from an article, until its own event tells more."""
        old = self._category(label.slug)
        if old is not None and (old.version > 0 or old.label_version > version):
            return
        if old is not None and (old.name, old.label_version) == (label.name, version):
            return
        self._put_category(label.slug, label.name, UNPLACED, 0, version)
        if old is None or old.name != label.name:
            self._others |= {paths.category(label.slug), paths.category_feed(label.slug)}
            self._others |= set(paths.FIXED)
            self._everything = True

    def _category(self, slug: str) -> Any:
        return self._connection.execute(_CATEGORY, {"its_slug": slug}).one_or_none()

    def _put_category(
        self, slug: str, name: str, position: int, version: int, label_version: int
    ) -> None:
        values = {
            "name": name,
            "position": position,
            "version": version,
            "label_version": label_version,
        }
        statement = insert(self._connection, categories).values(slug=slug, **values)
        self._connection.execute(
            statement.on_conflict_do_update(index_elements=["slug"], set_=values)
        )

    def _former(self, article_id: str) -> tuple[str, ...]:
        return tuple(self._connection.scalars(_ADDRESSES, {"its_id": article_id}))

    def _place(self, row: Any, former: Sequence[str]) -> tuple[Standing, Around]:
        place = standing(row, tuple(former))
        if not place.listed:
            return place, Around()
        return place, around(self._connection, row)

    def _save(self, row: dict[str, Any], found: Sequence[str]) -> None:
        self._connection.execute(self._put_article, row)
        self._connection.execute(_FORGET_ADDRESSES, {"its_id": row["id"]})
        self._connection.execute(_FORGET_DOUBT, {"its_id": row["id"]})
        self._connection.execute(
            insert(self._connection, addresses),
            [{"path": path, "article_id": row["id"]} for path in {*map(paths.address, found)}],
        )
