"""The search index as reconciliation sees it."""

from collections.abc import Mapping
from uuid import UUID

from shared.bus import Publisher
from shared.clock import Clock
from shared.index import Index, IndexUnavailable, Write, Written
from shared.reconcile import Doubt, Held, Kind
from shared.reconciler import Reconciler

_TOMBSTONE = "gone"


class IndexKeeper:
    """Keeps doubts in the index itself: who wipes it wipes them too."""

    def __init__(self, index: Index) -> None:
        self._index = index

    def is_empty(self) -> bool:
        return self._index.is_empty()

    def held(self, first: UUID, last: UUID) -> Mapping[UUID, Held]:
        versions = self._index.versions(first, last)
        return {record: Held(version, state) for record, (version, state) in versions.items()}

    def doubts(self, first: UUID, last: UUID) -> Mapping[UUID, Doubt]:
        return self._index.doubts(first, last)

    def remember(self, changes: Mapping[UUID, Doubt | None]) -> None:
        self._index.remember(changes)

    def bury(self, held: Mapping[UUID, Held]) -> None:
        """Write tombstones. Raises IndexUnavailable unless every one is durable or overtaken."""
        writes = [Write(i, one.version, None, _TOMBSTONE) for i, one in held.items()]
        if writes and Written.UNAVAILABLE in self._index.write(writes):
            raise IndexUnavailable("a tombstone could not be written")

    def counts(self) -> Mapping[Kind, int]:
        return self._index.counts()


def reconciler(index: Index, publisher: Publisher, clock: Clock) -> Reconciler:
    """Return what compares manifests with ``index``."""
    return Reconciler("indexing", IndexKeeper(index), publisher, clock, (IndexUnavailable,))
