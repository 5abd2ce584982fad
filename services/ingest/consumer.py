"""What consumers tell ingest: a version is delivered; a replay is needed. Safe to repeat."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Final

from services.ingest.replay import TARGETS
from services.ingest.store.published import TELLERS, Published
from shared import metrics
from shared.bus import Done, Handler, Outcome, Park, Retry
from shared.clock import Clock, now
from shared.contracts.events import ArticleDelivered, Event, ReplayRequested
from shared.database import UNAVAILABLE

_WATCHED: Final = timedelta(days=1)
"""Publications older than this that were never delivered are drift's matter."""


def handle(
    events: Sequence[Event], published: Published, clock: Clock, asked: Callable[[], None]
) -> list[Outcome]:
    """Keep what was told. A replay is only written down: ``jobs`` carries it out, piece by piece.

    Done in here, a replay of everything would hold up the queue, and a crash would begin it anew.
    """
    at = clock()
    outcomes = [_judged(event) for event in events]
    good = [event for event, outcome in zip(events, outcomes, strict=True) if outcome == Done()]
    delivered = [e.data for e in good if isinstance(e.data, ArticleDelivered)]
    requested = [(e.id, e.data) for e in good if isinstance(e.data, ReplayRequested)]
    try:
        new = published.keep(delivered, requested, at)
    except UNAVAILABLE as error:
        return [Retry(f"the database is unavailable: {error}") for _ in events]
    for consumer, accepted in new:
        lag = (at - accepted).total_seconds()
        metrics.DELIVERY_LAG.labels(consumer).observe(max(0.0, lag))
    if requested:
        asked()
    return outcomes


def undelivered_ages(published: Published, clock: Clock) -> dict[tuple[str, ...], float]:
    """Return how many seconds each consumer's oldest undelivered publication of a day waits."""
    at = clock()
    found = published.undelivered(at - _WATCHED)
    return {(who,): max(0.0, (at - since).total_seconds()) for who, since in found.items()}


def _judged(event: Event) -> Outcome:
    if isinstance(event.data, ArticleDelivered):
        return Done()
    if isinstance(event.data, ReplayRequested):
        if event.data.consumer in TARGETS:
            return Done()
        return Park(f"nothing can be replayed to {event.data.consumer[:100]!r}")
    return Park(f"ingest does not receive {event.type}")


def handler(
    published: Published, *, clock: Clock = now, asked: Callable[[], None] = lambda: None
) -> Handler:
    """Return the handler with its store; ``asked`` is called when a replay is waiting."""
    for consumer in TELLERS:
        metrics.DELIVERY_LAG.labels(consumer)  # a rate misses what comes with the first sample
    return partial(handle, published=published, clock=clock, asked=asked)
