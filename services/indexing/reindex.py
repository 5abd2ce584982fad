"""A new index beside the live one: filled by a replay, compared, swapped in, proved.

What there is to do is read from the server each time: from the aliases, and from the note that the
lease keeps. So it may be killed anywhere, and whoever has the lease goes on. Readers see the live
index alone, and every event goes on being written to it.
"""

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final
from uuid import UUID

from services.indexing.consumer import SOURCE
from services.indexing.waiting import Pace, Waiting
from shared import log, metrics
from shared.bus import Bus, topology
from shared.bus.topology import Lane
from shared.clock import Clock
from shared.contracts.events import ReplayRequested, new_event
from shared.index import IndexUnavailable, Written
from shared.index.elastic import Reindexing, schema
from shared.index.elastic.lease import Note
from shared.index.elastic.transfer import MOST, Lack
from shared.reconcile import chunks, shown

_CONSUMER: Final = topology.INDEXING.name
_BULK: Final = topology.INDEXING.queue(Lane.BULK).name
Tell = Callable[[str], None]
_logger = log.get("reindex")


class NewerLayoutError(Exception):
    """An index was made by newer code than this; only that code may go on with it."""


class Reindex:
    """Brings a reindex on. Whoever calls anything but ``is_due`` has taken the lease.

    Raises IndexUnavailable, BusUnavailable, LeaseLostError; after any of them it can be gone on
    with. ``tell`` is given lines for people.
    """

    def __init__(
        self, place: Reindexing, bus: Bus, clock: Clock, *, tell: Tell, pace: Pace | None = None
    ) -> None:
        self._indices = place.indices
        self._transfer = place.transfer
        self._lease = place.lease
        self._bus = bus
        self._clock = clock
        self._tell = tell
        self._pace = pace or Pace()

    def is_due(self) -> bool:
        """Tell whether one is wanted or half done, and show how far it is."""
        targets, note = self._indices.targets(), self._lease.note
        begun = 0.0
        if targets.next is not None:
            begun = self._indices.begun(targets.next)
            with suppress(IndexUnavailable):  # it may have been made just now
                counts = self._indices.count(targets.next), self._indices.count(targets.live)
                _show(*counts, note.lacking)
        metrics.REINDEX_BEGUN.set(begun)
        return note.wanted or note.next is not None or targets.next is not None

    def want(self, *, keep: bool) -> None:
        """Note that one is to be made, or gone on with; ``keep`` the index that is live now."""
        self._lease.keep(wanted=True, keep=keep or self._lease.note.keep)

    def go_on(self, stop: threading.Event) -> bool:
        """Do what there is to do; False when told to stop before the end."""
        note = self._lease.note
        if not note.wanted and note.next is not None:
            self.give_up()  # somebody was killed while doing so
        self._indices.ensure()
        if not self.is_due():
            return True
        old, new, is_live = self._stage()
        if not is_live:
            if not self._fill(stop, old, new):
                return False
            self._swap(new)
        return self._prove(stop, old, new)

    def give_up(self) -> bool:
        """Drop what is half done; False if it is live already, or if there is nothing."""
        targets, note = self._indices.targets(), self._lease.note
        if note.next == targets.live or not (note.wanted or note.next or targets.next):
            return False
        self._lease.keep(wanted=False, next=targets.next or note.next)
        there = self._indices.all()
        for name in {targets.next, note.next}:
            if name in there:
                self._lease.keep(now=True)
                self._indices.drop(name)
                self._say(f"dropped {name}")
        self._finish("dropped")
        return True

    def _stage(self) -> tuple[str, str, bool]:
        """Return the old index and the new one, which is there by then, and whether it is live."""
        targets, note = self._indices.targets(), self._lease.note
        if note.next == targets.live and note.old is not None:
            self._say(f"{note.next} is live; going on from there")
            return note.old, targets.live, True
        following = targets.next
        if following is not None and self._is_outdated(following):
            self._indices.drop(following)
            self._say(f"dropped {following}, which older code had begun")
            following = None
        if following is None:
            return targets.live, self._make(targets.live, note), False
        asked = note.asked and note.next == following
        self._lease.keep(wanted=True, old=targets.live, next=following, asked=asked)
        self._say(f"going on with {following}")
        return targets.live, following, False

    def _is_outdated(self, name: str) -> bool:
        """Tell whether older code made an index. Raises NewerLayoutError if newer code did."""
        revision = self._indices.revision(name)
        if revision > schema.REVISION:
            raise NewerLayoutError(
                f"{name} has layout {revision}, and this code knows {schema.REVISION}"
            )
        return revision < schema.REVISION

    def _make(self, live: str, note: Note) -> str:
        self._is_outdated(live)
        if note.next is not None and note.next in self._indices.all():
            self._indices.drop(note.next)  # it has no alias: a drop was half done
        name = self._indices.new_name()
        self._lease.keep(wanted=True, old=live, next=name, asked=False, lacking=0)
        self._indices.create(name)
        metrics.REINDEX_BEGUN.set(self._indices.begun(name))
        self._say(f"made {name} beside {live}; every event is written to both")
        return name

    def _fill(self, stop: threading.Event, old: str, new: str) -> bool:
        if not self._lease.note.asked:
            self._ask(None)
            self._lease.keep(asked=True)
            self._say("asked ingest for every article ever published")
        if not self._until_whole(stop, old, new, self._indices.next_alias):
            return False
        self._say(f"compared: {new} lacks nothing that {old} has")
        return True

    def _swap(self, new: str) -> None:
        self._lease.keep(now=True)
        old = self._indices.swap(new)
        self._say(f"swapped: {new} is live instead of {old}")

    def _prove(self, stop: threading.Event, old: str, new: str) -> bool:
        """Let go of the old index once nothing of it is missed and copies are where they were."""
        if old in self._indices.all():
            if not self._until_whole(stop, old, new, self._indices.alias):
                return False
            while not self._is_as_safe(old, new):
                self._lease.keep()
                if stop.wait(self._pace.poll):
                    return False
            self._say(f"proved: {new} lacks nothing that {old} has, and is {self._health(new)}")
            if not self._lease.note.keep:
                self._lease.keep(now=True)
                self._indices.drop(old)
                self._say(f"dropped {old}")
        self._finish("swapped")
        return True

    def _is_as_safe(self, old: str, new: str) -> bool:
        now = self._health(new)
        return now == "green" or (now == "yellow" and self._health(old) != "green")

    def _health(self, name: str) -> str:
        return self._indices.health(name)

    def _finish(self, outcome: str) -> None:
        self._lease.keep(wanted=False, keep=False, old=None, next=None, asked=False, lacking=0)
        metrics.REINDEX_BEGUN.set(0)
        metrics.REINDEX_ENDED.labels(outcome).inc()

    def _until_whole(self, stop: threading.Event, source: str, target: str, alias: str) -> bool:
        """Return once ``target`` lacks nothing that ``source`` has; False when told to stop."""
        waiting = Waiting(self._pace)
        while not stop.is_set():
            self._lease.keep()
            have, want = self._indices.count(target), self._indices.count(source)
            _show(have, want, self._lease.note.lacking)
            if waiting.may_compare(max(0, want - have), self._bulk_is_empty):
                began = time.monotonic()
                lacking = self._transfer.lacking(source, target, self._lease.keep)
                waiting.compared(len(lacking), time.monotonic() - began)
                self._lease.keep(lacking=len(lacking))
                _show(have, want, len(lacking))
                if not lacking:
                    self._carried(self._transfer.carry_names(source, target, alias))
                    return True
                self._mend(lacking, source, alias, waiting)
            if waiting.is_time_to_tell((have, want)):
                self._say(f"{target} has {have} articles, {source} {want}")
            stop.wait(self._pace.poll)
        return False

    def _mend(self, lacking: Sequence[Lack], source: str, alias: str, waiting: Waiting) -> None:
        """Have made up for what is lacking, unless it may be under way."""
        if not self._bulk_is_empty():
            return
        # All that a tombstone says can be read from it; ingest may know nothing of it any more.
        tombstones = [one.id for one in lacking if one.is_tombstone]
        self._carried(self._transfer.carry(source, alias, tombstones))
        rest = [one.id for one in lacking if not one.is_tombstone]
        if not rest or not waiting.is_over():
            return
        waiting.asked()
        doubted = self._transfer.doubted(source, rest)
        if doubted:
            self._say(
                f"copying {len(doubted)} articles that ingest has not so: {shown(doubted, 5)}"
            )
            self._carried(self._transfer.carry(source, alias, sorted(doubted)))
        wanted = [one for one in rest if one not in doubted]
        if wanted:
            self._say(
                f"asking again for {len(wanted)} articles that did not come: {shown(wanted, 5)}"
            )
            self._ask(wanted if len(lacking) < MOST else None)

    def _carried(self, results: Sequence[Written]) -> None:
        refused = [result.reason for result in results if result == Written.REJECTED]
        if refused:
            _logger.error("reindex_refused", count=len(refused), reason=refused[0])
            self._say(f"{len(refused)} documents were refused, such as: {refused[0]}")

    def _bulk_is_empty(self) -> bool:
        return not self._bus.depths().get(_BULK)

    def _ask(self, ids: Sequence[UUID] | None) -> None:
        """Ask ingest for current state: of these, or of every article ever published."""
        requests = [
            ReplayRequested(consumer=_CONSUMER, ids=some)
            for some in (chunks(ids) if ids is not None else [None])
        ]
        self._bus.publish(
            [
                new_event(request, subject=_CONSUMER, source=SOURCE, time=self._clock())
                for request in requests
            ]
        )

    def _say(self, text: str) -> None:
        self._lease.keep(said=text)
        self._tell(text)


def _show(have: int, want: int, lacking: int) -> None:
    metrics.REINDEX_ARTICLES.labels("next").set(have)
    metrics.REINDEX_ARTICLES.labels("live").set(want)
    metrics.REINDEX_LACKING.set(lacking)
