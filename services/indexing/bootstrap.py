"""Composition root of the indexing service. Importing it opens nothing."""

from dataclasses import replace
from functools import partial

from services.indexing.consumer import handle
from services.indexing.settings import Settings
from shared.bus import Bus, open_bus, topology, worker
from shared.index import Index, open_index
from shared.runtime import Process


def build_consumer(
    settings: Settings, *, bus: Bus | None = None, index: Index | None = None
) -> list[Process]:
    """Return the consumer, one process for each of its queues, around one writer of the index."""
    bus = bus or open_bus(settings.bus_url)
    index = index or open_index(settings.search_index_url)
    loops = worker.processes(bus, topology.INDEXING, partial(handle, index=index, publisher=bus))
    return [replace(loop, checks={**loop.checks, "index": index.check}) for loop in loops]


def processes(settings: Settings, *, bus: Bus | None = None) -> list[Process]:
    """Return every background process of the service."""
    return build_consumer(settings, bus=bus)
