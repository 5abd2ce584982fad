"""Article events in, index writes out. Safe to repeat: every write carries its version."""

from collections.abc import Sequence
from typing import Final

from services.indexing.documents import to_name, to_write
from services.indexing.manifest import compare
from shared import log, metrics
from shared.bus import BusUnavailable, Done, Outcome, Park, Publisher, Retry
from shared.contracts.events import (
    ArticleDelivered,
    ArticlePublished,
    ArticlesManifest,
    ArticleUnpublished,
    CategoryChanged,
    Event,
    ReplayRequested,
    new_event,
)
from shared.index import Index, IndexUnavailable, Written

SOURCE: Final = "/indexing"
OUTCOMES: Final[dict[Written, Outcome]] = {
    Written.STORED: Done(),
    Written.STALE: Done(),  # a newer version is already there
    Written.REJECTED: Park("the index refuses this document"),
    Written.UNAVAILABLE: Retry("the index is unavailable"),
}
_logger = log.get("indexing")


def handle(events: Sequence[Event], *, index: Index, publisher: Publisher) -> list[Outcome]:
    """Return one outcome per event, in order.

    What was stored is said with ``article.delivered`` before its event is done with; a version
    that comes again is said again, so that a crash between the two loses nothing. Manifests are
    compared after the batch's writes.
    """
    outcomes: dict[int, Outcome] = {}
    outcomes |= _articles(events, index, publisher)
    outcomes |= _names(events, index)
    for position, event in enumerate(events):
        if isinstance(event.data, ArticlesManifest):
            outcomes[position] = _reconcile(event, event.data, index, publisher)
        elif position not in outcomes:
            outcomes[position] = Park(f"indexing does not receive {event.type}")
    return [outcomes[position] for position in range(len(events))]


def _articles(events: Sequence[Event], index: Index, publisher: Publisher) -> dict[int, Outcome]:
    writes = {
        position: to_write(event.data)
        for position, event in enumerate(events)
        if isinstance(event.data, ArticlePublished | ArticleUnpublished)
    }
    if not writes:
        return {}
    written = dict(zip(writes, index.write(list(writes.values())), strict=True))
    outcomes = {position: OUTCOMES[result] for position, result in written.items()}
    stale = sum(result is Written.STALE for result in written.values())
    metrics.REPEATS.labels("indexing").inc(stale)
    stored = [position for position, result in written.items() if result is Written.STORED]
    try:
        _say_delivered([events[position] for position in stored], publisher)
    except BusUnavailable as error:
        outcomes |= dict.fromkeys(stored, Retry(f"stored, but not said: {error}"))
    return outcomes


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
    return {position: OUTCOMES[result] for position, result in zip(names, written, strict=True)}


def _reconcile(
    event: Event, manifest: ArticlesManifest, index: Index, publisher: Publisher
) -> Outcome:
    try:
        held = index.versions(manifest.first, manifest.last)
    except IndexUnavailable as error:
        return Retry(f"the index is unavailable: {error}")
    found = compare(manifest, held)
    if found.ahead or found.unlisted:
        _logger.warning(
            "index_differs_from_manifest", ahead=len(found.ahead), unlisted=len(found.unlisted)
        )
    if not found.behind:
        return Done()
    request = ReplayRequested(consumer="indexing", ids=found.behind)
    try:
        publisher.publish([new_event(request, subject="indexing", source=SOURCE, time=event.time)])
    except BusUnavailable as error:
        return Retry(f"the replay was not asked for: {error}")
    _logger.info("replay_requested", ids=len(found.behind))
    return Done()
