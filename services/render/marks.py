"""Marks on pages to write: one page, or every page of the site."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import BigInteger, Connection, case, func, literal, select, update

from services.render import paths
from services.render.records import LIVE
from services.render.tables import (
    Priority,
    addresses,
    articles,
    categories,
    counters,
    dirty,
    insert,
)
from shared.nudge import notify

CHANNEL: Final = "writer"
"""Where writers hear that pages are marked."""


def mark(connection: Connection, found: Sequence[str], priority: Priority) -> None:
    """Mark pages. One marked before keeps its turn, unless this one is more urgent."""
    if not found:
        return
    notify(connection, CHANNEL)
    stamp = next_stamp(connection)
    connection.execute(
        _marking(connection, insert(connection, dirty)),
        [
            {"path": path, "stamp": stamp, "since": stamp, "priority": priority.value}
            for path in sorted(found)
        ],
    )


def mark_all(connection: Connection, priority: Priority) -> None:
    """Mark every page there is or was."""
    stamp = next_stamp(connection)
    every_article = select(
        addresses.c.path,
        literal(stamp, BigInteger),
        literal(stamp, BigInteger),
        literal(priority.value),
    ).where(addresses.c.path.like("/tin/%"))
    statement = insert(connection, dirty).from_select(
        ["path", "stamp", "since", "priority"], every_article.distinct()
    )
    connection.execute(_marking(connection, statement))
    mark(connection, [*every_list(connection)], priority)


def _marking(connection: Connection, statement: Any) -> Any:
    new = insert(connection, dirty).excluded
    urgent = new.priority < dirty.c.priority
    return statement.on_conflict_do_update(
        index_elements=["path"],
        set_={
            "stamp": new.stamp,
            "since": case((urgent, new.since), else_=dirty.c.since),
            "priority": case((urgent, new.priority), else_=dirty.c.priority),
        },
    )


def every_list(connection: Connection) -> set[str]:
    """Return every page that there should be beside the articles' own."""
    live = articles.c.state == LIVE
    found = set(paths.FIXED)
    for slug in connection.scalars(select(categories.c.slug)):
        found |= {paths.category(slug), paths.category_feed(slug)}
    for day in connection.scalars(select(articles.c.day).distinct().where(live)):
        month = day[:7]
        found |= {paths.day(day), paths.month(month), paths.sitemap_month(month)}
    month = func.substr(articles.c.day, 1, 7)
    for slug, when in connection.execute(select(articles.c.category, month).distinct().where(live)):
        found.add(paths.category_month(slug, when))
    return found


def next_stamp(connection: Connection) -> int:
    """Return a number that no mark has had, however often marks were cleared."""
    here = counters.c.name == "stamp"
    connection.execute(update(counters).where(here).values(value=counters.c.value + 1))
    stamp: int = connection.scalars(select(counters.c.value).where(here)).one()
    return stamp
