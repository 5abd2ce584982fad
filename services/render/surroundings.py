"""What else is listed around an article's place, asked of the page database in bounded queries."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    String,
    and_,
    bindparam,
    func,
    select,
    tuple_,
)

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
    connection: Connection,
    row: Mapping[str, Any],
    limit: int,
    *,
    newer: bool,
    cards: bool = False,
) -> tuple[str, ...]:
    """Return addresses (or cards) of the nearest listed news of its category, nearest first."""
    values = {
        "its_category": row["category"],
        "its_created": row["created"],
        "its_id": row["id"],
        "most": limit,
    }
    return tuple(connection.scalars(_NEAREST[newer, cards], values))


def _nearest(column: Any, *, newer: bool) -> Select[Any]:
    place = tuple_(_c.created, _c.id)
    here = tuple_(bindparam("its_created", type_=BigInteger), bindparam("its_id", type_=String))
    return (
        select(column)
        .where(_c.state == LIVE, _c.category == bindparam("its_category"))
        .where(place > here if newer else place < here)
        .where(_c.id != bindparam("its_id"))  # it may still stand elsewhere, if it is moving
        .order_by(*((_c.created, _c.id) if newer else (_c.created.desc(), _c.id.desc())))
        .limit(bindparam("most"))
    )


# Asked for every article and every page of one; to build a statement costs more than to run it.
_NEAREST: Final = {
    (newer, cards): _nearest(_c.card if cards else _c.url, newer=newer)
    for newer in (True, False)
    for cards in (True, False)
}


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
