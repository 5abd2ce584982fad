import io
from datetime import datetime, timedelta
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy.exc import SQLAlchemyError

from services.visits.exporter import MOST_READ, exporter_app
from services.visits.store import Store
from shared.contracts.events import PageViewed
from tests.factories import NOON, an_id


def ask(store: Store, path: str = "/metrics") -> tuple[str, str]:
    """Ask the exporter as a WSGI server does; return status and text."""
    said: list[str] = []

    def start_response(status: str, _headers: Any) -> None:
        said.append(status)

    environ = {"PATH_INFO": path, "REQUEST_METHOD": "GET", "wsgi.input": io.BytesIO()}
    body = b"".join(exporter_app(store, 1000, lambda: NOON)(environ, start_response))
    return said[0], body.decode()


def view(
    number: int, *, path: str = "/", at: datetime = NOON, filtered: str | None = None
) -> PageViewed:
    return PageViewed(id=an_id(number), path=path, received_at=at, visitor="a", filtered=filtered)


def figures(store: Store) -> dict[str, float]:
    status, text = ask(store)
    assert status.startswith("200")
    return {
        sample.name + "".join(sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_the_figures_come_from_the_database_so_a_restart_never_sets_them_back(
    store: Store,
) -> None:
    for number, reason in ((1, None), (2, None), (2, None), (3, "bot")):
        store.count([view(number, filtered=reason)], NOON)
    expected = {
        "bantin_page_views_total": 2,
        "bantin_visits_total_displayed": 1002,
        "bantin_visitors_current": 1,
        "bantin_page_views_filtered_totalbot": 1,
        "bantin_page_views_filtered_totalprefetch": 0,
        "bantin_page_views_periodtoday": 2,
        "bantin_page_views_periodyesterday": 0,
        "bantin_page_views_periodthis_month": 2,
        "bantin_page_views_most_read/": 2,
    }
    assert figures(store) == expected
    assert figures(store) == expected  # from a new exporter


def test_the_pages_most_read_today_are_shown_and_no_more_of_them(store: Store) -> None:
    yesterday = NOON - timedelta(days=1)
    store.count([view(1000 + n, path="/rss.xml", at=yesterday) for n in range(9)], NOON)
    paths = [f"/ngay/2026/03/{day:02}/" for day in range(1, MOST_READ + 2)]
    pairs = [(path, reader) for n, path in enumerate(paths, 1) for reader in range(n)]
    store.count([view(n, path=path) for n, (path, _) in enumerate(pairs)], NOON)
    prefix = "bantin_page_views_most_read"
    shown = {
        name.removeprefix(prefix): value
        for name, value in figures(store).items()
        if name.startswith(prefix)
    }
    assert shown == {path: n for n, path in enumerate(paths, 1) if n > 1}


def test_nothing_but_the_metrics_is_there(store: Store) -> None:
    assert ask(store, "/")[0].startswith("404")


def test_a_scrape_fails_rather_than_showing_zeros_without_its_database(broken: Store) -> None:
    with pytest.raises(SQLAlchemyError):
        ask(broken)
