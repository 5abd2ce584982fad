"""What services rely on, whichever database they were given."""

import random
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from uuid import UUID

import pytest
from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.exc import DataError, IntegrityError

from services.ingest.store.tables import Moment
from services.visits.tables import DAILY, SEEN, TOTALS
from shared.database import UNAVAILABLE, Database, is_away
from tests.factories import an_id

DAY = date(2026, 3, 14)


def _set(connection: Connection, views: int, page: str = "/") -> None:
    connection.execute(insert(TOTALS), [{"page": page, "views": views}])


def _views(database: Database, page: str = "/") -> int | None:
    with database.read() as connection:
        return connection.scalar(select(TOTALS.c.views).where(TOTALS.c.page == page))


def test_a_block_left_by_an_exception_leaves_nothing(database: Database) -> None:
    def fail() -> None:
        with database.write() as connection:
            _set(connection, 1)
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert _views(database) is None


def test_what_is_written_while_reading_is_rolled_back(database: Database) -> None:
    with database.write() as connection:
        _set(connection, 1)
    try:
        with database.read() as connection:
            connection.execute(update(TOTALS).values(views=2))
    except Exception as error:  # noqa: BLE001 - PostgreSQL says that it may not, in its own words
        assert "read-only" in str(error)  # noqa: PT017
    assert _views(database) == 1


def test_who_reads_sees_one_moment_whatever_is_committed_meanwhile(database: Database) -> None:
    with database.write() as connection:
        _set(connection, 1)
    with database.read() as reading:
        before = reading.scalar(select(TOTALS.c.views))
        with database.write() as connection:
            connection.execute(update(TOTALS).values(views=2))
            _set(connection, 3, "/tim-kiem")
        assert reading.scalar(select(TOTALS.c.views)) == before
        assert reading.scalar(select(func.count()).select_from(TOTALS)) == 1
    assert _views(database) == 2


@pytest.mark.parametrize("processes", [1, 4], ids=["one connection", "four of them"])
def test_what_a_block_reads_is_true_until_it_is_committed(
    url: str, opened: Callable[[str], Database], processes: int
) -> None:
    databases = [opened(url) for _ in range(processes)]
    with databases[0].write() as connection:
        _set(connection, 0)

    def count_up(database: Database) -> None:
        for _ in range(25):
            with database.write() as connection:
                now = connection.scalar(select(TOTALS.c.views))
                connection.execute(update(TOTALS).values(views=(now or 0) + 1))

    threads = [
        threading.Thread(target=count_up, args=(one,)) for one in databases * (4 // processes)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert _views(databases[0]) == 100


def test_an_id_that_is_there_is_refused(database: Database) -> None:
    with database.write() as connection:
        connection.execute(insert(SEEN), [{"id": an_id(1), "day": DAY}])

    def again() -> None:
        with database.write() as connection:
            connection.execute(insert(SEEN), [{"id": an_id(1), "day": DAY}])

    with pytest.raises(IntegrityError):
        again()


def test_uuids_and_days_come_back_as_they_were_and_in_their_order(database: Database) -> None:
    ids = [UUID(int=n << 60) for n in (1, 9, 10, 15, 16, 255)]
    with database.write() as connection:
        rows = [{"id": one, "day": DAY - timedelta(days=n)} for n, one in enumerate(ids)]
        connection.execute(insert(SEEN), rows)
    with database.read() as connection:
        found = connection.execute(select(SEEN.c.id, SEEN.c.day).order_by(SEEN.c.id)).all()
        assert [row.id for row in found] == ids
        assert [row.day for row in found] == [row["day"] for row in rows]
        after = select(SEEN.c.id).where(SEEN.c.id > ids[2]).order_by(SEEN.c.id)
        assert list(connection.scalars(after)) == ids[3:]


def test_a_key_that_is_too_long_is_not_taken_for_a_database_that_is_away(
    database: Database,
) -> None:
    def too_long() -> None:
        with database.write() as connection:
            _set(connection, 1, random.Random(1).randbytes(4000).hex())  # noqa: S311

    if not database.locks_rows:
        pytest.skip("SQLite takes keys of any length")
    with pytest.raises(DataError) as refused:
        too_long()
    assert not isinstance(refused.value, UNAVAILABLE)
    assert not is_away(refused.value)
    with database.write() as connection:
        _set(connection, 1)
    assert _views(database) == 1


WORDS = ["", "-", "/tin/a", "/tin/a-b", "/tin/aa", "A", "Z", "a", "a b", "b", "e\u0301", "z", "ß"]
WORDS += ["à", "é", "đ", "ế", "\u200b", "日", "\U0001f600"]


def test_text_is_ordered_and_compared_by_its_code_points(database: Database) -> None:
    with database.write() as connection:
        for word in reversed(WORDS):
            _set(connection, 0, word)
    with database.read() as connection:
        found = list(connection.scalars(select(TOTALS.c.page).order_by(TOTALS.c.page)))
        assert found == sorted(WORDS)
        for word in WORDS:
            after = select(TOTALS.c.page).where(TOTALS.c.page > word).order_by(TOTALS.c.page)
            assert list(connection.scalars(after)) == [one for one in sorted(WORDS) if one > word]


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 3, 14, 5, 0, 0, 123456, tzinfo=UTC),
        datetime(2026, 3, 14, 12, 0, 0, 1, tzinfo=timezone(timedelta(hours=7))),
        datetime(1900, 1, 1, tzinfo=UTC),
        datetime(2199, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    ],
    ids=str,
)
def test_a_moment_comes_back_to_the_microsecond_in_utc(
    database: Database, moment: datetime
) -> None:
    from sqlalchemy import Column, MetaData, Table  # noqa: PLC0415

    table = Table("moments", MetaData(), Column("at", Moment))
    with database.write() as connection:
        table.create(connection)
        connection.execute(insert(table), [{"at": moment}, {"at": None}])
    try:
        with database.read() as connection:
            here = select(table.c.at).where(table.c.at == moment)
            found = connection.scalars(here).one()
        assert found == moment
        assert found.tzinfo is UTC
    finally:
        with database.write() as connection:
            table.drop(connection)


def test_a_number_of_64_bits_is_kept_whole(database: Database) -> None:
    with database.write() as connection:
        most = 2**63 - 1
        connection.execute(insert(DAILY), [{"page": "/", "day": DAY, "views": most}])
        assert connection.scalar(select(DAILY.c.views)) == most


def test_blocks_that_need_not_be_alone_are_done_anew_where_they_collide(
    url: str, opened: Callable[[str], Database]
) -> None:
    one, two = opened(url), opened(url)
    with one.write() as connection:
        _set(connection, 0, "a")
        _set(connection, 0, "b")
    both = threading.Barrier(2, timeout=30)
    attempts: list[str] = []

    def add(first: str, second: str) -> Callable[[Connection], None]:
        def work(connection: Connection) -> None:
            attempts.append(first)
            _add_one(connection, first)
            if len(attempts) <= 2 and one.locks_rows:
                both.wait()  # each has what the other needs next
            _add_one(connection, second)

        return work

    threads = [
        threading.Thread(target=one.repeat, args=(add("a", "b"),)),
        threading.Thread(target=two.repeat, args=(add("b", "a"),)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (_views(one, "a"), _views(one, "b")) == (2, 2)
    assert len(attempts) == (3 if one.locks_rows else 2)


def _add_one(connection: Connection, page: str) -> None:
    here = update(TOTALS).where(TOTALS.c.page == page)
    connection.execute(here.values(views=TOTALS.c.views + 1))


def test_a_block_beside_others_does_not_wait_for_one_that_is_alone(
    url: str, opened: Callable[[str], Database]
) -> None:
    one, two = opened(url), opened(url)
    if not one.locks_rows:
        pytest.skip("on SQLite whoever writes is alone")
    with one.write() as connection:
        _set(connection, 1, "a")
        with two.write(alone=False) as other:
            _set(other, 1, "b")
        assert _views(two, "b") == 1
