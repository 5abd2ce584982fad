"""Article and category events in, marks on pages out. Safe to repeat: versions only rise."""

from collections.abc import Callable, Sequence

from services.render import paths
from services.render.records import unfit
from services.render.store import Change, Store
from services.render.tables import Priority
from shared.bus import BATCH, Done, Outcome, Park, Retry
from shared.contracts.events import (
    ArticlePublished,
    ArticlesManifest,
    ArticleUnpublished,
    CategoryChanged,
    Event,
)
from shared.database import UNAVAILABLE
from shared.reconciler import Reconciler

CONSUMER = "render"
SOURCE = "/render"
PIECE = 25
"""Changes of the bulk lane in one transaction; today's news waits for one of these at most."""


def handle(
    events: Sequence[Event],
    store: Store,
    reconciler: Reconciler,
    *,
    priority: Priority = Priority.LIVE,
    piece: int = BATCH,
    wake: Callable[[], None],
) -> list[Outcome]:
    """Return one outcome for each event. At most ``piece`` changes are one transaction."""
    outcomes = [_fitness(event) for event in events]
    changes = [
        event.data
        for event, outcome in zip(events, outcomes, strict=True)
        if isinstance(outcome, Done) and not isinstance(event.data, ArticlesManifest)
    ]
    if changes:
        try:
            for start in range(0, len(changes), piece):
                store.take(changes[start : start + piece], priority)
        except UNAVAILABLE as error:
            return [Retry(f"the page database is unavailable: {error}") for _ in events]
        wake()
    for index, event in enumerate(events):
        if isinstance(event.data, ArticlesManifest):
            outcomes[index] = reconciler.reconcile(event)
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


__all__ = ["CONSUMER", "SOURCE", "Change", "handle"]
