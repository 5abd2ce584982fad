"""Every queue and what flows into it, in one place."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from shared.contracts.events import (
    ArticleDelivered,
    ArticlePublished,
    ArticlesManifest,
    ArticleUnpublished,
    CategoryChanged,
    PageViewed,
    Payload,
    ReplayRequested,
)

DELIVERY_LIMIT: Final = 20
"""Attempts after which a message that keeps failing is parked."""


class Lane(StrEnum):
    """Traffic that must not delay other traffic travels in a queue of its own."""

    LIVE = "live"
    BULK = "bulk"
    VISITS = "visits"


@dataclass(frozen=True, slots=True)
class Queue:
    consumer: str
    lane: Lane

    @property
    def name(self) -> str:
        return f"{self.consumer}.{self.lane}"


@dataclass(frozen=True, slots=True)
class Consumer:
    """Who receives which events, on which lanes."""

    name: str
    receives: tuple[type[Payload], ...]
    lanes: tuple[Lane, ...]

    def queue(self, lane: Lane) -> Queue:
        if lane not in self.lanes:
            raise ValueError(f"{self.name} has no {lane} queue")
        return Queue(self.name, lane)

    @property
    def queues(self) -> tuple[Queue, ...]:
        return tuple(Queue(self.name, lane) for lane in self.lanes)


_ARTICLES = (ArticlePublished, ArticleUnpublished, CategoryChanged, ArticlesManifest)
INGEST: Final = Consumer("ingest", (ArticleDelivered, ReplayRequested), (Lane.LIVE,))
INDEXING: Final = Consumer("indexing", _ARTICLES, (Lane.LIVE, Lane.BULK))
RENDER: Final = Consumer("render", _ARTICLES, (Lane.LIVE, Lane.BULK))
VISITS: Final = Consumer("visits", (PageViewed,), (Lane.VISITS,))
CONSUMERS: Final = {consumer.name: consumer for consumer in (INGEST, INDEXING, RENDER, VISITS)}
QUEUES: Final = {queue.name: queue for c in CONSUMERS.values() for queue in c.queues}


def queues_for(payload: type[Payload], *, bulk_for: str | None = None) -> tuple[Queue, ...]:
    """Return the queues an event of this payload goes to; ValueError where nobody receives it."""
    if bulk_for is not None:
        consumer = CONSUMERS[bulk_for]
        if payload not in consumer.receives:
            raise ValueError(f"{bulk_for} does not receive {payload.__name__}")
        return (consumer.queue(Lane.BULK),)
    found = tuple(
        consumer.queue(Lane.VISITS if Lane.VISITS in consumer.lanes else Lane.LIVE)
        for consumer in CONSUMERS.values()
        if payload in consumer.receives
    )
    if not found:
        raise ValueError(f"nobody receives {payload.__name__}")
    return found
