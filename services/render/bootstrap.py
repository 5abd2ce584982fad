"""Composition root of the render service. Importing it opens nothing."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from services.render import leases, marks
from services.render.consumer import PIECE, handle
from services.render.jobs import jobs
from services.render.pages import Pages
from services.render.reconciling import reconciler
from services.render.settings import Settings
from services.render.site import Writer
from services.render.store import Store
from services.render.tables import Priority
from services.render.teller import Teller
from services.render.verify import Findings, Verifier
from shared import clock, metrics
from shared.bus import BATCH, Bus, open_bus, topology
from shared.bus.topology import Lane
from shared.bus.worker import Worker
from shared.database import Database
from shared.jobs import jobs_process
from shared.jobs.turns import turns
from shared.measuring import measuring
from shared.migrations import upgrade
from shared.nudge import Listening, listen
from shared.reconciler import introduced
from shared.runtime import Process, serve
from shared.wake import Caller

if TYPE_CHECKING:
    from flask import Flask

PIECES = {Lane.LIVE: BATCH, Lane.BULK: PIECE}
PRIORITIES = {Lane.LIVE: Priority.LIVE, Lane.BULK: Priority.BULK}


def migrate(settings: Settings | None = None) -> None:
    """Bring the page database to the newest revision."""
    settings = settings or Settings()
    upgrade("render", settings.database_url("render"))


def open_database(settings: Settings) -> Database:
    """Open the page database; it must have been migrated."""
    return Database(settings.database_url("render"))


def build_app(settings: Settings | None = None, *, database: Database | None = None) -> "Flask":
    """Return the web application: what is no file, and the files too where settings say so."""
    # Only who answers over HTTP loads what is for that: it takes memory, and time at each start.
    from services.render import web  # noqa: PLC0415

    settings = settings or Settings()
    pages = Pages(site_name=settings.site_name, public_url=settings.public_url)
    files = settings.site_dir if settings.render_serve_files else None
    return web.build(web.Site(database or open_database(settings), pages, files))


def build_web(settings: Settings) -> Process:
    """Return the web application with a server of its own; embedded, the front process has it."""
    database = open_database(settings)
    app = build_app(settings, database=database)
    host, port = settings.render_web_host, settings.render_web_port
    return Process(
        "web", lambda stop: serve(app, host, port, stop), {"database": database.check}, app
    )


def build_consumer(
    settings: Settings, *, bus: Bus | None = None, database: Database | None = None
) -> list[Process]:
    """Return the consumer, one process for each of its queues; bulk news waits for live news."""
    bus = bus or open_bus(settings.bus_url)
    database = database or open_database(settings)
    store = Store(database)
    caller = Caller(settings.wake_dir / "writer")
    comparing = reconciler(database, bus, clock.now, caller.call)
    found = []
    for queue in topology.RENDER.queues:
        handler = partial(
            handle,
            store=store,
            reconciler=comparing,
            piece=PIECES[queue.lane],
            priority=PRIORITIES[queue.lane],
            wake=caller.call,
        )
        worker = Worker(bus, queue, handler, store_check=store.check)
        checks = {"bus": bus.check, "worker": worker.check, "database": store.check}
        found.append(Process(f"consumer-{queue.lane}", worker.run, checks))
    return introduced(found, comparing)


def build_writer(
    settings: Settings, *, bus: Bus | None = None, database: Database | None = None
) -> list[Process]:
    """Return the writer of pages, and beside it who tells of deliveries and who counts marks."""
    bus = bus or open_bus(settings.bus_url)
    database = database or open_database(settings)
    writer = Writer(settings, database)
    teller = Teller(database, bus, clock.now)
    told = Caller(settings.wake_dir / "teller")
    poll = settings.render_poll_seconds
    return [
        _waiting(
            "writer",
            lambda: listen(database, marks.CHANNEL, settings.wake_dir / "writer"),
            lambda stop, wait: writer.run(stop, wait, told.call),
            {"files": writer.check, "database": database.check},
        ),
        _waiting(
            "teller",
            lambda: listen(database, leases.CHANNEL, settings.wake_dir / "teller"),
            lambda stop, wait: teller.run(stop, wait, poll),
            {"bus": bus.check},
        ),
        measuring(
            "pages",
            metrics.PAGES_DIRTY,
            [(priority.name.lower(),) for priority in Priority],
            Store(database).waiting_by_turn,
        ),
    ]


def build_jobs(settings: Settings, *, database: Database | None = None) -> Process:
    """Return what render does by itself. Two at once do no harm."""
    database = database or open_database(settings)
    verifier = _verifier(settings, database)
    own = jobs(settings, verifier, Caller(settings.wake_dir / "writer").call)
    turn, checks = turns(database), {"database": database.check}
    return jobs_process("render", own, bus_url=settings.bus_url, turn=turn, checks=checks)


def processes(settings: Settings) -> list[Process]:
    """Return every background process of the service, around one bus and one database."""
    bus, database = open_bus(settings.bus_url), open_database(settings)
    return [
        *build_consumer(settings, bus=bus, database=database),
        *build_writer(settings, bus=bus, database=database),
        build_jobs(settings, database=database),
    ]


def figures(settings: Settings | None = None) -> dict[str, Any]:
    """Return what operators ask of render, read from its database: ``dirty_pages``."""
    database = open_database(settings or Settings())
    try:
        return {"dirty_pages": Store(database).waiting()}
    finally:
        database.close()


def rebuild(settings: Settings) -> None:
    """Mark every page, and wake the writers."""
    Store(open_database(settings)).mark_all()
    Caller(settings.wake_dir / "writer").call()


def verify(settings: Settings, *, deep: bool) -> Findings:
    """Hold every file against what was written, now, and wake the writers."""
    findings = _verifier(settings, open_database(settings)).verify(deep=deep)
    Caller(settings.wake_dir / "writer").call()
    return findings


def _verifier(settings: Settings, database: Database) -> Verifier:
    return Verifier(settings.site_dir, database, twins=settings.render_precompress)


def _waiting(
    name: str,
    opened: Callable[[], Listening],
    body: Callable[..., None],
    checks: dict[str, Callable[[], None]],
) -> Process:
    """Return a process that can be woken by a nudge while it waits."""

    def run(stop: object) -> None:
        listener = opened()
        try:
            body(stop, listener.wait)
        finally:
            listener.close()

    return Process(name, run, checks)
