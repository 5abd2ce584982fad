"""Who is making a new index, and how far it is: one document beside the indexes of an alias.

Whoever makes an index writes the document anew every few seconds. Who sees it stand still for as
long as it says itself may take it over; no two clocks are compared. A lease is for good order only:
each step of a reindex is one that the server refuses to whoever comes too late with it.
"""

import os
import secrets
import socket
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Final

from elasticsearch import BadRequestError, ConflictError, Elasticsearch

from shared.index.elastic.client import elastic_errors

_KEY: Final = "reindex"
_RENEWALS: Final = 4
"""How often a lease is renewed in the time that it lasts."""
_LAYOUT: Final[dict[str, Any]] = {
    "settings": {"number_of_shards": 1, "auto_expand_replicas": "0-1", "hidden": True},
    "mappings": {"dynamic": False},
}


@dataclass(frozen=True, slots=True)
class Note:
    """What outlives a process that was making an index. Names are those of concrete indexes."""

    wanted: bool = False
    """A reindex is to be made, or to be finished."""
    old: str | None = None
    """The live index when it began; to be dropped when the new one is proved."""
    next: str | None = None
    """The new one; it may not have been made yet, or may be live already."""
    asked: bool = False
    """Everything was asked for after the new one had been made."""
    keep: bool = False
    """The old one is to be kept."""
    lacking: int = 0
    """Articles that the new one lacked when both were last compared."""
    said: str = ""
    """What people were told last."""


@dataclass(frozen=True, slots=True)
class _Held:
    """The document as it was read or written."""

    place: tuple[int, int]
    """Sequence number and primary term: what a later write must find unchanged."""
    holder: str | None
    seconds: float
    note: Note


class LeaseLostError(Exception):
    """Somebody else has taken the lease over; nothing more may be done with it."""


class Lease:
    """One process's view of the lease. All raise IndexUnavailable if the server cannot be asked."""

    def __init__(
        self,
        client: Elasticsearch,
        alias: str,
        seconds: float,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Ask nothing yet. Held by us, it lasts ``seconds`` from its last renewal."""
        self._client = client
        self._alias: Final = alias
        self._seconds: Final = seconds
        self._clock = clock
        self.name: Final = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self.competitor: str | None = None
        """Who holds it, as ``take`` saw."""
        self.moves = False
        """The competitor has written since ``take`` first saw it, so it is alive."""
        self._mine: _Held | None = None
        self._written = 0.0
        self._watched: tuple[tuple[int, int], float] | None = None

    @property
    def index(self) -> str:
        return f"{self._alias}-reindex"

    @property
    def note(self) -> Note:
        """Return what is noted: as of now, or as written last by the holder that we are."""
        if self._mine is not None:
            return self._mine.note
        found = self._read()
        return found.note if found else Note()

    def take(self) -> bool:
        """Take the lease if it is free, or its holder has been silent for as long as it said.

        False: ask again, a little later. See ``competitor`` and ``moves``.
        """
        found = self._read()
        if found is not None and found.holder not in (None, self.name):
            self.competitor = found.holder
            if self._watched is None or self._watched[0] != found.place:
                self.moves = self._watched is not None
                self._watched = (found.place, self._clock())
                return False
            if self._clock() - self._watched[1] < found.seconds:
                return False
        self._mine = self._write(found, self.name, found.note if found else Note())
        self._watched, self.moves = None, False
        if self._mine is None:
            return False
        self.competitor = None
        return True

    def keep(self, *, now: bool = False, **changes: Any) -> None:
        """Renew the lease where that is due, ``now``, or because something is to be noted.

        Raises LeaseLostError.
        """
        held = self._held()
        fresh = self._clock() - self._written < self._seconds / _RENEWALS
        if fresh and not now and not changes:
            return
        note = replace(held.note, **changes)
        written = self._write(held, self.name, note)
        if written is None:
            # Our own last write may have been done though its answer was lost.
            found = self._read()
            if found is not None and found.holder == self.name:
                written = self._write(found, self.name, note)
        if written is None:
            self._mine = None
            raise LeaseLostError(f"{self._alias}: somebody else has taken the reindex over")
        self._mine = written

    def release(self) -> None:
        """Let others have it at once. Nothing happens if we have it no more."""
        held, self._mine = self._mine, None
        if held is not None:
            self._write(held, None, held.note)

    def _held(self) -> _Held:
        if self._mine is None:
            raise LeaseLostError(f"{self._alias}: the lease is not ours")
        return self._mine

    def _read(self) -> _Held | None:
        with elastic_errors():
            found = self._client.options(ignore_status=404).get(index=self.index, id=_KEY).body
        if not found.get("found"):
            return None
        source = found["_source"]
        known = {one.name for one in fields(Note)}
        note = Note(**{key: value for key, value in source["note"].items() if key in known})
        place = (int(found["_seq_no"]), int(found["_primary_term"]))
        return _Held(place, source["holder"], float(source["seconds"]), note)

    def _write(self, before: _Held | None, holder: str | None, note: Note) -> _Held | None:
        """Write the document unless it is not as it was; None if so."""
        began = self._clock()
        document = {"holder": holder, "seconds": self._seconds, "note": asdict(note)}
        where: dict[str, Any] = {"op_type": "create"}
        if before is None:
            self._ensure()
        else:
            where = {"if_seq_no": before.place[0], "if_primary_term": before.place[1]}
        with elastic_errors():
            try:
                done = self._client.index(index=self.index, id=_KEY, document=document, **where)
            except ConflictError:
                return None
        self._written = began
        return _Held(
            (int(done["_seq_no"]), int(done["_primary_term"])), holder, self._seconds, note
        )

    def _ensure(self) -> None:
        with elastic_errors():
            try:
                self._client.indices.create(index=self.index, **_LAYOUT)
            except BadRequestError as error:
                if error.error != "resource_already_exists_exception":
                    raise
