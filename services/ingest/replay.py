"""Current state sent again to one consumer, and manifests of everything, on its bulk queue.

Both go to the bus directly, not through the outbox: they say nothing that is not in the
database, so a crash only means saying it again; and a hundred thousand of them in the outbox
would stand before today's news.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final
from uuid import UUID

from services.ingest.public import SOURCE
from services.ingest.store.published import Published, Scope
from shared.bus import Publisher
from shared.bus.topology import CONSUMERS
from shared.clock import Clock, now
from shared.contracts.events import (
    ArticlesManifest,
    CategoryChanged,
    Event,
    ManifestEntry,
    new_event,
)

BATCH: Final = 100
"""Articles read and sent at a time: about a megabyte."""
BATCH_SIZE: Final = 4 * 1024 * 1024
"""Characters of their texts after which no further article is taken."""
_FIRST, _LAST = UUID(int=0), UUID(int=2**128 - 1)
TARGETS: Final = tuple(
    name for name, consumer in CONSUMERS.items() if ArticlesManifest in consumer.receives
)
"""Consumers that articles can be sent to again."""


def send_categories(published: Published, bus: Publisher, consumer: str, clock: Clock) -> int:
    """Send every category's name and place; return how many."""
    events = [
        new_event(
            CategoryChanged(
                category=category.label, position=category.position, version=category.version
            ),
            subject=category.slug,
            source=SOURCE,
            time=clock(),
        )
        for category in published.categories()
    ]
    if events:
        bus.publish(events, bulk_for=consumer)
    return len(events)


def send_batch(
    published: Published,
    bus: Publisher,
    consumer: str,
    scope: Scope,
    after: UUID | None,
    *,
    size: int = BATCH_SIZE,
) -> list[UUID]:
    """Send the next articles' current state, unpublished ones too; return their ids."""
    ids = published.fitting(published.after(after, scope, BATCH), size)
    events = [
        new_event(
            standing.event, subject=str(standing.event.id), source=SOURCE, time=standing.since
        )
        for standing in published.states(ids)
    ]
    if events:
        bus.publish(events, bulk_for=consumer)
    return ids


def replay(
    published: Published,
    bus: Publisher,
    consumer: str,
    scope: Scope,
    *,
    clock: Clock = now,
    size: int = BATCH_SIZE,
) -> Iterator[int]:
    """Send current state of every article in scope; give the count after every batch.

    Raises BusUnavailable, SQLAlchemyError; sending it all again does no harm.
    """
    if scope.ids is None:
        send_categories(published, bus, consumer, clock)
    sent, after = 0, None
    while ids := send_batch(published, bus, consumer, scope, after, size=size):
        sent, after = sent + len(ids), ids[-1]
        yield sent


def manifests(published: Published, *, size: int, clock: Clock = now) -> Iterator[Event]:
    """Give manifests whose ranges of ids follow on one another and leave no id out.

    A manifest's time lies before its view of the database: consumers rely on every change made
    by then being in it.
    """
    first, after = _FIRST, None
    while True:
        at = clock()
        entries = published.manifest(after, size)
        is_last = len(entries) < size
        last = _LAST if is_last else entries[-1].id
        yield _manifest(first, last, entries, at)
        if is_last or last == _LAST:
            return
        first, after = UUID(int=last.int + 1), last


def send_manifests(published: Published, bus: Publisher, *, size: int, clock: Clock = now) -> int:
    """Send the manifests to every consumer that keeps articles; return how many events.

    Every category goes before them: there are few, so they are told rather than compared.
    """
    sent = 0
    for consumer in TARGETS:
        send_categories(published, bus, consumer, clock)
    for event in manifests(published, size=size, clock=clock):
        for consumer in TARGETS:
            bus.publish([event], bulk_for=consumer)
            sent += 1
    return sent


def _manifest(first: UUID, last: UUID, entries: list[ManifestEntry], at: datetime) -> Event:
    data = ArticlesManifest(first=first, last=last, entries=tuple(entries))
    return new_event(data, subject=str(first), source=SOURCE, time=at)
