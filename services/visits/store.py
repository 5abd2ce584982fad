"""The visits database: the only SQL of the service. Portable between SQLite and PostgreSQL."""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, ColumnElement, Connection, Table, case, delete, func, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite

from services.visits.counting import (
    CURRENT,
    SITE,
    Totals,
    first_of_each,
    forgotten_before,
    local_day,
    needed_since,
    tally,
    windows,
)
from services.visits.tables import DAILY, FILTERED, PRESENCE, SALTS, SEEN, TOTALS
from shared.clock import unix_ms
from shared.contracts.events import PageViewed
from shared.database import Database

_SALT_BYTES = 32
_PURGED_AT_ONCE = 5_000


class Store:
    """Counts, and what is needed to count exactly. Raises SQLAlchemyError if it cannot."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def check(self) -> None:
        """Raise SQLAlchemyError if the database cannot be read or was never migrated."""
        with self._database.read() as connection:
            connection.execute(select(TOTALS.c.views).where(TOTALS.c.page == SITE))

    def count(self, views: Sequence[PageViewed], now: datetime) -> int:
        """Count every view whose id was never counted; return how many that were.

        The ids and the counts are one transaction: both are durable on return, or neither is.
        Rows are written in the order of their keys, so that two counters never wait in a circle.
        """
        by_id = first_of_each(views)

        def count(connection: Connection) -> int:
            new = _remember(connection, by_id)
            added = tally([view for id_, view in by_id.items() if id_ in new], now)
            daily = ({"page": p, "day": d, "views": n} for (p, d), n in added.daily.items())
            totals = ({"page": page, "views": n} for page, n in added.totals.items())
            filtered = ({"reason": reason, "views": n} for reason, n in added.filtered.items())
            seen = (
                {"page": page, "visitor": visitor, "last_seen_ms": unix_ms(moment)}
                for (page, visitor), moment in added.seen.items()
            )
            for table, rows in ((DAILY, daily), (TOTALS, totals), (FILTERED, filtered)):
                _add(connection, table, rows)
            _see(connection, seen)
            return len(new)

        return self._database.repeat(count)

    def totals(self, page: str, now: datetime) -> Totals:
        """Return the counts of one page, or of the site, from one consistent view."""
        today = local_day(now)
        with self._database.read() as connection:
            total = connection.scalar(select(TOTALS.c.views).where(TOTALS.c.page == page))
            days = connection.execute(
                select(DAILY.c.day, DAILY.c.views).where(
                    DAILY.c.page == page, DAILY.c.day >= needed_since(today)
                )
            )
            since_today, yesterday, month = windows({row.day: row.views for row in days}, today)
            current = connection.scalar(
                select(func.count()).where(
                    PRESENCE.c.page == page, PRESENCE.c.last_seen_ms > unix_ms(now - CURRENT)
                )
            )
        return Totals(total or 0, current or 0, since_today, yesterday, month)

    def most_read(self, day: date, limit: int) -> dict[str, int]:
        """Return the views of the pages with the most on a day."""
        query = (
            select(DAILY.c.page, DAILY.c.views)
            .where(DAILY.c.day == day, DAILY.c.page != SITE)
            .order_by(DAILY.c.views.desc(), DAILY.c.page)
            .limit(limit)
        )
        with self._database.read() as connection:
            return {row.page: row.views for row in connection.execute(query)}

    def filtered(self) -> dict[str, int]:
        """Return how many views were counted apart, by reason."""
        with self._database.read() as connection:
            rows = connection.execute(select(FILTERED.c.reason, FILTERED.c.views))
            return {row.reason: row.views for row in rows}

    def salt(self, day: date) -> bytes:
        """Return the day's salt; the first to ask makes it and throws older ones away."""
        wanted = select(SALTS.c.salt).where(SALTS.c.day == day)
        with self._database.read() as connection:
            found = connection.scalar(wanted)
        if found is None:
            with self._database.write() as connection:
                new = {"day": day, "salt": secrets.token_bytes(_SALT_BYTES)}
                connection.execute(_insert(connection, SALTS).on_conflict_do_nothing(), [new])
                connection.execute(delete(SALTS).where(SALTS.c.day < day))
                found = connection.execute(wanted).scalar_one()
        return bytes(found)

    def purge_salts(self, now: datetime) -> int:
        """Throw away the salts of days that are over; return how many those were."""
        with self._database.write() as connection:
            return connection.execute(delete(SALTS).where(SALTS.c.day < local_day(now))).rowcount

    def purge_visitors(self, now: datetime) -> int:
        """Forget some of those last seen too long ago to be here; return how many rows went."""
        gone = PRESENCE.c.last_seen_ms <= unix_ms(now - CURRENT)
        return self._purge(PRESENCE, gone)

    def purge_seen(self, now: datetime) -> int:
        """Forget ids that no view can come with any more, some thousands in a transaction.

        Return how many went; call again while that is not 0, so that counting gets its turn.
        """
        return self._purge(SEEN, SEEN.c.day < forgotten_before(local_day(now)))

    def _purge(self, table: Table, old: ColumnElement[bool]) -> int:
        """Delete some old rows, passing over those that somebody has in hand.

        So a purge never waits for a counter while a counter waits for it, and two purges share
        the work. (A CTE that locks is evaluated once; a subquery might be anew for each row.)
        """
        keys = tuple(table.primary_key)
        some = select(*keys).where(old).limit(_PURGED_AT_ONCE).with_for_update(skip_locked=True)
        found = some.cte("found", nesting=True)
        gone = tuple_(*keys).in_(select(*(found.c[key.name] for key in keys)))
        with self._database.write(alone=False) as connection:
            return connection.execute(delete(table).where(gone)).rowcount


def _remember(connection: Connection, by_id: Mapping[UUID, PageViewed]) -> set[UUID]:
    """Note the ids; return those that were not there before."""
    if not by_id:
        return set()
    rows = [{"id": i, "day": local_day(by_id[i].received_at)} for i in sorted(by_id)]
    statement = _insert(connection, SEEN).on_conflict_do_nothing().returning(SEEN.c.id)
    return set(connection.execute(statement, rows).scalars())


def _add(connection: Connection, table: Table, rows: Iterable[Mapping[str, Any]]) -> None:
    """Add each row's ``views`` to what its key has."""
    statement = _insert(connection, table)
    _upsert(connection, statement, table, {"views": table.c.views + statement.excluded.views}, rows)


def _see(connection: Connection, rows: Iterable[Mapping[str, Any]]) -> None:
    """Move each visitor's last view forward, never back."""
    statement = _insert(connection, PRESENCE)
    given, kept = statement.excluded.last_seen_ms, PRESENCE.c.last_seen_ms
    latest = case((given > kept, given), else_=kept)
    _upsert(connection, statement, PRESENCE, {"last_seen_ms": latest}, rows)


_Insert = sqlite.Insert | postgresql.Insert


def _insert(connection: Connection, table: Table) -> _Insert:
    """Return the dialect's insert that knows ON CONFLICT; the two are written the same."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


def _upsert(
    connection: Connection,
    statement: _Insert,
    table: Table,
    changes: dict[str, Any],
    rows: Iterable[Mapping[str, Any]],
) -> None:
    keys: list[Column[Any]] = list(table.primary_key)
    ordered = sorted(rows, key=lambda row: [row[key.name] for key in keys])
    if ordered:
        connection.execute(
            statement.on_conflict_do_update(index_elements=keys, set_=changes), ordered
        )
