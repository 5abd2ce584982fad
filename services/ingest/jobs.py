"""What ingest does by itself: publishes what is due, takes back what expires, replays, manifests.

The database says what is due, so a lost wake-up, a doubled one or two of these at once do no
harm: everything is decided again inside the transaction that does it.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from services.ingest import publishing
from services.ingest.commands import Result
from services.ingest.replay import send_batch, send_categories, send_manifests
from services.ingest.store.published import Published, Scope
from services.ingest.store.store import Store
from services.ingest.store.unit import Unit
from shared import log
from shared.bus import BusUnavailable, Publisher
from shared.wake import Listener

_LONGEST_PAUSE = 30.0
_logger = log.get("jobs")


def publish_due(store: Store) -> int:
    """Publish what was scheduled for now or before, and unpublish what has expired; count it."""
    scheduled, expired = store.due()
    done = [_one(store, article_id, publishing.publish_due) for article_id in scheduled]
    done += [_one(store, article_id, publishing.expire) for article_id in expired]
    return sum(done)


def _one(store: Store, article_id: UUID, act: Callable[[Unit, UUID], Result | None]) -> bool:
    try:
        with store.unit() as unit:
            done = act(unit, article_id)
    except SQLAlchemyError:
        raise
    except Exception:  # one article that cannot be done must not hold up the others
        _logger.exception("due_failed", article=str(article_id))
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


@dataclass
class Jobs:
    """Runs everything that is due, until told to stop."""

    store: Store
    published: Published
    bus: Publisher
    wake: Path
    poll: float
    manifest_every: float
    manifest_size: int
    _trouble: str | None = field(default=None, init=False)

    def run(self, stop: threading.Event) -> None:
        """Look for work every ``poll`` seconds and when woken; wait longer after a failure."""
        listener = Listener(self.wake)
        manifest_due = self.store.clock().timestamp() + min(self.manifest_every, 30.0)
        pause = self.poll
        try:
            while not stop.is_set():
                moment = self.store.clock().timestamp()
                if self._tried(self._due):
                    pause = self.poll
                    if moment >= manifest_due and self._tried(self._manifests):
                        manifest_due = moment + self.manifest_every
                else:
                    stop.wait(pause)
                    pause = min(pause * 2, _LONGEST_PAUSE)
                    continue
                listener.wait(self.poll)
        finally:
            listener.close()

    def check(self) -> None:
        """Raise RuntimeError, with the reason, while the work cannot be done."""
        if self._trouble is not None:
            raise RuntimeError(self._trouble)

    def _due(self) -> None:
        while publish_due(self.store):
            pass
        while replay_some(self.store, self.published, self.bus):
            publish_due(self.store)

    def _manifests(self) -> None:
        send_manifests(self.published, self.bus, size=self.manifest_size, clock=self.store.clock)

    def _tried(self, job: Callable[[], None]) -> bool:
        try:
            job()
        except (BusUnavailable, SQLAlchemyError, OSError) as error:
            if self._trouble is None:
                _logger.warning("jobs_wait", reason=str(error))
            self._trouble = str(error) or type(error).__name__
            return False
        self._trouble = None
        return True
