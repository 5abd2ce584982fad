"""What events write: articles, their addresses, categories, and marks on the pages they touch.

Everything a batch of events does is one transaction. Versions only rise, and what was taken back
stays as a small record, so that late and doubled events change nothing.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import BindParameter, Connection, bindparam, delete, func, select

from services.render import marks, paths
from services.render.dirty import Around, Standing, same_in_lists, touched
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
_THESE: Final[BindParameter[Any]] = bindparam("these", expanding=True)
_BY_ID: Final = select(*(column for column in articles.c if column.name != "payload")).where(
    articles.c.id.in_(_THESE)
)
_ADDRESSES: Final = select(addresses.c.article_id, addresses.c.path).where(
    addresses.c.article_id.in_(_THESE)
)
_FORGET_ADDRESSES: Final = delete(addresses).where(addresses.c.article_id.in_(_THESE))
_FORGET_DOUBTS: Final = delete(doubts).where(doubts.c.article_id.in_(_THESE))
_CATEGORY: Final = select(categories).where(categories.c.slug == bindparam("its_slug"))
Article = ArticlePublished | ArticleUnpublished
Change = Article | CategoryChanged


class Store:
    """Writes of the consumer; safe to use from several threads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take(self, changes: Sequence[Change], priority: Priority = Priority.LIVE) -> None:
        """Make the changes and their marks durable, all or none; older versions do nothing."""
        with self._database.write() as connection:
            batch = _Batch(connection, priority)
            taken = batch.articles(
                [change for change in changes if not isinstance(change, CategoryChanged)]
            )
            for change in changes:
                if isinstance(change, CategoryChanged):
                    batch.category(change)
                elif change.article is not None and id(change) in taken:
                    batch.label(change.article.category, change.version)
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
    """The changes of one transaction, in as many statements for many as for one.

    Pages are found by comparing where the articles stood before the batch with where they stand
    after it; what lies between the two, nobody sees.
    """

    def __init__(self, connection: Connection, priority: Priority) -> None:
        self._connection = connection
        self._priority = priority
        self._own: set[str] = set()
        self._others: set[str] = set()
        self._everything = False
        self._seen: dict[str, Any] = {}
        """Categories as they stand, by slug; None for one that is not known."""

    def articles(self, told: Sequence[Article]) -> set[int]:
        """Keep the newest of each article; return which objects were not older than that."""
        ids = sorted({str(data.id) for data in told})
        rows = self._connection.execute(_BY_ID, {"these": ids}).mappings() if ids else ()
        old = {row["id"]: row for row in rows}
        taken: set[int] = set()
        new: dict[str, Article] = {}
        for data in told:
            key = str(data.id)
            version = new[key].version if key in new else old[key]["version"] if key in old else 0
            if version > data.version:
                metrics.REPEATS.labels("render").inc()
                continue
            new[key] = data
            taken.add(id(data))
        if new:
            self._replace({key: old[key] for key in new if key in old}, new)
        return taken

    def _replace(self, old: Mapping[str, Mapping[Any, Any]], new: Mapping[str, Article]) -> None:
        former = self._former(old)
        before = {key: standing(row, former[key]) for key, row in old.items()}
        rows = {key: record(data) for key, data in new.items()}
        after = {key: standing(rows[key], data.former_urls) for key, data in new.items()}
        again = {key for key in old if old[key]["version"] == new[key].version}
        moved = {
            key
            for key in new
            if key not in old or key in again or not same_in_lists(before[key], after[key])
        }
        near_before = self._around(old, before, moved, new)
        self._save(rows, new)
        near_after = self._around(rows, after, moved, new)
        for key in new:
            pages = touched(
                (before[key], near_before.get(key, Around())) if key in old else None,
                (after[key], near_after.get(key, Around())),
                again=key in again,
            )
            self._own |= pages.own
            self._others |= pages.others

    def _around(
        self,
        rows: Mapping[str, Mapping[Any, Any]],
        places: Mapping[str, Standing],
        moved: Collection[str],
        changing: Collection[str],
    ) -> dict[str, Around]:
        listed = [rows[key] for key in rows if key in moved and places[key].listed]
        return around(self._connection, listed, changing)

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

    def label(self, label: CategoryLabel, version: int) -> None:
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

    def finish(self) -> None:
        live = self._priority == Priority.LIVE
        own = Priority.ARTICLE if live else self._priority
        marks.mark(self._connection, [*self._own], own)
        marks.mark(self._connection, [*self._others], self._priority)
        if self._everything:
            marks.mark_all(self._connection, Priority.REBUILD)

    def _category(self, slug: str) -> Any:
        if slug not in self._seen:
            found = self._connection.execute(_CATEGORY, {"its_slug": slug})
            self._seen[slug] = found.one_or_none()
        return self._seen[slug]

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
        self._seen.pop(slug, None)

    def _former(self, ids: Collection[str]) -> dict[str, tuple[str, ...]]:
        found: dict[str, list[str]] = {one: [] for one in ids}
        if ids:
            for row in self._connection.execute(_ADDRESSES, {"these": [*ids]}):
                found[row.article_id].append(row.path)
        return {one: tuple(those) for one, those in found.items()}

    def _save(self, rows: Mapping[str, dict[str, Any]], told: Mapping[str, Article]) -> None:
        put = insert(self._connection, articles)
        kept = {
            column.name: put.excluded[column.name] for column in articles.c if column.name != "id"
        }
        put = put.on_conflict_do_update(index_elements=["id"], set_=kept)
        self._connection.execute(put, [*rows.values()])
        self._connection.execute(_FORGET_ADDRESSES, {"these": [*rows]})
        self._connection.execute(_FORGET_DOUBTS, {"these": [*rows]})
        self._connection.execute(
            insert(self._connection, addresses),
            [
                {"path": path, "article_id": key}
                for key, data in told.items()
                for path in {*map(paths.address, (data.url, *data.former_urls))}
            ],
        )
