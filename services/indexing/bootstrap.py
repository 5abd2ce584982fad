"""Composition root of the indexing service. Importing it opens nothing."""

from functools import partial

from services.indexing.consumer import PIECE, handle
from services.indexing.reconciling import reconciler
from services.indexing.settings import Settings
from shared import clock
from shared.bus import BATCH, Bus, open_bus, topology
from shared.bus.topology import Lane
from shared.bus.worker import Worker
from shared.index import Index, open_index
from shared.reconciler import introduced
from shared.runtime import Process


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


def processes(settings: Settings, *, bus: Bus | None = None) -> list[Process]:
    """Return every background process of the service."""
    return build_consumer(settings, bus=bus)
