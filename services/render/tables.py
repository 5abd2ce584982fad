"""The page database's tables. Their history is in ``migrations``."""

from enum import IntEnum
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)
from sqlalchemy.dialects import postgresql, sqlite

metadata: Final = MetaData()

articles: Final = Table(
    "articles",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("state", String(12), nullable=False),
    Column("url", Text, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("day", String(10), nullable=False),
    Column("category", Text, nullable=False),
    Column("updated", Text, nullable=False),
    Column("card", Text, nullable=False),
    Column("payload", Text, nullable=False),
    Column("delivery", Integer, nullable=False),
    Index("ix_articles_url", "url"),
    Index("ix_articles_created", "state", "created", "id"),
    Index("ix_articles_category", "state", "category", "created", "id"),
    Index("ix_articles_day_created", "state", "day", "created", "id"),
    Index("ix_articles_category_day", "state", "category", "day"),
    Index("ix_articles_delivery", "delivery"),
)
"""One row for every article ever published, those taken back too. ``created`` is microseconds
since 1970; ``day`` is readers' day; ``card`` is what lists show of it, as JSON."""

addresses: Final = Table(
    "addresses",
    metadata,
    Column("path", Text, primary_key=True),
    Column("article_id", String(36), primary_key=True),
    Index("ix_addresses_article", "article_id"),
)
"""Every address an article has or had, those of old portals too."""

categories: Final = Table(
    "categories",
    metadata,
    Column("slug", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("label_version", BigInteger, nullable=False),
)
"""``version`` is 0 while a category is known only by the label of an article, whose version is
``label_version``."""

dirty: Final = Table(
    "dirty",
    metadata,
    Column("path", Text, primary_key=True),
    Column("stamp", BigInteger, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("owner", String(36)),
    Index("ix_dirty_next", "priority", "since"),
    Index("ix_dirty_owner", "owner"),
)
"""Pages to write. ``stamp`` changes with every mark; ``since`` is the first mark's, so that a page
marked again and again still has its turn."""

counters: Final = Table(
    "counters",
    metadata,
    Column("name", String(20), primary_key=True),
    Column("value", BigInteger, nullable=False),
)


doubts: Final = Table(
    "doubts",
    metadata,
    Column("article_id", String(36), primary_key=True),
    Column("kind", String(12), nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("noticed", Text, nullable=False),
)
"""What reconciliation remembers from one manifest to the next; ``noticed`` is ISO 8601."""

files: Final = Table(
    "files",
    metadata,
    Column("path", Text, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("modified", BigInteger, nullable=False),
    Column("digest", String(64), nullable=False),
)
"""How each page's file was written: bytes, nanoseconds since 1970, SHA-256."""


class Delivery(IntEnum):
    """How far a version has come: its page is to be written, to be told of, or told."""

    PENDING = 0
    WRITTEN = 1
    TOLD = 2


class Priority(IntEnum):
    """Whose turn it is, the most urgent first.

    The addresses of today's articles, other pages that show them, what is sent again, a rebuild,
    a page that failed.
    """

    ARTICLE = -1
    LIVE = 0
    BULK = 1
    REBUILD = 2
    FAILED = 3


def insert(connection: Connection, table: Table) -> Any:
    """Return the dialect's insert, which knows ``on_conflict_do_update``."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    return dialect.insert(table)
