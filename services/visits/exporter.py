"""The visit figures for Prometheus, read from the database at every scrape.

Because they come from the database, a restart never sets a counter back.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from prometheus_client import CollectorRegistry, make_wsgi_app
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from services.visits.bots import Reason
from services.visits.counting import SITE, local_day
from services.visits.store import Store
from shared.clock import Clock
from shared.runtime import WsgiApp

MOST_READ: Final = 20
"""So few that the pages' names stay a bounded number of series."""


class VisitsCollector(Collector):
    """A scrape fails as a whole when the database cannot be read, rather than showing zeros."""

    def __init__(self, store: Store, start: int, clock: Clock) -> None:
        self._store = store
        self._start = start
        self._clock = clock

    def describe(self) -> Iterable[Metric]:
        """Name the metrics without reading the database, as registering asks for it."""
        return _families()

    def collect(self) -> Iterator[Metric]:
        now = self._clock()
        totals = self._store.totals(SITE, now)
        views, displayed, current, filtered, period, most_read = families = _families()
        views.add_metric([], totals.total)
        displayed.add_metric([], totals.total + self._start)
        current.add_metric([], totals.current)
        counted = dict.fromkeys(map(str, Reason), 0) | self._store.filtered()
        for reason, number in sorted(counted.items()):
            filtered.add_metric([reason], number)
        for name in ("today", "yesterday", "this_month"):
            period.add_metric([name], getattr(totals, name))
        for page, number in self._store.most_read(local_day(now), MOST_READ).items():
            most_read.add_metric([page], number)
        yield from families


def _families() -> tuple[
    CounterMetricFamily,
    GaugeMetricFamily,
    GaugeMetricFamily,
    CounterMetricFamily,
    GaugeMetricFamily,
    GaugeMetricFamily,
]:
    return (
        CounterMetricFamily(
            "bantin_page_views", "Views by readers, each counted once, without the starting total."
        ),
        GaugeMetricFamily(
            "bantin_visits_total_displayed", "The total as pages show it, starting total included."
        ),
        GaugeMetricFamily(
            "bantin_visitors_current", "Distinct visitors seen in the last five minutes."
        ),
        CounterMetricFamily(
            "bantin_page_views_filtered",
            "Views counted apart because no reader was there, by reason.",
            labels=["reason"],
        ),
        GaugeMetricFamily(
            "bantin_page_views_period",
            "Views by readers today, yesterday and this month so far, by days in Vietnam.",
            labels=["period"],
        ),
        GaugeMetricFamily(
            "bantin_page_views_most_read",
            f"Today's views of the {MOST_READ} pages that have the most.",
            labels=["page"],
        ),
    )


def exporter_app(store: Store, start: int, clock: Clock) -> WsgiApp:
    """Return the application of the exporter's port: ``/metrics`` and nothing else."""
    registry = CollectorRegistry()
    registry.register(VisitsCollector(store, start, clock))
    metrics = make_wsgi_app(registry)

    def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ.get("PATH_INFO") != "/metrics":
            start_response("404 Not Found", [("Content-Type", "text/plain")])
            return [b"The figures are at /metrics.\n"]
        answer: Iterable[bytes] = metrics(environ, start_response)
        return answer

    return app
