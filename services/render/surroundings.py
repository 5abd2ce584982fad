"""What else is listed around an article's place, asked of the page database in bounded queries."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    String,
    TextClause,
    and_,
    bindparam,
    func,
    select,
    text,
    tuple_,
)

from services.render.dirty import KNOWN, Around
from services.render.records import LIVE
from services.render.tables import articles

_c = articles.c


def around(
    connection: Connection, rows: Sequence[Mapping[str, Any]], changing: Collection[str]
) -> dict[str, Around]:
    """Return the surroundings of listed articles as they stand now, by their ids.

    In two statements, however many they are. ``changing`` are all that the same transaction
    changes: an article is alone where nothing else is listed, since what comes and goes with it
    neither keeps a page nor makes one needless.
    """
    if not rows:
        return {}
    dialect = connection.dialect.name
    given = {"changing": json.dumps([*changing]), "most": KNOWN}
    near = connection.execute(_NEAR[dialect], given | {"places": _places(rows)})
    found = {
        row.id: Around(
            newer=_texts(row.newer),
            older=_texts(row.older),
            alone_in_day=not row.day_listed,
            alone_in_category_month=not row.category_month_listed,
        )
        for row in near
    }
    alone = [
        row
        for row in rows
        if found[row["id"]].alone_in_day or found[row["id"]].alone_in_category_month
    ]
    if alone:
        for row in connection.execute(_FAR[dialect], given | {"places": _places(alone)}):
            found[row.id] = _with_months(found[row.id], row)
    return found


def _with_months(near: Around, row: Any) -> Around:
    days = _texts(row.days) if near.alone_in_day else ()
    alone_in_month = near.alone_in_day and not days
    months = (row.month_before, row.month_after) if alone_in_month else ()
    alone_in_category = near.alone_in_category_month
    category = (row.category_before, row.category_after) if alone_in_category else ()
    return replace(
        near,
        days=days,
        alone_in_month=alone_in_month,
        months=tuple(day[:7] for day in months if day),
        category_months=tuple(day[:7] for day in category if day),
    )


def _places(rows: Sequence[Mapping[str, Any]]) -> str:
    names = ("id", "category", "created", "day")
    return json.dumps([{name: row[name] for name in names} for row in rows])


def _texts(array: str | None) -> tuple[str, ...]:
    return tuple(json.loads(array)) if array else ()


def nearest(
    connection: Connection, row: Mapping[Any, Any], limit: int, *, newer: bool
) -> tuple[str, ...]:
    """Return cards of the nearest listed news of its category, nearest first."""
    values = {
        "its_category": row["category"],
        "its_created": row["created"],
        "its_id": row["id"],
        "most": limit,
    }
    return tuple(connection.scalars(_NEAREST[newer], values))


def _nearest(*, newer: bool) -> Select[Any]:
    place = tuple_(_c.created, _c.id)
    here = tuple_(bindparam("its_created", type_=BigInteger), bindparam("its_id", type_=String))
    return (
        select(_c.card)
        .where(_c.state == LIVE, _c.category == bindparam("its_category"))
        .where(place > here if newer else place < here)
        .order_by(*((_c.created, _c.id) if newer else (_c.created.desc(), _c.id.desc())))
        .limit(bindparam("most"))
    )


# Asked for every page of an article; to build a statement costs more than to run it.
_NEAREST: Final = {newer: _nearest(newer=newer) for newer in (True, False)}


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


_GIVEN: Final = {
    "postgresql": """
        WITH place AS MATERIALIZED (
            SELECT * FROM jsonb_to_recordset(CAST(:places AS jsonb))
            AS given(id text, category text, created bigint, day text)
        ), changing AS MATERIALIZED (
            SELECT value AS id FROM jsonb_array_elements_text(CAST(:changing AS jsonb))
        )""",
    "sqlite": """
        WITH place AS MATERIALIZED (
            SELECT value ->> 'id' AS id, value ->> 'category' AS category,
                value ->> 'created' AS created, value ->> 'day' AS day FROM json_each(:places)
        ), changing AS MATERIALIZED (SELECT value AS id FROM json_each(:changing))""",
}
_ARRAY: Final = {"postgresql": "CAST(json_agg({}) AS text)", "sqlite": "json_group_array({})"}
"""Keeps the order of the rows that it is given."""
_OTHERS: Final = "FROM articles WHERE state = 'live' AND id NOT IN (SELECT id FROM changing)"
_LISTED: Final = "FROM articles WHERE state = 'live'"
_IN_MONTH: Final = (
    "day >= substr(place.day, 1, 7) || '-01' AND day <= substr(place.day, 1, 7) || '-31'"
)
_BEFORE: Final = f"(SELECT max(day) {_LISTED} {{}} AND day < substr(place.day, 1, 7) || '-01')"
_AFTER: Final = f"(SELECT min(day) {_LISTED} {{}} AND day > substr(place.day, 1, 7) || '-31')"
_SAME: Final = "AND category = place.category"


def _side(dialect: str, sign: str, order: str) -> str:
    nearest_ones = f"""
        SELECT url {_LISTED} {_SAME} AND (created, id) {sign} (place.created, place.id)
        ORDER BY created {order}, id {order} LIMIT :most"""
    return f"(SELECT {_ARRAY[dialect].format('url')} FROM ({nearest_ones}) AS near)"  # noqa: S608


def _near(dialect: str) -> TextClause:
    return text(f"""{_GIVEN[dialect]}
        SELECT place.id AS id, {_side(dialect, ">", "ASC")} AS newer,
            {_side(dialect, "<", "DESC")} AS older,
            EXISTS (SELECT 1 {_OTHERS} AND day = place.day) AS day_listed,
            EXISTS (SELECT 1 {_OTHERS} {_SAME} AND {_IN_MONTH}) AS category_month_listed
        FROM place""")  # noqa: S608


def _far(dialect: str) -> TextClause:
    days = f"SELECT DISTINCT day {_OTHERS} AND {_IN_MONTH}"
    return text(f"""{_GIVEN[dialect]}
        SELECT place.id AS id,
            (SELECT {_ARRAY[dialect].format("day")} FROM ({days}) AS those) AS days,
            {_BEFORE.format("")} AS month_before, {_AFTER.format("")} AS month_after,
            {_BEFORE.format(_SAME)} AS category_before, {_AFTER.format(_SAME)} AS category_after
        FROM place""")  # noqa: S608


_NEAR: Final = {dialect: _near(dialect) for dialect in _GIVEN}
_FAR: Final = {dialect: _far(dialect) for dialect in _GIVEN}
