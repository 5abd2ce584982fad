"""Carries out what a manifest shows, for every consumer that keeps articles, on its own store."""

import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Final, Protocol
from uuid import UUID

from shared import log, metrics
from shared.bus import BusUnavailable, Done, Outcome, Publisher, Retry
from shared.bus.worker import exponential_pauses
from shared.clock import Clock
from shared.contracts.events import ArticlesManifest, Event, ReplayRequested, new_event
from shared.measuring import measuring
from shared.reconcile import Doubt, Held, Kind, Verdict, chunks, judge, shown
from shared.runtime import Process

_logger = log.get("reconcile")


class Keeper(Protocol):
    """A consumer's store, as reconciliation sees it. What it remembers survives a restart."""

    def is_empty(self) -> bool:
        """Tell whether no event was ever stored, or all of it was wiped."""
        ...

    def held(self, first: UUID, last: UUID) -> Mapping[UUID, Held]:
        """Return how every article held in the range stands, tombstones too."""
        ...

    def doubts(self, first: UUID, last: UUID) -> Mapping[UUID, Doubt]:
        """Return what is remembered of the range. A newer event takes an article's doubt away."""
        ...

    def remember(self, changes: Mapping[UUID, Doubt | None]) -> None:
        """Make the doubts durable; None forgets one."""
        ...

    def bury(self, held: Mapping[UUID, Held]) -> None:
        """Turn these into tombstones, unless a newer version has come meanwhile."""
        ...

    def counts(self) -> Mapping[Kind, int]:
        """Return how many doubts there are of each kind."""
        ...


@dataclass(frozen=True)
class Reconciler:
    """``unavailable`` are the exceptions that say that the consumer's store is down."""

    consumer: str
    keeper: Keeper
    publisher: Publisher
    clock: Clock
    unavailable: tuple[type[Exception], ...]

    def reconcile(self, event: Event) -> Outcome:
        """Compare one manifest. Safe to repeat: nothing is remembered before it was done."""
        try:
            self._compare(event.data, event)
        except self.unavailable as error:
            return Retry(f"the store of {self.consumer} is unavailable: {error}")
        except BusUnavailable as error:
            return Retry(f"the replay was not asked for: {error}")
        return Done()

    def _compare(self, manifest: ArticlesManifest, event: Event) -> None:
        held = self.keeper.held(manifest.first, manifest.last)
        doubts = self.keeper.doubts(manifest.first, manifest.last)
        verdict = judge(manifest, event.time, held, doubts, self.clock())
        if not verdict.agrees:
            self._ask(verdict.ask)
            self.keeper.bury({article_id: held[article_id] for article_id in verdict.bury})
            self.keeper.remember(verdict.changes)
            self._tell(verdict)
        self.measure()

    def _ask(self, ids: Collection[UUID]) -> None:
        requests = [ReplayRequested(consumer=self.consumer, ids=c) for c in chunks([*ids])]
        if requests:
            self.publisher.publish([self._request(request) for request in requests])

    def _request(self, request: ReplayRequested) -> Event:
        source = f"/{self.consumer}"
        return new_event(request, subject=self.consumer, source=source, time=self.clock())

    def _tell(self, verdict: Verdict) -> None:
        mended = metrics.DRIFT_MENDED
        if verdict.ask:
            mended.labels(self.consumer, "replayed").inc(len(verdict.ask))
            _logger.warning("replay_asked", count=len(verdict.ask), ids=shown(verdict.ask))
        if verdict.bury:
            mended.labels(self.consumer, "buried").inc(len(verdict.bury))
            _logger.warning("unlisted_buried", count=len(verdict.bury), ids=shown(verdict.bury))
        if verdict.ahead:
            _logger.error("ahead_of_ingest", count=len(verdict.ahead), ids=shown(verdict.ahead))

    def counts(self) -> dict[tuple[str, ...], float]:
        """Return how many articles are in doubt, by consumer and kind."""
        return {(self.consumer, str(kind)): n for kind, n in self.keeper.counts().items()}

    def measure(self) -> None:
        """Show how many articles are in doubt, now."""
        counts = self.counts()
        for kind in map(str, Kind):
            metrics.DRIFT.labels(self.consumer, kind).set(counts.get((self.consumer, kind), 0))

    def introduce(self, stop: threading.Event) -> None:
        """Ask for everything ever published if the store is empty; returns once that is said.

        So a store that was wiped waits for no manifest, and gets the categories too.
        """
        for pause in exponential_pauses():
            try:
                if self.keeper.is_empty():
                    self.publisher.publish([self._request(ReplayRequested(consumer=self.consumer))])
                    _logger.warning("everything_asked", consumer=self.consumer)
                self.measure()
            except (BusUnavailable, *self.unavailable) as error:  # type: ignore[misc]
                _logger.warning("introduction_waits", reason=str(error), pause=pause)
                if stop.wait(pause):
                    return
            else:
                return


def introduced(loops: list[Process], reconciler: Reconciler) -> list[Process]:
    """Return the loops so changed that none handles an event before the introduction.

    Beside them what shows the drift: another process may have compared the last manifest.
    """
    once = _Once(reconciler)
    kinds = [(reconciler.consumer, str(kind)) for kind in Kind]
    showing = measuring("drift", metrics.DRIFT, kinds, reconciler.counts)
    return [*(replace(loop, run=once.before(loop)) for loop in loops), showing]


class _Once:
    """The first loop to run introduces; the others wait for it, so that all see an empty store."""

    def __init__(self, reconciler: Reconciler) -> None:
        self._reconciler = reconciler
        self._lock: Final = threading.Lock()
        self._done = False

    def before(self, loop: Process) -> "_Run":
        def run(stop: threading.Event) -> None:
            with self._lock:
                if not self._done:
                    self._reconciler.introduce(stop)
                    self._done = True
            loop.run(stop)

        return run


class _Run(Protocol):
    def __call__(self, stop: threading.Event, /) -> None: ...
