"""Publishing one article touches a bounded number of pages, however large the site."""

import sqlite3
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import event

from services.render.site import Writer
from services.render.tables import Priority
from shared.contracts.events import Event
from tests.contract.site.harness import Harness, Sites
from tests.deployment import wait_for
from tests.factories import NOON, published, unpublished


def _filled(site: Harness, count: int) -> None:
    site.take(*(published(n, created=NOON - timedelta(hours=7 * n)) for n in range(1, count + 1)))
    with site.database.write() as connection:
        connection.exec_driver_sql("DELETE FROM dirty")


@pytest.mark.parametrize(
    ("change", "most"),
    [
        (published(9999, created=NOON + timedelta(hours=1)), 14),
        (published(9999, created=NOON - timedelta(hours=7 * 25 + 1)), 18),
        (published(20, version=2, created=NOON - timedelta(hours=140), title="Tên khác"), 18),
        (unpublished(20, version=2), 18),
    ],
    ids=["newest", "in the middle", "another headline", "taken back"],
)
def test_a_change_touches_as_many_pages_at_50_articles_as_at_500(
    new_site: Sites, change: Event, most: int
) -> None:
    touched = []
    for count in (50, 500):
        site = new_site()
        _filled(site, count)
        site.take(change)
        touched.append(len(site.marked()))
    assert touched[0] == touched[1]
    assert touched[0] <= most


def _steps(site: Harness, change: Event) -> int:
    """Return what the database did to store a change and draw its pages.

    In hundreds of steps of SQLite's machine, or in rows and index entries that PostgreSQL read.
    """
    if site.database.locks_rows:
        return _rows_read(site, change)
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    def listen(connection: sqlite3.Connection, *_: object) -> None:
        connection.set_progress_handler(count, 100)

    event.listen(site.database.engine, "connect", listen)
    site.database.engine.dispose()  # so that every connection is a new one, listened to
    site.publish(change)
    return steps


def _rows_read(site: Harness, change: Event) -> int:
    with psycopg.connect(site.settings.database, autocommit=True) as watching:
        # Whoever else looks at the database, be it autovacuum, keeps what was deleted from going.
        _read_so_far(site, watching)
        watching.execute("VACUUM ANALYZE")
        before = _read_so_far(site, watching)
        site.publish(change)
        return _read_so_far(site, watching) - before


def _read_so_far(site: Harness, watching: psycopg.Connection[Any]) -> int:
    site.database.engine.dispose()  # a connection leaves its statistics when it ends
    others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    wait_for(lambda: not watching.execute(f"SELECT pid {others}".encode()).fetchall())
    tables = "SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) FROM pg_stat_user_tables"
    indexes = "SELECT sum(idx_tup_read) FROM pg_stat_user_indexes"
    [[found]] = watching.execute(f"SELECT ({tables}) + ({indexes})".encode()).fetchall()
    return int(found)


def test_a_publication_costs_the_database_as_much_at_200_articles_as_at_2000(
    new_site: Sites,
) -> None:
    spent = []
    for count in (200, 2000):
        site = new_site()
        _filled(site, count)
        spent.append(_steps(site, published(9999, created=NOON + timedelta(hours=1))))
    assert spent[0] > 0
    assert spent[1] < 2 * spent[0], "some query reads more than the page it is for"


def test_today_s_news_goes_before_what_is_sent_again_and_before_a_rebuild(site: Harness) -> None:
    site.take(published(1))
    site.store.mark_all()
    site.writer.drain()
    site.store.mark_all()
    site.take(published(2), priority=Priority.BULK)
    site.take(published(3), priority=Priority.LIVE)
    order = site.marked()
    assert order[0] == "/tin/bai-viet-so-3-3333333333/"
    live, bulk = order.index("/"), order.index("/tin/bai-viet-so-2-2222222222/")
    assert live < bulk < order.index("/robots.txt")


def test_a_page_of_today_s_article_waits_for_nothing_that_is_written_beside_it(
    site: Harness,
) -> None:
    site.mark("/", "/rss.xml")
    site.take(published(1))
    assert site.writer.step() == 1
    assert "/tin/bai-viet-so-1-1111111111/" not in site.marked()
    assert "/" in site.marked()


def test_pages_of_two_of_today_s_articles_are_written_at_once(site: Harness) -> None:
    site.take(published(1), published(2))
    assert site.writer.step() == 2
    assert not [path for path in site.marked() if path.startswith("/tin/bai-viet-so-1-")]


def test_what_a_step_has_no_time_for_is_given_back_and_comes_first_in_the_next(
    site: Harness,
) -> None:
    site.writer.close()
    site.mark("/", "/rss.xml", "/sitemap.xml")
    site.mark("/robots.txt")
    hurried = Writer(site.settings, site.database, step_seconds=0)
    left = []
    while hurried.step():
        left.append(site.marked())
    hurried.close()
    assert left == [
        ["/rss.xml", "/sitemap.xml", "/robots.txt"],
        ["/sitemap.xml", "/robots.txt"],
        ["/robots.txt"],
        [],
    ]


def test_a_page_marked_again_and_again_still_has_its_turn(site: Harness) -> None:
    site.mark("/")
    site.mark("/rss.xml")
    for _ in range(5):
        site.mark("/")
    assert site.marked() == ["/", "/rss.xml"]
