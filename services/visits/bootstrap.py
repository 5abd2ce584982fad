"""Composition root of the visits service. Importing it opens nothing."""

from functools import partial
from typing import TYPE_CHECKING

from services.visits.consumer import handle
from services.visits.counting import SITE
from services.visits.exporter import exporter_app
from services.visits.jobs import jobs
from services.visits.readings import FRESH_SECONDS, Readings
from services.visits.settings import Settings
from services.visits.store import Store
from services.visits.visitors import Visitors
from shared import clock
from shared.bus import Bus, Publisher, open_bus, topology, worker
from shared.database import Database
from shared.jobs import jobs_process
from shared.migrations import upgrade
from shared.runtime import Process, serve

if TYPE_CHECKING:
    from flask import Flask

_COLLECTOR_THREADS = 16


def migrate(settings: Settings | None = None) -> None:
    """Bring the visits database to the newest revision."""
    upgrade("visits", (settings or Settings()).visits_database_url)


def build_app(
    settings: Settings | None = None,
    *,
    bus: Publisher | None = None,
    store: Store | None = None,
    now: clock.Clock = clock.now,
    fresh: float = FRESH_SECONDS,
) -> "Flask":
    """Return the collector's application; the database must have been migrated.

    ``fresh`` is for how many seconds totals once read are shown again.
    """
    # Only who answers over HTTP loads what is for that: it takes memory, and time at each start.
    from services.visits import api  # noqa: PLC0415
    from services.visits.limiter import Limiter  # noqa: PLC0415

    settings = settings or Settings()
    bus = bus or open_bus(settings.bus_url)
    store = store or open_store(settings)
    taker = api.Taker(
        bus, Visitors(store.salt), Limiter(settings.visits_rate), now, settings.trusted_proxies
    )
    return api.build(taker, Readings(store, settings.visits_start, now, fresh=fresh))


def figures(settings: Settings | None = None) -> dict[str, int]:
    """Return what operators ask of visits, read from its database: ``views`` counted here.

    The starting total is not in it.
    """
    database = Database((settings or Settings()).visits_database_url)
    try:
        return {"views": Store(database).totals(SITE, clock.now()).total}
    finally:
        database.close()


def build_collector(settings: Settings, *, bus: Bus | None = None) -> Process:
    """Return the collector with a server of its own; embedded, the front process has it instead."""
    bus = bus or open_bus(settings.bus_url)
    store = open_store(settings)
    app = build_app(settings, bus=bus, store=store)
    host, port = settings.visits_host, settings.visits_port
    return Process(
        "collector",
        lambda stop: serve(app, host, port, stop, threads=_COLLECTOR_THREADS),
        {"bus": bus.check, "database": store.check},
        app,
    )


def build_counter(
    settings: Settings, *, bus: Bus | None = None, store: Store | None = None
) -> list[Process]:
    """Return the consumer that counts, one process for each of its queues."""
    store = store or open_store(settings)
    handler = partial(handle, store=store, clock=clock.now)
    bus = bus or open_bus(settings.bus_url)
    return worker.processes(bus, topology.VISITS, handler, store_check=store.check)


def build_exporter(settings: Settings, *, store: Store | None = None) -> Process:
    """Return the server that Prometheus asks for the visit figures."""
    store = store or open_store(settings)
    app = exporter_app(store, settings.visits_start, clock.now)
    host, port = settings.visits_metrics_host, settings.visits_metrics_port
    return Process(
        "exporter", lambda stop: serve(app, host, port, stop, threads=2), {"database": store.check}
    )


def build_jobs(settings: Settings, *, store: Store | None = None) -> Process:
    """Return the process that throws away what must not or need not be kept."""
    store = store or open_store(settings)
    own, checks = jobs(store, clock.now), {"database": store.check}
    return jobs_process("visits", own, bus_url=settings.bus_url, checks=checks)


def processes(settings: Settings, *, bus: Bus | None = None) -> list[Process]:
    """Return every background process of the service, sharing one database pool."""
    store = open_store(settings)
    return [
        *build_counter(settings, bus=bus, store=store),
        build_exporter(settings, store=store),
        build_jobs(settings, store=store),
    ]


def open_store(settings: Settings) -> Store:
    """Return the service's own database; nothing is read or written yet."""
    return Store(Database(settings.visits_database_url))
