"""Current state for the pages, read from one consistent view of the page database."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, literal, select

from services.render import surroundings
from services.render.dirty import REACH, neighbours
from services.render.records import LIVE, WITHDRAWN
from services.render.state import Card, Section, Shown, body_of, decode_card
from services.render.surroundings import in_month, month_after, month_before
from services.render.tables import addresses, articles, categories
from shared.contracts.events import ArticlePublished, ArticleUnpublished

_c = articles.c
_NEWEST = (_c.created.desc(), _c.id.desc())


@dataclass(frozen=True, slots=True)
class Resident:
    """The article that an address belongs to, as the database keeps it."""

    id: str
    version: int
    state: str
    url: str
    data: ArticlePublished | ArticleUnpublished


class Reader:
    """Questions about current state; all answers are of the same moment."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def sections(self) -> list[Section]:
        """Return the categories in their order."""
        query = select(categories.c.slug, categories.c.name).order_by(
            categories.c.position, categories.c.name, categories.c.slug
        )
        return [Section(row.slug, row.name) for row in self._connection.execute(query)]

    def newest(self, limit: int, category: str | None = None) -> list[Card]:
        conditions = () if category is None else (_c.category == category,)
        return self._cards(*conditions, limit=limit)

    def of_day(self, day: str) -> list[Card]:
        return self._cards(_c.day == day)

    def of_month(self, month: str, category: str | None = None) -> list[Card]:
        conditions = () if category is None else (_c.category == category,)
        return self._cards(in_month(month), *conditions)

    def days_of(self, month: str) -> set[str]:
        """Return the days of a month that have news."""
        query = select(_c.day).distinct().where(_c.state == LIVE, in_month(month))
        return set(self._connection.scalars(query))

    def months(self, category: str | None = None) -> list[str]:
        """Return the months with news, newest first.

        One step of the index for each month, not for each article: the recursion asks for the
        last day before the month found so far.
        """
        conditions = [_c.state == LIVE]
        if category is not None:
            conditions.append(_c.category == category)
        last = select(func.max(_c.day).label("day")).where(*conditions).cte("found", recursive=True)
        start = func.substr(last.c.day, 1, 7).concat(literal("-01"))
        earlier = select(func.max(_c.day)).where(*conditions, _c.day < start).scalar_subquery()
        found = last.union_all(select(earlier).where(last.c.day.is_not(None)))
        query = select(found.c.day).where(found.c.day.is_not(None))
        return [day[:7] for day in self._connection.scalars(query)]

    def around_month(
        self, month: str, category: str | None = None
    ) -> tuple[str | None, str | None]:
        """Return the nearest months with news before and after."""
        conditions = () if category is None else (_c.category == category,)
        return (
            month_before(self._connection, month, *conditions),
            month_after(self._connection, month, *conditions),
        )

    def updates_of(self, month: str) -> list[tuple[str, str]]:
        """Return address and time of the last change of a month's news, newest first."""
        query = select(_c.url, _c.updated).where(_c.state == LIVE, in_month(month))
        return [
            (row.url, row.updated) for row in self._connection.execute(query.order_by(*_NEWEST))
        ]

    def at(self, url: str) -> Resident | None:
        """Return the article whose current address this is."""
        return self._resident(_c.url == url)

    def formerly_at(self, address: str) -> Resident | None:
        """Return the article that has or had this address, those of old portals too."""
        owned = select(addresses.c.article_id).where(addresses.c.path == address)
        return self._resident(_c.id.in_(owned))

    def shown(self, url: str) -> Shown | None:
        """Return the article that has a page at this address."""
        row = self._row(_c.url == url)
        if row is None or row["state"] not in (LIVE, WITHDRAWN):
            return None
        data = _data(row)
        body = body_of(data)
        if body is None:
            return None
        withdrawn = isinstance(data, ArticleUnpublished)
        return Shown(
            id=row["id"],
            version=row["version"],
            url=url,
            body=body,
            updated=row["updated"],
            withdrawn=withdrawn,
            explanation=data.explanation if isinstance(data, ArticleUnpublished) else None,
            others=() if withdrawn else self._neighbours(row),
        )

    def _neighbours(self, row: Mapping[str, Any]) -> tuple[Card, ...]:
        newer, older = (
            surroundings.nearest(self._connection, row, REACH, newer=side, column=_c.card)
            for side in (True, False)
        )
        shown_newer, shown_older = neighbours(newer, older)
        return tuple(decode_card(text) for text in (*reversed(shown_newer), *shown_older))

    def _cards(self, *conditions: ColumnElement[bool], limit: int | None = None) -> list[Card]:
        query = select(_c.card).where(_c.state == LIVE, *conditions).order_by(*_NEWEST)
        return [decode_card(text) for text in self._connection.scalars(query.limit(limit))]

    def _row(self, condition: ColumnElement[bool]) -> Mapping[str, Any] | None:
        query = select(articles).where(condition).order_by(_c.version.desc(), _c.id).limit(1)
        row = self._connection.execute(query).mappings().one_or_none()
        return None if row is None else dict(row)

    def _resident(self, condition: ColumnElement[bool]) -> Resident | None:
        row = self._row(condition)
        if row is None:
            return None
        return Resident(row["id"], row["version"], row["state"], row["url"], _data(row))


def _data(row: Mapping[str, Any]) -> ArticlePublished | ArticleUnpublished:
    if row["state"] == LIVE:
        return ArticlePublished.model_validate_json(row["payload"])
    return ArticleUnpublished.model_validate_json(row["payload"])
