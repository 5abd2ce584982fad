"""Counts go from one kind of database to the other, and back, and none is counted twice."""

import io
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from services.visits import moving
from services.visits.counting import SITE, local_day
from services.visits.settings import Settings
from services.visits.store import Store
from services.visits.tables import METADATA
from shared.archive import ArchiveError
from shared.contracts.events import PageViewed
from shared.database import Database
from tests.contract.move.conftest import NewPlace, everything
from tests.factories import NOON, an_id

VIEWS = [
    PageViewed(
        id=an_id(number),
        path=f"/tin/bai-{number % 3}/",
        received_at=NOON + timedelta(days=number % 2),
        visitor=f"visitor {number}",
        filtered="bot" if number % 7 == 0 else None,
    )
    for number in range(1, 1300)
]


def place(new_place: NewPlace, kind: str) -> Settings:
    folder, url = new_place(kind, "visits")
    return Settings(data_dir=Path(folder), database=url, visits_start=9_827_966)


def export(settings: Settings) -> bytes:
    out = io.BytesIO()
    moving.export(settings, out, lambda *_: None)
    return out.getvalue()


def test_totals_days_and_ids_are_the_same_there_and_back_again(
    there_and_back: tuple[str, str], new_place: NewPlace
) -> None:
    here, there = there_and_back
    old, new, back = (place(new_place, kind) for kind in (here, there, here))
    now = NOON + timedelta(days=1)
    with closing(Database(old.visits_database_url)) as database:
        Store(database).count(VIEWS, now)
        Store(database).salt(local_day(now))
        totals = Store(database).totals(SITE, now)
    with closing(Database(new.visits_database_url)) as database:
        Store(database).salt(local_day(now))  # the collector had been asked
    rows = everything(old.visits_database_url, METADATA)
    assert len(rows["seen"]) == len(VIEWS)
    for settings, source in ((new, old), (back, new)):
        header, _ = moving.take_in(settings, io.BytesIO(export(source)), lambda *_: None)
        assert header.remarks == {"visits_start": 9_827_966, "waiting": 0}
        assert everything(settings.visits_database_url, METADATA) == rows
    with closing(Database(new.visits_database_url)) as database:
        assert Store(database).totals(SITE, now) == totals
        assert Store(database).count(VIEWS, now) == 0, "what was counted is never counted again"


@pytest.mark.parametrize("there", ["sqlite", "postgresql"])
def test_a_place_that_has_counted_is_left_alone(there: str, new_place: NewPlace) -> None:
    old, new = place(new_place, "sqlite"), place(new_place, there)
    for settings, views in ((old, VIEWS[:20]), (new, VIEWS[20:21])):
        with closing(Database(settings.visits_database_url)) as database:
            Store(database).count(views, NOON)
    before = everything(new.visits_database_url, METADATA)
    with pytest.raises(ArchiveError, match="the database of visits is not empty"):
        moving.take_in(new, io.BytesIO(export(old)), lambda *_: None)
    assert everything(new.visits_database_url, METADATA) == before


def test_every_table_of_counts_is_moved() -> None:
    assert sorted(table.name for table in moving.TABLES) == sorted(METADATA.tables)
