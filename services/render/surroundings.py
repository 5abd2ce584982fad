"""What else is listed around an article's place, asked of the page database in bounded queries."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, select, tuple_

from services.render.dirty import KNOWN, Around
from services.render.records import LIVE
from services.render.tables import articles

_c = articles.c


def around(connection: Connection, row: Mapping[str, Any]) -> Around:
    """Return the surroundings of a listed article, itself left out."""
    not_me = _c.id != row["id"]
    category = _c.category == row["category"]
    day, month = row["day"], row["day"][:7]
    alone_in_day = not _any(connection, not_me, _c.day == day)
    days = _days(connection, month, not_me) if alone_in_day else ()
    alone_in_month = alone_in_day and not days
    alone_in_category = not _any(connection, not_me, category, in_month(month))
    return Around(
        newer=nearest(connection, row, KNOWN, newer=True),
        older=nearest(connection, row, KNOWN, newer=False),
        alone_in_day=alone_in_day,
        alone_in_month=alone_in_month,
        alone_in_category_month=alone_in_category,
        days=days,
        months=_months(connection, month) if alone_in_month else (),
        category_months=_months(connection, month, category) if alone_in_category else (),
    )


def nearest(
    connection: Connection, row: Mapping[str, Any], limit: int, *, newer: bool, column: Any = _c.url
) -> tuple[Any, ...]:
    """Return ``column`` of the nearest listed news of its category, nearest first."""
    place = tuple_(_c.created, _c.id)
    here = tuple_(row["created"], row["id"])
    query = (
        select(column)
        .where(_c.state == LIVE, _c.category == row["category"])
        .where(place > here if newer else place < here)
        .where(_c.id != row["id"])  # it may still stand elsewhere, if it is being moved
        .order_by(*((_c.created, _c.id) if newer else (_c.created.desc(), _c.id.desc())))
        .limit(limit)
    )
    return tuple(connection.scalars(query))


def in_month(month: str) -> ColumnElement[bool]:
    """Return the condition that an article's day is in ``yyyy-mm``."""
    return and_(_c.day >= f"{month}-01", _c.day <= f"{month}-31")


def month_before(
    connection: Connection, month: str, *conditions: ColumnElement[bool]
) -> str | None:
    """Return the nearest earlier month with listed news."""
    found = connection.scalar(
        select(func.max(_c.day)).where(_c.state == LIVE, _c.day < f"{month}-01", *conditions)
    )
    return found[:7] if found else None


def month_after(connection: Connection, month: str, *conditions: ColumnElement[bool]) -> str | None:
    """Return the nearest later month with listed news."""
    found = connection.scalar(
        select(func.min(_c.day)).where(_c.state == LIVE, _c.day > f"{month}-31", *conditions)
    )
    return found[:7] if found else None


def _months(
    connection: Connection, month: str, *conditions: ColumnElement[bool]
) -> tuple[str, ...]:
    found = (
        month_before(connection, month, *conditions),
        month_after(connection, month, *conditions),
    )
    return tuple(one for one in found if one)


def _any(connection: Connection, *conditions: ColumnElement[bool]) -> bool:
    query = select(_c.id).where(_c.state == LIVE, *conditions).limit(1)
    return connection.scalar(query) is not None


def _days(connection: Connection, month: str, *conditions: ColumnElement[bool]) -> tuple[str, ...]:
    query = select(_c.day).distinct().where(_c.state == LIVE, in_month(month), *conditions)
    return tuple(connection.scalars(query))
