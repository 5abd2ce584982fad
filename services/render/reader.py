"""Current state for the pages, read from one consistent view of the page database."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, func, literal, select

from services.render import surroundings
from services.render.dirty import REACH, neighbours
from services.render.records import LIVE
from services.render.state import Card, Section, Shown, body_of, decode_card
from services.render.surroundings import in_month, month_after, month_before
from services.render.tables import addresses, articles, categories
from shared.contracts.events import ArticlePublished, ArticleUnpublished

_c = articles.c
_NEWEST = (_c.created.desc(), _c.id.desc())
_HERE = _c.url == bindparam("address")
_AT = select(articles).where(_HERE).order_by(_c.version.desc(), _c.id).limit(1)
_OWNER = (
    select(articles)
    .where(
        _c.id.in_(select(addresses.c.article_id).where(addresses.c.path == bindparam("address")))
    )
    # Whose address it is comes before whose it was; among the latter, who changed last.
    .order_by(_HERE.desc(), _c.version.desc(), _c.id)
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class Resident:
    """The article that an address belongs to, as the database keeps it."""

    id: str
    version: int
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

    def formerly_at(self, address: str) -> Resident | None:
        """Return the article that has or had this address, those of old portals too."""
        row = self._connection.execute(_OWNER, {"address": address}).mappings().first()
        return None if row is None else _resident(row)

    def shown(self, url: str) -> tuple[Resident, Shown | None] | None:
        """Return whose address this is now, and the page there if there is one."""
        row = self._connection.execute(_AT, {"address": url}).mappings().first()
        if row is None:
            return None
        resident = _resident(row)
        body = body_of(resident.data)
        if body is None:
            return resident, None
        back = resident.data if isinstance(resident.data, ArticleUnpublished) else None
        page = Shown(
            id=resident.id,
            url=url,
            body=body,
            updated=row["updated"],
            withdrawn=back is not None,
            explanation=back.explanation if back else None,
            others=() if back else self._neighbours(row),
        )
        return resident, page

    def _neighbours(self, row: Mapping[Any, Any]) -> tuple[Card, ...]:
        newer, older = (
            surroundings.nearest(self._connection, row, REACH, newer=side) for side in (True, False)
        )
        shown_newer, shown_older = neighbours(newer, older)
        return tuple(decode_card(text) for text in (*reversed(shown_newer), *shown_older))

    def _cards(self, *conditions: ColumnElement[bool], limit: int | None = None) -> list[Card]:
        query = select(_c.card).where(_c.state == LIVE, *conditions).order_by(*_NEWEST)
        return [decode_card(text) for text in self._connection.scalars(query.limit(limit))]


def _resident(row: Mapping[Any, Any]) -> Resident:
    model = ArticlePublished if row["state"] == LIVE else ArticleUnpublished
    data = model.model_validate_json(row["payload"])
    return Resident(row["id"], row["version"], row["url"], data)
