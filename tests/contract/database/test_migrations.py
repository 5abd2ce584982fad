from collections.abc import Callable
from contextlib import closing

from sqlalchemy import text

from services.visits.store import Store
from shared.clock import now
from shared.contracts.events import PageViewed
from shared.database import Database
from shared.migrations import upgrade
from tests.factories import an_id

_REVISION = text("SELECT version_num FROM alembic_version")


def test_a_migration_that_is_repeated_changes_nothing(
    url: str, opened: Callable[[str], Database]
) -> None:
    database = opened(url)
    with database.read() as connection:
        before = connection.scalar(_REVISION)
    upgrade("visits", url)
    with database.read() as connection:
        assert connection.scalar(_REVISION) == before


def test_a_version_that_is_rolled_back_to_lives_with_the_tables_of_the_next(url: str) -> None:
    with closing(Database(url)) as database:
        with database.write() as connection:
            before = connection.scalar(_REVISION)
            connection.execute(text("ALTER TABLE seen ADD COLUMN of_the_next_version TEXT"))
            connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        try:
            upgrade("visits", url)
            with database.read() as connection:
                assert connection.scalar(_REVISION) == "9999"
            view = PageViewed(
                id=an_id(1), path="/", received_at=now(), visitor="somebody", filtered=None
            )
            assert Store(database).count([view], now()) == 1
        finally:
            with database.write() as connection:
                connection.execute(text("ALTER TABLE seen DROP COLUMN of_the_next_version"))
                restored = text("UPDATE alembic_version SET version_num = :before")
                connection.execute(restored, {"before": before})
