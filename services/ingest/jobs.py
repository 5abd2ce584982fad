"""What ingest does by itself: publishes what is due, takes back what expires, replays, manifests.

The database says what is due, so a lost hint, a doubled one or two of these at once do no harm:
everything is decided again inside the transaction that does it.
"""

import threading
from collections.abc import Callable, Iterator
from typing import Final
from uuid import UUID

from services.ingest import publishing
from services.ingest.commands import Result
from services.ingest.replay import send_batch, send_categories, send_manifests
from services.ingest.settings import Settings
from services.ingest.store.published import Published, Scope
from services.ingest.store.store import Due, Store
from services.ingest.store.unit import Unit
from shared import log
from shared.bus import Publisher
from shared.database import is_away
from shared.jobs import Job

_FIRST_MANIFEST_SECONDS = 30.0
_DUE_PAGE: Final = 100
"""Articles that are due, looked up at once."""
_logger = log.get("jobs")


class DueError(Exception):
    """Some of what is due could not be done; all the rest of it was."""


def jobs(settings: Settings, store: Store, published: Published, bus: Publisher) -> tuple[Job, ...]:
    """Return everything that ingest does by itself."""

    def publish(stop: threading.Event) -> bool:
        while not stop.is_set() and publish_due(store, stop):
            pass
        return not stop.is_set()

    def replay(stop: threading.Event) -> bool:
        while not stop.is_set() and replay_some(store, published, bus):
            pass
        return not stop.is_set()

    def manifests(_stop: threading.Event) -> bool:
        send_manifests(published, bus, size=settings.manifest_size, clock=store.clock)
        return True

    every = settings.manifest_seconds
    poll = settings.jobs_poll_seconds
    return (
        Job("publish", "publishes what is due and takes back what has expired", publish, poll),
        Job(
            "replay",
            "sends again what consumers have asked for",
            replay,
            poll,
            heavy=True,
            wake=settings.jobs_wake_dir,
        ),
        Job(
            "manifests",
            "tells consumers what they should hold",
            manifests,
            every,
            first=min(every, _FIRST_MANIFEST_SECONDS),
            heavy=True,
        ),
    )


def publish_due(store: Store, stop: threading.Event | None = None, *, page: int = _DUE_PAGE) -> int:
    """Publish what was scheduled for now or before, and unpublish what has expired; count it.

    An article that cannot be done holds up none of the others: DueError is raised after them. A
    database that is away is the end of it at once.
    """
    failed: list[Exception] = []
    done = 0
    for what, act in ((Due.SCHEDULE, publishing.publish_due), (Due.EXPIRY, publishing.expire)):
        for article_id in _due(store, what, page):
            if stop is not None and stop.is_set():
                return done
            done += _one(store, article_id, act, failed)
    if failed:
        raise DueError(f"{len(failed)} article(s) that are due cannot be done") from failed[0]
    return done


def _due(store: Store, what: Due, page: int) -> Iterator[UUID]:
    """Give each article that is due once, also where those before it stay due."""
    after = None
    while found := store.due(what, after, limit=page):
        for article in found:
            yield article.article_id
        after = found[-1]


def _one(
    store: Store,
    article_id: UUID,
    act: Callable[[Unit, UUID], Result | None],
    failed: list[Exception],
) -> bool:
    try:
        with store.unit() as unit:
            done = act(unit, article_id)
    except Exception as error:
        if is_away(error):
            raise
        _logger.exception("due_failed", article=str(article_id))
        failed.append(error)
        return False
    return done is not None


def replay_some(store: Store, published: Published, bus: Publisher) -> bool:
    """Carry the replay asked for first one batch further; False when there is none."""
    asked = published.next_replay()
    if asked is None:
        return False
    if asked.ids is None and asked.after is None:
        send_categories(published, bus, asked.consumer, store.clock)
    sent = send_batch(published, bus, asked.consumer, Scope(ids=asked.ids), asked.after)
    published.advance(asked, sent[-1] if sent else None)
    return True
