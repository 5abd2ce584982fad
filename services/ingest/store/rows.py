"""Rows to records and back."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, Table, select
from sqlalchemy.dialects import postgresql, sqlite

from services.ingest.records import Category, Media, Record
from services.ingest.store.tables import ADDRESSES, ARTICLES, CATEGORIES, MEDIA
from shared.contracts.documents import Rendition

AT_ONCE = 400
"""Values in one IN (…): every database takes that many parameters."""


def insert_new(
    connection: Connection, table: Table, key: Sequence[str], rows: list[dict[str, Any]]
) -> list[tuple[Any, ...]]:
    """Insert the rows whose key is not there yet and return their keys; the others stay.

    In the order of their keys, so that two who insert the same never wait in a circle.
    """
    if not rows:
        return []
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    ordered = sorted(rows, key=lambda row: [row[name] for name in key])
    keys = [table.c[name] for name in key]
    statement = dialect.insert(table).on_conflict_do_nothing().returning(*keys)
    return [tuple(row) for row in connection.execute(statement, ordered)]


def slices(values: Iterable[Any]) -> Iterable[list[Any]]:
    """Cut values into lists that fit one IN (…)."""
    listed = list(values)
    for start in range(0, len(listed), AT_ONCE):
        yield listed[start : start + AT_ONCE]


def records(connection: Connection, ids: Iterable[UUID]) -> dict[UUID, Record]:
    found = {}
    for some in slices(ids):
        wanted = select(ARTICLES).where(ARTICLES.c.id.in_(some))
        for row in connection.execute(wanted).mappings():
            found[row["id"]] = Record(**row)
    return found


def category(row: Row[Any]) -> Category:
    return Category(slug=row.slug, name=row.name, position=row.position, version=row.version)


def categories(connection: Connection) -> list[Category]:
    """Return every category in the order in which readers see them."""
    order = (CATEGORIES.c.position, CATEGORIES.c.slug)
    return [category(row) for row in connection.execute(select(CATEGORIES).order_by(*order))]


def media(connection: Connection, ids: Iterable[UUID]) -> dict[UUID, Media]:
    found = {}
    for some in slices(ids):
        for row in connection.execute(select(MEDIA).where(MEDIA.c.id.in_(some))).mappings():
            files = tuple(Rendition(**file) for file in json.loads(row["renditions"]))
            found[row["id"]] = Media(**{**row, "renditions": files})
    return found


def media_row(picture: Media) -> dict[str, Any]:
    files = [file.model_dump() for file in picture.renditions]
    return {
        "id": picture.id,
        "digest": picture.digest,
        "media_type": picture.media_type,
        "width": picture.width,
        "height": picture.height,
        "renditions": json.dumps(files),
        "created_at": picture.created_at,
    }


def former_urls(
    connection: Connection, articles: Iterable[UUID], current: Mapping[UUID, str | None]
) -> dict[UUID, tuple[str, ...]]:
    """Return each article's addresses beside its current one, in the order of the alphabet."""
    found: dict[UUID, list[str]] = {}
    for some in slices(articles):
        rows = connection.execute(
            select(ADDRESSES.c.article_id, ADDRESSES.c.path)
            .where(ADDRESSES.c.article_id.in_(some))
            .order_by(ADDRESSES.c.path)
        )
        for row in rows:
            if row.path != current.get(row.article_id):
                found.setdefault(row.article_id, []).append(row.path)
    return {article: tuple(paths) for article, paths in found.items()}
