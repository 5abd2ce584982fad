"""A database that is restarted, killed, cut off or paused, seen through the port."""

import threading
import time
from collections.abc import Callable

import pytest
from sqlalchemy import func, insert, select, text

from services.visits.tables import TOTALS
from shared.database import UNAVAILABLE, CommitUnknown, Database, Limits
from shared.notified import Notified
from shared.nudge import notify
from tests.deployment import wait_for
from tests.servers.postgresql import PostgreSQL

Open = Callable[[str], Database]
Migrated = Callable[[str], str]


@pytest.fixture
def database(migrated: Migrated, opened: Open) -> Database:
    return opened(migrated("visits"))


def _count(database: Database) -> int:
    with database.read() as connection:
        return connection.scalar(select(func.count()).select_from(TOTALS)) or 0


def _add(database: Database, page: str = "/") -> None:
    with database.write() as connection:
        connection.execute(insert(TOTALS), [{"page": page, "views": 1}])


def _cut(hurt: PostgreSQL) -> None:
    hurt.terminate_connections()


def _restart(hurt: PostgreSQL) -> None:
    hurt.restart()


def _kill(hurt: PostgreSQL) -> None:
    hurt.kill()
    hurt.start()


LOSSES = pytest.mark.parametrize("lose", [_cut, _restart, _kill])


@LOSSES
def test_a_connection_lost_between_two_uses_is_replaced_unnoticed(
    hurt: PostgreSQL, database: Database, lose: Callable[[PostgreSQL], None]
) -> None:
    _add(database)
    lose(hurt)
    assert _count(database) == 1


@LOSSES
def test_a_block_whose_connection_is_lost_leaves_nothing_and_says_so(
    hurt: PostgreSQL, database: Database, lose: Callable[[PostgreSQL], None]
) -> None:
    def add_two() -> None:
        with database.write() as connection:
            connection.execute(insert(TOTALS), [{"page": "/", "views": 1}])
            lose(hurt)
            connection.execute(insert(TOTALS), [{"page": "/tim-kiem", "views": 1}])

    with pytest.raises(UNAVAILABLE) as raised:
        add_two()
    assert not isinstance(raised.value, CommitUnknown)
    assert _count(database) == 0
    _add(database)


def test_while_the_server_is_down_every_use_fails_at_once(
    hurt: PostgreSQL, database: Database
) -> None:
    hurt.stop()
    try:
        for use in (_count, _add, Database.check):
            with pytest.raises(UNAVAILABLE):
                use(database)
    finally:
        hurt.start()
    _add(database)


SLOW_COMMIT = (
    """
    CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_sleep(60); RETURN NULL; END $$
    """,
    """
    CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON totals
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION wait()
    """,
)


@pytest.mark.parametrize("lose", [_cut, _kill])
def test_a_commit_that_was_never_answered_is_told_from_one_that_failed(
    hurt: PostgreSQL, database: Database, lose: Callable[[PostgreSQL], None]
) -> None:
    with database.write() as connection:
        for statement in SLOW_COMMIT:
            connection.execute(text(statement))
    raised: list[Exception] = []

    def add() -> None:
        try:
            _add(database)
        except UNAVAILABLE as error:
            raised.append(error)

    adding = threading.Thread(target=add)
    adding.start()
    watching = text(
        "SELECT count(*) FROM pg_stat_activity WHERE query = 'COMMIT' AND state = 'active'"
    )

    def commits() -> bool:
        with database.read() as connection:
            return bool(connection.scalar(watching))

    wait_for(commits)
    lose(hurt)
    adding.join(60)
    assert isinstance(raised[0], CommitUnknown)


def test_a_commit_that_fails_is_not_called_unknown(database: Database) -> None:
    with database.write() as connection:
        connection.execute(
            text("ALTER TABLE totals ADD CONSTRAINT c UNIQUE (views) DEFERRABLE INITIALLY DEFERRED")
        )
    _add(database)
    with pytest.raises(Exception, match="duplicate key") as raised:
        _add(database, "/tim-kiem")
    assert not isinstance(raised.value, CommitUnknown)


def test_a_server_that_is_paused_for_a_while_is_waited_for(
    hurt: PostgreSQL, database: Database
) -> None:
    _add(database)
    hurt.pause()
    resuming = threading.Timer(2, hurt.resume)
    resuming.start()
    try:
        assert _count(database) == 1
    finally:
        resuming.join()


def test_a_server_that_hangs_is_given_up_and_used_again_when_it_answers(
    hurt: PostgreSQL, migrated: Migrated
) -> None:
    database = Database(migrated("visits"), limits=Limits(answer=1.0))
    _add(database)
    hurt.pause()
    try:
        for use in (_count, _add):  # on a connection that was there, and on one that is made
            began = time.monotonic()
            with pytest.raises(UNAVAILABLE):
                use(database)
            assert time.monotonic() - began < 30
    finally:
        hurt.resume()
    wait_for(lambda: _answers(database))
    assert _count(database) == 1
    database.close()


def _answers(database: Database) -> bool:
    try:
        database.check()
    except UNAVAILABLE:
        return False
    return True


def test_who_holds_the_turn_too_long_is_passed_with_an_error(
    migrated: Migrated, opened: Open
) -> None:
    url = migrated("visits")
    holder, hasty = opened(url), Database(url, limits=Limits(lock=1))
    with holder.write():
        with pytest.raises(UNAVAILABLE, match="lock timeout"):
            _add(hasty)
        assert _count(hasty) == 0
    _add(hasty)
    hasty.close()


def test_who_falls_silent_in_a_block_loses_its_turn(migrated: Migrated, opened: Open) -> None:
    url = migrated("visits")
    silent, other = Database(url, limits=Limits(idle=1)), opened(url)

    def fall_silent() -> None:
        with silent.write() as connection:
            connection.execute(insert(TOTALS), [{"page": "/", "views": 1}])
            _add(other, "/tim-kiem")  # gets its turn because the server ends this block
            assert _count(other) == 1

    with pytest.raises(UNAVAILABLE):
        fall_silent()
    assert _count(other) == 1
    silent.close()


def test_a_statement_that_takes_too_long_is_ended(migrated: Migrated) -> None:
    database = Database(migrated("visits"), limits=Limits(statement=1))
    with database.read() as connection, pytest.raises(UNAVAILABLE, match="statement timeout"):
        connection.execute(text("SELECT pg_sleep(60)"))
    database.close()


def test_a_pool_that_is_used_up_is_unavailable_and_not_a_mistake(database: Database) -> None:
    held = [database.engine.connect() for _ in range(6)]
    try:
        with pytest.raises(UNAVAILABLE, match="QueuePool limit"):
            database.check()
    finally:
        for connection in held:
            connection.close()


def test_a_server_without_a_connection_to_spare_is_unavailable(
    hurt: PostgreSQL, migrated: Migrated, opened: Open
) -> None:
    name = (url := migrated("visits")).rsplit("/", 1)[1]
    with opened(hurt.url).engine.connect() as admin:
        admin.execution_options(isolation_level="AUTOCOMMIT").execute(
            text(f'ALTER ROLE "{name}" CONNECTION LIMIT 1')
        )
    one, two = opened(url), opened(url)
    with one.read() as connection:
        connection.execute(text("SELECT 1"))
        with pytest.raises(UNAVAILABLE, match="too many connections"):
            two.check()


def _nudge(database: Database, error: Exception | None = None) -> None:
    with database.write() as connection:
        notify(connection, "outbox")
        if error:
            raise error


def test_a_commit_nudges_who_listens_and_a_rollback_does_not(
    database: Database, opened: Open
) -> None:
    listening = Notified(database, "outbox")
    other = Notified(database, "writer")
    try:
        assert listening.wait(30), "for what may have been missed before it listened"
        assert other.wait(30)
        committing = opened(database.engine.url.render_as_string(hide_password=False))
        _nudge(committing)
        assert listening.wait(30)
        with pytest.raises(KeyError):
            _nudge(committing, KeyError())
        assert not listening.wait(0.5)
        assert not other.wait(0)
    finally:
        listening.close()
        other.close()


@LOSSES
def test_who_listens_hears_again_after_a_loss(
    hurt: PostgreSQL, database: Database, lose: Callable[[PostgreSQL], None]
) -> None:
    listening = Notified(database, "outbox")
    try:
        assert listening.wait(30)
        lose(hurt)
        assert listening.wait(60), "for what may have been missed"
        _nudge(database)
        assert listening.wait(30)
    finally:
        listening.close()


def test_while_nobody_can_listen_waiting_ends_in_time(hurt: PostgreSQL, database: Database) -> None:
    listening = Notified(database, "outbox")
    assert listening.wait(30)
    hurt.stop()
    try:
        began = time.monotonic()
        for _ in range(5):
            listening.wait(0.1)
        assert time.monotonic() - began < 30
    finally:
        hurt.start()
        listening.close()
