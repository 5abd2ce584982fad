"""Article and category events in, marks on pages out. Safe to repeat: versions only rise."""

from collections.abc import Callable, Sequence

from sqlalchemy.exc import DatabaseError

from services.render import manifest, paths
from services.render.records import unfit
from services.render.store import Change, Store
from services.render.tables import Priority
from shared import log
from shared.bus import BusUnavailable, Done, Outcome, Park, Publisher, Retry
from shared.clock import Clock
from shared.contracts.events import (
    ArticlePublished,
    ArticlesManifest,
    ArticleUnpublished,
    CategoryChanged,
    Event,
    ReplayRequested,
    new_event,
)

_logger = log.get("render.consumer")
CONSUMER = "render"
SOURCE = "/render"


def handle(
    events: Sequence[Event],
    store: Store,
    publisher: Publisher,
    clock: Clock,
    *,
    priority: Priority = Priority.LIVE,
    wake: Callable[[], None],
) -> list[Outcome]:
    """Return one outcome for each event. All changes of the batch are one transaction."""
    outcomes = [_fitness(event) for event in events]
    changes = [
        event.data
        for event, outcome in zip(events, outcomes, strict=True)
        if isinstance(outcome, Done) and not isinstance(event.data, ArticlesManifest)
    ]
    if changes:
        try:
            store.take(changes, priority)
        except (DatabaseError, OSError) as error:
            return [Retry(f"the page database is unavailable: {error}") for _ in events]
        wake()
    for index, event in enumerate(events):
        if isinstance(event.data, ArticlesManifest):
            outcomes[index] = _reconcile(event.data, store, publisher, clock)
    return outcomes


def _fitness(event: Event) -> Outcome:
    data = event.data
    if isinstance(data, ArticlePublished | ArticleUnpublished):
        why = unfit(data)
        return Done() if why is None else Park(why)
    if isinstance(data, CategoryChanged):
        slug = data.category.slug
        return Done() if paths.is_slug(slug) else Park(f"{slug[:100]!r} is no slug of a category")
    if isinstance(data, ArticlesManifest):
        return Done()
    return Park(f"render does not take {event.type}")


def _reconcile(
    found: ArticlesManifest, store: Store, publisher: Publisher, clock: Clock
) -> Outcome:
    try:
        drift = manifest.compare(found, store.between(found))
    except DatabaseError as error:
        return Retry(f"the page database is unavailable: {error}")
    if drift.ahead or drift.unlisted:
        _logger.warning(
            "drift", ahead=[*map(str, drift.ahead)], unlisted=[*map(str, drift.unlisted)]
        )
    if not drift.behind:
        return Done()
    request = ReplayRequested(consumer=CONSUMER, ids=drift.behind)
    try:
        publisher.publish([new_event(request, subject=CONSUMER, source=SOURCE, time=clock())])
    except BusUnavailable as error:
        return Retry(f"the bus does not take the request: {error}")
    return Done()


__all__ = ["CONSUMER", "SOURCE", "Change", "handle"]
