"""Article events in, index writes out. Safe to repeat: every write carries its version."""

from collections.abc import Sequence
from typing import Final

from services.indexing.documents import to_name, to_write
from shared import metrics
from shared.bus import BATCH, BusUnavailable, Done, Outcome, Park, Publisher, Retry
from shared.contracts.events import (
    ArticleDelivered,
    ArticlePublished,
    ArticlesManifest,
    ArticleUnpublished,
    CategoryChanged,
    Event,
    new_event,
)
from shared.index import Index, Write, Written
from shared.reconciler import Reconciler

SOURCE: Final = "/indexing"
_DONE: Final = (Written.STORED, Written.STALE)
"""STALE: a newer version is already there."""
PIECE: Final = 50
"""Articles of the bulk lane written at a time; today's news waits for one piece at most."""


def handle(
    events: Sequence[Event],
    *,
    index: Index,
    publisher: Publisher,
    reconciler: Reconciler,
    piece: int = BATCH,
) -> list[Outcome]:
    """Return one outcome per event, in order. At most ``piece`` articles are written in a row.

    What was stored is said with ``article.delivered`` before its event is done with; a version
    that comes again is said again, so that a crash between the two loses nothing. Manifests are
    compared after the batch's writes.
    """
    outcomes: dict[int, Outcome] = {}
    outcomes |= _articles(events, index, publisher, piece)
    outcomes |= _names(events, index)
    for position, event in enumerate(events):
        if isinstance(event.data, ArticlesManifest):
            outcomes[position] = reconciler.reconcile(event)
        elif position not in outcomes:
            outcomes[position] = Park(f"indexing does not receive {event.type}")
    return [outcomes[position] for position in range(len(events))]


def _articles(
    events: Sequence[Event], index: Index, publisher: Publisher, piece: int
) -> dict[int, Outcome]:
    writes = {
        position: to_write(event.data)
        for position, event in enumerate(events)
        if isinstance(event.data, ArticlePublished | ArticleUnpublished)
    }
    if not writes:
        return {}
    written = dict(zip(writes, _in_pieces([*writes.values()], index, piece), strict=True))
    outcomes = {position: _outcome(result) for position, result in written.items()}
    stale = sum(result == Written.STALE for result in written.values())
    metrics.REPEATS.labels("indexing").inc(stale)
    stored = [position for position, result in written.items() if result == Written.STORED]
    try:
        _say_delivered([events[position] for position in stored], publisher)
    except BusUnavailable as error:
        outcomes |= dict.fromkeys(stored, Retry(f"stored, but not said: {error}"))
    return outcomes


def _in_pieces(writes: Sequence[Write], index: Index, piece: int) -> list[Written]:
    """Write a few at a time: between two pieces the index is whoever's waits for it."""
    return [
        written
        for start in range(0, len(writes), piece)
        for written in index.write(writes[start : start + piece])
    ]


def _outcome(result: Written) -> Outcome:
    if result in _DONE:
        return Done()
    why = f": {result.reason}" if result.reason else ""
    if result == Written.REJECTED:
        return Park(f"the index refuses this document{why}")
    return Retry(f"the index is unavailable{why}")


def _say_delivered(events: Sequence[Event], publisher: Publisher) -> None:
    """Tell ingest; the time stays that of the cause, from which lag is measured."""
    delivered = [
        new_event(
            ArticleDelivered(consumer="indexing", id=event.data.id, version=event.data.version),
            subject=event.subject,
            source=SOURCE,
            time=event.time,
        )
        for event in events
    ]
    if delivered:
        publisher.publish(delivered)


def _names(events: Sequence[Event], index: Index) -> dict[int, Outcome]:
    names = {
        position: to_name(event.data)
        for position, event in enumerate(events)
        if isinstance(event.data, CategoryChanged)
    }
    if not names:
        return {}
    written = index.rename(list(names.values()))
    return {position: _outcome(result) for position, result in zip(names, written, strict=True)}
