"""PostgreSQL as the tests have it: a database for each, cut off and killed on demand."""

from urllib.parse import urlsplit

import psycopg
import pytest

from tests.servers.leftovers import left_running
from tests.servers.postgresql import PostgreSQL


def test_a_role_reaches_its_own_database_and_no_other(postgresql: PostgreSQL) -> None:
    mine, others = urlsplit(postgresql.new_database()), postgresql.new_database()
    with psycopg.connect(mine.geturl()) as connection:
        connection.execute("CREATE TABLE article (id integer)")
    trespassing = mine._replace(path=urlsplit(others).path).geturl()
    with (
        pytest.raises(psycopg.OperationalError, match="permission denied"),
        psycopg.connect(trespassing),
    ):
        pass


def test_a_wrong_password_is_refused(postgresql: PostgreSQL) -> None:
    url = urlsplit(postgresql.new_database())
    wrong = url._replace(netloc=url.netloc.replace(f"{url.password}", "wrong")).geturl()
    with pytest.raises(psycopg.OperationalError, match="password"), psycopg.connect(wrong):
        pass


def test_the_server_cuts_every_connection(own_postgresql: PostgreSQL) -> None:
    with psycopg.connect(own_postgresql.new_database()) as connection:
        assert own_postgresql.terminate_connections() == 1
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")


def test_what_was_committed_survives_a_kill_and_nothing_is_left_at_the_end(
    own_postgresql: PostgreSQL,
) -> None:
    url = own_postgresql.new_database("archive")
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE article AS SELECT 7 AS id")
        connection.commit()
        own_postgresql.kill()
    assert left_running(own_postgresql) == []

    own_postgresql.start()
    own_postgresql.restart()
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT id FROM article").fetchone() == (7,)

    own_postgresql.close()
    assert left_running(own_postgresql) == []
