"""Composition root of the indexing service. Importing it opens nothing."""

from functools import partial
from typing import TYPE_CHECKING

from services.indexing.consumer import PIECE, handle
from services.indexing.reconciling import reconciler
from services.indexing.settings import Settings
from shared import clock
from shared.bus import BATCH, Bus, open_bus, topology
from shared.bus.topology import Lane
from shared.bus.worker import Worker
from shared.index import Index, open_index
from shared.jobs import jobs_process
from shared.reconciler import introduced
from shared.runtime import Process

if TYPE_CHECKING:
    from services.indexing.command import Command
    from shared.index.elastic import Reindexing


def build_consumer(
    settings: Settings, *, bus: Bus | None = None, index: Index | None = None
) -> list[Process]:
    """Return the consumer, one process for each of its queues, around one writer of the index."""
    bus = bus or open_bus(settings.bus_url)
    index = index or open_index(settings.search_index_url)
    comparing = reconciler(index, bus, clock.now)
    loops = []
    for queue in topology.INDEXING.queues:
        piece = PIECE if queue.lane is Lane.BULK else BATCH
        handler = partial(handle, index=index, publisher=bus, reconciler=comparing, piece=piece)
        worker = Worker(bus, queue, handler, store_check=index.check)
        checks = {"bus": bus.check, "worker": worker.check, "index": index.check}
        loops.append(Process(f"consumer-{queue.lane}", worker.run, checks))
    return introduced(loops, comparing)


def build_jobs(settings: Settings, *, bus: Bus | None = None) -> Process:
    """Return what indexing does by itself. Two at once do no harm. Raises ValueError.

    Only an index on Elasticsearch has jobs.
    """
    place = open_reindexing(settings)
    from services.indexing.jobs import jobs  # noqa: PLC0415 - needs Elasticsearch's client

    own = jobs(settings, place, bus or open_bus(settings.bus_url), clock.now)
    checks = {"index": place.check}
    return jobs_process("indexing", own, bus_url=settings.bus_url, checks=checks)


def build_command(settings: Settings, *, bus: Bus | None = None) -> "Command":
    """Return what a reindex by hand is done with. Raises ValueError."""
    place = open_reindexing(settings)
    from services.indexing.command import Command  # noqa: PLC0415 - likewise

    return Command(settings, place, bus or open_bus(settings.bus_url), clock.now)


def open_reindexing(settings: Settings) -> "Reindexing":
    """Open what a reindex needs of the search server. Raises ValueError for the embedded index."""
    if not has_jobs(settings):
        raise ValueError(
            "The embedded index knows no reindex: stop, delete the folder index in BANTIN_DATA_DIR,"
            " start (docs/runbooks/drift.md). This is for BANTIN_SEARCH_INDEX=elasticsearch://…"
        )
    from shared.index.elastic import Reindexing  # noqa: PLC0415 - an adapter loads on demand

    return Reindexing(settings.search_index_url, settings.reindex_lease_seconds)


def has_jobs(settings: Settings) -> bool:
    return settings.search_index_url.startswith("elasticsearch")


def processes(settings: Settings, *, bus: Bus | None = None) -> list[Process]:
    """Return every background process of the service."""
    bus = bus or open_bus(settings.bus_url)
    jobs = [build_jobs(settings, bus=bus)] if has_jobs(settings) else []
    return [*build_consumer(settings, bus=bus), *jobs]
