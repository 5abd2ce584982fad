"""The tables of the ingest database, as the newest migration leaves them."""

from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    Uuid,
)

METADATA: Final = MetaData()


class Moment(TypeDecorator[datetime]):
    """An aware moment, kept in UTC; SQLite has no zones of its own."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        del dialect
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        del dialect
        if value is None:
            return None
        found: datetime = value
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


SERIAL: Final = BigInteger().with_variant(Integer, "sqlite")
"""A number that the database gives out; SQLite does so only for its own INTEGER."""

ARTICLES: Final = Table(
    "articles",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("edition", Integer, nullable=False),
    Column("standing", String(12), nullable=False),
    Column("state", String(12), nullable=False),
    Column("draft_edition", Integer),
    Column("scheduled_edition", Integer),
    Column("scheduled_at", Moment),
    Column("scheduled_slug", Text),
    Column("scheduled_by", Text),
    Column("scheduled_minor", Boolean, nullable=False),
    Column("scheduled_note", Text),
    Column("live_edition", Integer),
    Column("public_version", BigInteger),
    Column("public_at", Moment),
    Column("first_published_at", Moment),
    Column("updated_at", Moment),
    Column("expires_at", Moment),
    Column("url", Text),
    Column("short_id", String(26), unique=True),
    Column("unpublish_type", String(12)),
    Column("location", Text),
    Column("explanation", Text),
    Column("title", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("imported_digest", String(64)),
    Column("created_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Index("ix_articles_version", "version", "id"),
    Index("ix_articles_state", "state", "version", "id"),
    Index("ix_articles_category", "category", "version", "id"),
    Index("ix_articles_scheduled", "scheduled_at"),
    Index("ix_articles_expires", "expires_at"),
)
"""One row for each article that was ever saved. ``live_edition`` is what readers get or got."""

EDITIONS: Final = Table(
    "editions",
    METADATA,
    Column("article_id", Uuid, ForeignKey("articles.id"), primary_key=True),
    Column("edition", Integer, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("category", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("saved_at", Moment, nullable=False),
    Column("saved_by", Text, nullable=False),
)
"""Every text that was ever saved; rows are added, never changed and never deleted."""

HISTORY: Final = Table(
    "history",
    METADATA,
    Column("article_id", Uuid, ForeignKey("articles.id"), primary_key=True),
    Column("version", BigInteger, primary_key=True),
    Column("action", String(20), nullable=False),
    Column("edition", Integer),
    Column("who", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("details", Text, nullable=False),
)
ADDRESSES: Final = Table(
    "addresses",
    METADATA,
    Column("path", Text, primary_key=True),
    Column("article_id", Uuid, ForeignKey("articles.id"), nullable=False, index=True),
    Column("kind", String(8), nullable=False),
)
"""Every address of an article: ``current``, ``former`` (it was moved), ``legacy``."""

CATEGORIES: Final = Table(
    "categories",
    METADATA,
    Column("slug", String(100), primary_key=True),
    Column("name", Text, nullable=False),
    Column("name_key", Text, nullable=False, unique=True),
    Column("position", Integer, nullable=False),
    Column("version", BigInteger, nullable=False),
)
MEDIA: Final = Table(
    "media",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("media_type", String(40), nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("renditions", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
)
TOKENS: Final = Table(
    "tokens",
    METADATA,
    Column("id", SERIAL, primary_key=True, autoincrement=True),
    Column("name", Text, nullable=False),
    Column("prefix", String(16), nullable=False),
    Column("digest", String(64), nullable=False, unique=True),
    Column("scopes", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment),
    Column("revoked_at", Moment),
)
OUTBOX: Final = Table(
    "outbox",
    METADATA,
    Column("id", SERIAL, primary_key=True, autoincrement=True),
    Column("at", Moment, nullable=False),
    Column("body", LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)
"""Events that the bus has not confirmed yet, in the order in which their changes were made."""

DELIVERED: Final = Table(
    "delivered",
    METADATA,
    Column("article_id", Uuid, primary_key=True),
    Column("consumer", String(20), primary_key=True),
    Column("version", BigInteger, primary_key=True),
    Column("at", Moment, nullable=False),
)
REPLAYS: Final = Table(
    "replays",
    METADATA,
    Column("id", SERIAL, primary_key=True, autoincrement=True),
    Column("event_id", Text, nullable=False, unique=True),
    Column("consumer", String(20), nullable=False),
    Column("ids", Text),
    Column("after", Uuid),
    Column("requested_at", Moment, nullable=False),
)
"""Replays that a consumer asked for and that are not finished; ``after`` is how far they got."""
