"""One unit of work: what is read in a write transaction, and what leaves it, written at once.

Everything is read once and remembered, and written in a few statements at the end, so that a
hundred lines of an import cost little more than one.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, bindparam, delete, insert, select, tuple_, update

from services.ingest.edition import next_version
from services.ingest.public import SOURCE, short_ids
from services.ingest.records import Category, Draft, Edition, Entry, Media, Record
from services.ingest.store import rows
from services.ingest.store.tables import (
    ADDRESSES,
    ARTICLES,
    CATEGORIES,
    EDITIONS,
    HISTORY,
    MEDIA,
    OUTBOX,
)
from shared.clock import unix_ms
from shared.contracts.article import Article
from shared.contracts.events import Payload, new_event


class Unit:
    """Reads and collects changes of one transaction; ``flush`` writes them."""

    def __init__(self, connection: Connection, now: datetime) -> None:
        self.now = now
        self._connection = connection
        self._records: dict[UUID, Record | None] = {}
        self._new: set[UUID] = set()
        self._changed: dict[UUID, Record] = {}
        self._digests: dict[tuple[UUID, int], str] = {}
        self._editions: dict[tuple[UUID, int], Edition] = {}
        self._articles: dict[tuple[UUID, int], Article] = {}
        self._history: list[Entry] = []
        self._owners: dict[str, tuple[UUID, str] | None] = {}
        self._addresses: dict[UUID, dict[str, str]] = {}
        self._moved: set[str] = set()
        self._short_ids: set[str] = set()
        self._categories: dict[str, Category] | None = None
        self._changed_categories: dict[str, Category] = {}
        self._media: dict[UUID, Media | None] = {}
        self._new_media: list[Media] = []
        self._events: list[bytes] = []

    @property
    def sends(self) -> bool:
        """Tell whether the unit leaves events in the outbox."""
        return bool(self._events)

    def preload(self, drafts: Sequence[Draft]) -> None:
        """Read, in a few statements, what saving and publishing these will ask for."""
        ids = {draft.article_id for draft in drafts} - self._records.keys()
        found = rows.records(self._connection, ids)
        self._records |= {article_id: found.get(article_id) for article_id in ids}
        self._load_digests(record for record in found.values())
        self._load_media({media for draft in drafts for _, media in draft.media})
        self._load_owners({path for draft in drafts for path, _ in draft.legacy})
        self._addresses |= {article_id: {} for article_id in ids - found.keys()}

    # Articles

    def record(self, article_id: UUID) -> Record | None:
        """Return how the article stands; None if it was never saved."""
        if article_id not in self._records:
            found = rows.records(self._connection, [article_id])
            self._records[article_id] = found.get(article_id)
        return self._records[article_id]

    def next_version(self, record: Record | None) -> int:
        """Return the version that the next change of the article gets."""
        return next_version(record.version if record else 0, unix_ms(self.now))

    def put(self, record: Record) -> None:
        """Keep how the article stands from now on."""
        if self.record(record.id) is None:
            self._new.add(record.id)
            self._addresses.setdefault(record.id, {})
        self._records[record.id] = record
        self._changed[record.id] = record

    def digest(self, article_id: UUID, edition: int) -> str:
        """Return the hash of an edition's text."""
        key = (article_id, edition)
        if key not in self._digests:
            self._digests[key] = self._edition(key).digest
        return self._digests[key]

    def edition(self, article_id: UUID, edition: int) -> tuple[Edition, Article]:
        """Return an edition and its document."""
        key = (article_id, edition)
        found = self._edition(key)
        if key not in self._articles:
            self._articles[key] = Article.model_validate_json(found.body)
        return found, self._articles[key]

    def add_edition(self, edition: Edition, article: Article) -> None:
        key = (edition.article_id, edition.edition)
        self._editions[key] = edition
        self._digests[key] = edition.digest
        self._articles[key] = article

    def add_history(self, entry: Entry) -> None:
        self._history.append(entry)

    def _edition(self, key: tuple[UUID, int]) -> Edition:
        if key in self._editions:
            return self._editions[key]
        wanted = select(EDITIONS).where(
            EDITIONS.c.article_id == key[0], EDITIONS.c.edition == key[1]
        )
        return Edition(**self._connection.execute(wanted).mappings().one())

    def _load_digests(self, found: Iterable[Record]) -> None:
        keys = [(r.id, r.newest_edition) for r in found if r.newest_edition is not None]
        columns = (EDITIONS.c.article_id, EDITIONS.c.edition)
        for some in rows.slices(keys):
            wanted = select(*columns, EDITIONS.c.digest).where(tuple_(*columns).in_(some))
            for row in self._connection.execute(wanted):
                self._digests[row.article_id, row.edition] = row.digest

    # Addresses

    def owner(self, path: str) -> UUID | None:
        """Return the article that answers at ``path``."""
        if path not in self._owners:
            self._load_owners({path})
        found = self._owners[path]
        return found[0] if found else None

    def addresses(self, article_id: UUID) -> dict[str, str]:
        """Return an article's addresses and their kinds."""
        if article_id not in self._addresses:
            wanted = select(ADDRESSES).where(ADDRESSES.c.article_id == article_id)
            found = {row.path: row.kind for row in self._connection.execute(wanted)}
            self._addresses[article_id] = found
        return dict(self._addresses[article_id])

    def set_addresses(self, article_id: UUID, addresses: dict[str, str]) -> None:
        """Replace an article's addresses; the caller has made sure that no other owns them."""
        before = self.addresses(article_id)
        for path in before.keys() | addresses.keys():
            if before.get(path) != addresses.get(path):
                self._moved.add(path)
                kind = addresses.get(path)
                self._owners[path] = (article_id, kind) if kind else None
        self._addresses[article_id] = addresses

    def take_short_id(self, article_id: UUID) -> str:
        """Return the shortest short id that no other article has."""
        candidates = short_ids(article_id)
        wanted = select(ARTICLES.c.short_id).where(ARTICLES.c.short_id.in_(candidates))
        taken = set(self._connection.execute(wanted).scalars()) | self._short_ids
        found = next((c for c in candidates if c not in taken), candidates[-1])
        self._short_ids.add(found)
        return found

    def _load_owners(self, paths: Iterable[str]) -> None:
        unknown = set(paths) - self._owners.keys()
        self._owners |= dict.fromkeys(unknown)
        for some in rows.slices(unknown):
            wanted = select(ADDRESSES).where(ADDRESSES.c.path.in_(some))
            for row in self._connection.execute(wanted):
                self._owners[row.path] = (row.article_id, row.kind)

    # Categories and pictures

    def categories(self) -> dict[str, Category]:
        """Return every category by its slug."""
        if self._categories is None:
            self._categories = {c.slug: c for c in rows.categories(self._connection)}
        return self._categories

    def put_category(self, category: Category) -> None:
        self.categories()[category.slug] = category
        self._changed_categories[category.slug] = category

    def media(self, ids: Iterable[UUID]) -> dict[UUID, Media]:
        """Return those of these pictures that exist."""
        wanted = set(ids)
        self._load_media(wanted)
        return {i: found for i in wanted if (found := self._media[i]) is not None}

    def add_media(self, picture: Media) -> None:
        self._media[picture.id] = picture
        self._new_media.append(picture)

    def _load_media(self, ids: Iterable[UUID]) -> None:
        unknown = set(ids) - self._media.keys()
        found = rows.media(self._connection, unknown)
        self._media |= {media_id: found.get(media_id) for media_id in unknown}

    # Events and the end

    def send(self, data: Payload, *, subject: str) -> None:
        """Leave an event in the outbox; it goes out if, and only if, the unit is committed."""
        event = new_event(data, subject=subject, source=SOURCE, time=self.now)
        self._events.append(event.encode())

    def flush(self) -> None:
        """Write everything that was collected."""
        changed = self._changed.values()
        self._insert_or_update(changed)
        columns = Edition.__slots__
        self._insert(
            EDITIONS, ({c: getattr(e, c) for c in columns} for e in self._editions.values())
        )
        self._insert(
            HISTORY,
            (
                {
                    **{c: getattr(e, c) for c in Entry.__slots__},
                    "details": json.dumps(e.details, ensure_ascii=False),
                }
                for e in self._history
            ),
        )
        self._write_addresses()
        self._write_categories()
        self._insert(MEDIA, map(rows.media_row, self._new_media))
        self._insert(OUTBOX, ({"at": self.now, "body": body} for body in self._events))

    def _insert(self, table: object, values: Iterable[dict[str, object]]) -> None:
        listed = list(values)
        if listed:
            self._connection.execute(insert(table), listed)  # type: ignore[arg-type]

    def _insert_or_update(self, changed: Iterable[Record]) -> None:
        listed = list(changed)
        self._insert(ARTICLES, (r.row() for r in listed if r.id in self._new))
        updated = [r.row() | {"key": r.id} for r in listed if r.id not in self._new]
        for row in updated:
            del row["id"]
        if updated:
            statement = update(ARTICLES).where(ARTICLES.c.id == bindparam("key"))
            self._connection.execute(statement, updated)

    def _write_addresses(self) -> None:
        for some in rows.slices(self._moved):
            self._connection.execute(delete(ADDRESSES).where(ADDRESSES.c.path.in_(some)))
        owned = ((path, self._owners[path]) for path in sorted(self._moved))
        self._insert(
            ADDRESSES,
            (
                {"path": path, "article_id": owner[0], "kind": owner[1]}
                for path, owner in owned
                if owner
            ),
        )

    def _write_categories(self) -> None:
        for category in self._changed_categories.values():
            values = {
                "name": category.name,
                "name_key": category_key(category.name),
                "position": category.position,
                "version": category.version,
            }
            done = self._connection.execute(
                update(CATEGORIES).where(CATEGORIES.c.slug == category.slug).values(values)
            )
            if done.rowcount == 0:
                self._insert(CATEGORIES, [values | {"slug": category.slug}])


def category_key(name: str) -> str:
    """Return what two names of one category have in common."""
    return " ".join(name.split()).casefold()
