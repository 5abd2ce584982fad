"""Every queue and what flows into it, in one place."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from shared.contracts.events import (
    TYPE_OF,
    ArticleDelivered,
    ArticlePublished,
    ArticlesManifest,
    ArticleUnpublished,
    CategoryChanged,
    PageViewed,
    Payload,
    ReplayRequested,
)

EXCHANGE: Final = "bantin.events"
"""The one exchange of a broker, of type topic; an embedded bus has none."""
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

    @property
    def dead_letters(self) -> str:
        """The broker's queue for what this one could not deliver; one each, so they are counted."""
        return f"{self.name}.dead"

    def routing_key(self, payload: type[Payload]) -> str:
        """Return ``<lane>.<consumer>.<event>``, such as ``live.render.article.published``.

        An event goes to each of its queues under a key of its own, so that the broker tells us
        when one of them does not get it.
        """
        return f"{self.lane}.{self.consumer}.{short_name(payload)}"

    @property
    def routing_keys(self) -> tuple[str, ...]:
        """Every key that is bound to this queue."""
        return tuple(self.routing_key(payload) for payload in CONSUMERS[self.consumer].receives)


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


def short_name(payload: type[Payload]) -> str:
    """Return an event's name as people say it: ``article.published``."""
    return TYPE_OF[payload].removeprefix("vn.bantin.").rpartition(".v")[0]


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
