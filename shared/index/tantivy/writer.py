"""The writer's side: versioned, idempotent, durable when it returns."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import tantivy

from shared import log
from shared.index import CategoryName, IndexUnavailable, SearchDocument, Write, Written
from shared.index.records import STATES, RefusedError, name_id, search_document
from shared.index.tantivy import schema as layout
from shared.locks import Turns
from shared.reconcile import Doubt, Kind

_HEAP = 20_000_000
"""Bytes that the writer may fill before it starts a segment of its own accord."""
_logger = log.get("index")


class _Opened:
    """The index with its one writer; the lock file tells whether the folder is still the same."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.index = tantivy.Index(layout.schema(), path=str(folder))
        self.index.config_reader("manual")
        self.writer = self.index.writer(_HEAP, 1)
        self._folder = folder
        self._identity = self._lock_file()
        self.index.reload()

    def _lock_file(self) -> tuple[int, int] | None:
        try:
            found = os.stat(self._folder / ".tantivy-writer.lock")  # noqa: PTH116 - one call
            os.stat(self._folder / "meta.json")  # noqa: PTH116 - likewise
        except FileNotFoundError:
            return None
        return found.st_ino, found.st_ctime_ns

    def commit(self) -> None:
        """Make what was added durable and visible.

        tantivy syncs its files and renames ``meta.json`` last, but does not sync the folder after
        that, so a power cut could bring the commit before back.
        """
        self.writer.commit()
        folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        self.index.reload()

    def is_current(self) -> bool:
        return self._identity is not None and self._lock_file() == self._identity


class TantivyIndex:
    """One process writes a folder; its threads take turns, and none takes two while one waits."""

    def __init__(self, folder: Path | str) -> None:
        self._folder = Path(folder)
        self._lock = Turns()
        self._state: _Opened | None = None

    def write(self, writes: Sequence[Write]) -> list[Written]:
        return self._store(
            [
                _Wanted(w.id, (w.version, _position(w.state)), _maker(layout.article, w))
                for w in writes
            ]
        )

    def rename(self, names: Sequence[CategoryName]) -> list[Written]:
        return self._store(
            [
                _Wanted(
                    name_id(n.category),
                    (n.version, layout.PLACED),
                    _maker(layout.category_name, n),
                )
                for n in names
            ]
        )

    def get(self, article_id: UUID) -> SearchDocument | None:
        with self._lock, layout.tantivy_errors():
            searcher = self._opened().index.searcher()
            query = tantivy.Query.boolean_query(
                [
                    (tantivy.Occur.Must, _term("id", article_id.hex)),
                    (tantivy.Occur.Must, _term("kind", layout.KIND_LIVE)),
                ]
            )
            hits = searcher.search(query, limit=1).hits
            if not hits:
                return None
            return search_document(layout.source_of(searcher.doc(hits[0][1])))

    def versions(self, first: UUID, last: UUID) -> dict[UUID, tuple[int, str]]:
        kinds = [_term("kind", kind) for kind in (layout.KIND_LIVE, layout.KIND_TOMBSTONE)]
        query = _all_of(_between(first, last), _any_of(kinds))
        with self._lock, layout.tantivy_errors():
            searcher = self._opened().index.searcher()
            rows = _rows(searcher, query, searcher.num_docs)
        return {
            record: (version, STATES[state])
            for record, version, state in rows
            if first <= record <= last
        }

    def is_empty(self) -> bool:
        with self._lock, layout.tantivy_errors():
            return bool(self._opened().index.searcher().num_docs == 0)

    def doubts(self, first: UUID, last: UUID) -> dict[UUID, Doubt]:
        query = _all_of(_between(first, last), _term("kind", layout.KIND_DOUBT))
        with self._lock, layout.tantivy_errors():
            searcher = self._opened().index.searcher()
            hits = searcher.search(query, limit=max(searcher.num_docs, 1), count=False).hits
            addresses = [address for _, address in hits]
            rows = _values(searcher, addresses)
            sources = [layout.source_of(searcher.doc(address)) for address in addresses]
        return {
            record: Doubt(layout.DOUBTS[state], version, datetime.fromisoformat(source["noticed"]))
            for (record, version, state), source in zip(rows, sources, strict=True)
            if first <= record <= last
        }

    def remember(self, changes: Mapping[UUID, Doubt | None]) -> None:
        if not changes:
            return
        with self._lock:
            try:
                with layout.tantivy_errors():
                    opened = self._opened()
                    for record, doubt in changes.items():
                        opened.writer.delete_documents_by_term("id", layout.doubt_key(record))
                        if doubt is not None:
                            opened.writer.add_document(layout.doubt_document(record, doubt))
                    opened.commit()
            except IndexUnavailable:
                self._state = None
                raise

    def counts(self) -> dict[Kind, int]:
        with self._lock, layout.tantivy_errors():
            searcher = self._opened().index.searcher()
            query = _term("kind", layout.KIND_DOUBT)
            states = [state for _, _, state in _rows(searcher, query, searcher.num_docs)]
        return {layout.DOUBTS[state]: states.count(state) for state in set(states)}

    def check(self) -> None:
        with self._lock, layout.tantivy_errors():
            self._opened()

    def close(self) -> None:
        with self._lock:
            self._state = None

    def _opened(self) -> _Opened:
        """Open on first use, and again after the folder was wiped or a commit failed."""
        if self._state is not None and not self._state.is_current():
            _logger.warning("index_reopened", folder=str(self._folder))
            self._state = None
        if self._state is None:
            self._state = _Opened(self._folder)
        return self._state

    def _store(self, writes: Sequence["_Wanted"]) -> list[Written]:
        with self._lock:
            try:
                with layout.tantivy_errors():
                    return self._commit(writes)
            except IndexUnavailable as error:
                _logger.warning("index_unavailable", error=str(error))
                self._state = None  # what was added and not committed is gone with the writer
                return [Written.UNAVAILABLE.because(str(error))] * len(writes)

    def _commit(self, writes: Sequence["_Wanted"]) -> list[Written]:
        opened = self._opened()
        known = _known(opened.index.searcher(), {wanted.record for wanted in writes})
        outcomes, latest = [], {}
        for wanted in writes:
            version, state = wanted.stands
            stored, stored_state = known.get(wanted.record, (None, None))
            if stored is not None and version <= stored:
                again = version == stored
                if not again or state == stored_state:
                    outcomes.append(Written.STORED if again else Written.STALE)
                    continue
            try:
                latest[wanted.record] = wanted.make()
            except RefusedError as error:
                _logger.warning("index_refused", id=str(wanted.record), error=str(error))
                outcomes.append(Written.REJECTED.because(str(error)))
                continue
            known[wanted.record] = wanted.stands
            outcomes.append(Written.STORED)
        for record, document in latest.items():
            opened.writer.delete_documents_by_term("id", record.hex)
            opened.writer.delete_documents_by_term("id", layout.doubt_key(record))
            opened.writer.add_document(document)
        if latest:
            opened.commit()
        return outcomes


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A record that is to stand at (version, state's position), and how to make its document."""

    record: UUID
    stands: tuple[int, int]
    make: Callable[[], tantivy.Document]


def _position(state: str) -> int:
    """Return the position of a state; an unknown one gets one that none has, to be refused."""
    return STATES.index(state) if state in STATES else len(STATES)


def _maker(make: Callable[[Any], tantivy.Document], of: object) -> Callable[[], tantivy.Document]:
    return lambda: make(of)


def _known(searcher: tantivy.Searcher, records: Iterable[UUID]) -> dict[UUID, tuple[int, int]]:
    names = [record.hex for record in records]
    if not names:
        return {}
    query = tantivy.Query.term_set_query(layout.schema(), "id", names)
    rows = _rows(searcher, query, len(names))
    return {record: (version, state) for record, version, state in rows}


def _rows(
    searcher: tantivy.Searcher, query: tantivy.Query, limit: int
) -> list[tuple[UUID, int, int]]:
    """Return (id, version, state's position) of what ``query`` finds, without the stored texts."""
    found = searcher.search(query, limit=max(limit, 1), count=False)
    return _values(searcher, [address for _, address in found.hits])


def _values(
    searcher: tantivy.Searcher, addresses: list[tantivy.DocAddress]
) -> list[tuple[UUID, int, int]]:
    his, los, versions, states = (
        [int(value or 0) for value in searcher.fast_field_values(name, addresses)]
        for name in ("hi", "lo", "version", "state")
    )
    rows = zip(his, los, versions, states, strict=True)
    return [(layout.joined(hi, lo), version, state) for hi, lo, version, state in rows]


def _term(field: str, value: str) -> tantivy.Query:
    return tantivy.Query.term_query(layout.schema(), field, value, "basic")


def _between(first: UUID, last: UUID) -> tantivy.Query:
    """Return what finds the ids in a range, and some beside it: only upper halves are compared."""
    low, high = layout.halves(first)[0], layout.halves(last)[0]
    kind = tantivy.FieldType.Unsigned
    return tantivy.Query.range_query(layout.schema(), "hi", kind, low, high)


def _all_of(*queries: tantivy.Query) -> tantivy.Query:
    return tantivy.Query.boolean_query([(tantivy.Occur.Must, query) for query in queries])


def _any_of(queries: Iterable[tantivy.Query]) -> tantivy.Query:
    return tantivy.Query.boolean_query([(tantivy.Occur.Should, query) for query in queries])
