"""The composition root: connects adapters and returns processes. Importing it opens nothing."""

from functools import partial
from typing import TYPE_CHECKING, Any

from services.ingest.consumer import handler, undelivered_ages
from services.ingest.jobs import jobs
from services.ingest.relay import Relay
from services.ingest.settings import Settings
from services.ingest.store.files import Files
from services.ingest.store.outbox import CHANNEL, Outbox
from services.ingest.store.published import TELLERS, Published
from services.ingest.store.store import Store
from services.ingest.store.tokens import Tokens
from shared import metrics, migrations
from shared.bus import Bus, Publisher, open_bus, topology, worker
from shared.clock import now
from shared.database import Database
from shared.jobs import jobs_process
from shared.jobs.turns import turns
from shared.measuring import measuring
from shared.nudge import listen
from shared.runtime import Process, serve
from shared.wake import Caller

if TYPE_CHECKING:
    from flask import Flask


def migrate(settings: Settings | None = None) -> None:
    """Bring the database to its newest form; safe to repeat."""
    migrations.upgrade("ingest", (settings or Settings()).ingest_database_url)


def open_store(settings: Settings) -> Store:
    """Open the database; commits that leave events behind wake the relay."""
    wake = Caller(settings.ingest_wake_dir)
    return Store(Database(settings.ingest_database_url), committed=wake.call)


def build_app(settings: Settings | None = None, *, store: Store | None = None) -> "Flask":
    """Return the HTTP API. Tests pass their own store."""
    # Only who answers over HTTP loads what is for that: it takes memory, and time at each start.
    from services.ingest.api import articles, categories, docs, imports, media  # noqa: PLC0415
    from services.ingest.api.app import create_app  # noqa: PLC0415
    from services.ingest.api.requests import Gate  # noqa: PLC0415

    settings = settings or Settings()
    store = store or open_store(settings)
    files = Files(settings.media_dir)
    gate = Gate(Tokens(store.database, store.clock))
    return create_app(
        [
            articles.blueprint(store, gate),
            categories.blueprint(store, gate),
            imports.blueprint(store, gate),
            media.blueprint(store, files, gate, pixels=settings.media_pixels),
            media.public_blueprint(store, files),
            docs.blueprint(),
        ]
    )


def build_api(settings: Settings) -> Process:
    """Return the API as a process of its own."""
    store = open_store(settings)
    app = build_app(settings, store=store)
    return Process(
        "api",
        lambda stop: serve(
            app, settings.ingest_host, settings.ingest_port, stop, threads=settings.ingest_threads
        ),
        {"database": store.check},
        app,
    )


def build_relay(
    settings: Settings, *, store: Store | None = None, bus: Bus | None = None
) -> Process:
    """Return the relay. Any number of them may run at once."""
    store = store or open_store(settings)
    bus = bus or open_bus(settings.bus_url)
    relay = Relay(
        Outbox(store.database),
        bus,
        lambda: listen(store.database, CHANNEL, settings.ingest_wake_dir),
        poll=settings.relay_poll_seconds,
    )
    metrics.OUTBOX_OLDEST.set_function(relay.age)
    return Process("relay", relay.run, {"database": store.check, "bus": relay.check})


def build_consumers(
    settings: Settings, *, store: Store | None = None, bus: Bus | None = None
) -> list[Process]:
    """Return one process for each lane that ingest receives on, and what watches deliveries."""
    store = store or open_store(settings)
    bus = bus or open_bus(settings.bus_url)
    wake = Caller(settings.jobs_wake_dir)
    published = Published(store.database)
    handle = handler(published, clock=store.clock, asked=wake.call)
    return [
        *worker.processes(bus, topology.INGEST, handle, store_check=store.check),
        measuring(
            "deliveries",
            metrics.UNDELIVERED_OLDEST,
            [(consumer,) for consumer in TELLERS],
            partial(undelivered_ages, published, store.clock),
        ),
    ]


def build_jobs(
    settings: Settings, *, store: Store | None = None, bus: Publisher | None = None
) -> Process:
    """Return what ingest does by itself. Two at once do no harm."""
    store = store or open_store(settings)
    own = jobs(settings, store, Published(store.database), bus or open_bus(settings.bus_url))
    turn, checks = turns(store.database), {"database": store.check}
    return jobs_process("ingest", own, bus_url=settings.bus_url, turn=turn, checks=checks)


def figures(settings: Settings | None = None) -> dict[str, Any]:
    """Return what operators ask of ingest, read from its database; it need not run.

    ``outbox``: events waiting and the oldest's age in seconds. ``delivered``: by consumer, when
    it last told of a version, and how many seconds after that was accepted (None: unknown).
    """
    database = Database((settings or Settings()).ingest_database_url)
    try:
        outbox = Outbox(database)
        oldest = outbox.oldest()
        delivered = {
            consumer: {
                "at": at.isoformat(),
                "lag_seconds": (at - accepted).total_seconds() if accepted else None,
            }
            for consumer, (at, accepted) in Published(database).last_delivered().items()
        }
        age = max((now() - oldest).total_seconds(), 0.0) if oldest else 0.0
        outbox_now = {"waiting": outbox.count(), "oldest_seconds": age}
        return {"outbox": outbox_now, "delivered": delivered}
    finally:
        database.close()


def processes(settings: Settings | None = None) -> list[Process]:
    """Return every process without public HTTP, on one database and one bus."""
    settings = settings or Settings()
    store = open_store(settings)
    bus = open_bus(settings.bus_url)
    return [
        build_relay(settings, store=store, bus=bus),
        *build_consumers(settings, store=store, bus=bus),
        build_jobs(settings, store=store, bus=bus),
    ]
