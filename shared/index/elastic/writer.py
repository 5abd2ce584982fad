"""The writer's side: versioned by the server itself, idempotent, durable and visible at return."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from shared import log
from shared.index import CategoryName, IndexUnavailable, SearchDocument, Write, Written
from shared.index.elastic import bulk, documents, schema
from shared.index.elastic.client import WRITE_SECONDS, Address, connect, elastic_errors
from shared.index.elastic.documents import Record
from shared.index.elastic.indices import Indices
from shared.index.elastic.reading import by_id, standing, versions
from shared.index.records import RefusedError, search_document
from shared.reconcile import Doubt, Kind

_NEWER: Final = "external"
_NEWER_OR_SAME: Final = "external_gte"
_logger = log.get("index")


class ElasticIndex:
    """May be used by many threads, and by many processes at once; none waits for another."""

    def __init__(self, url: str) -> None:
        address = Address.parse(url)
        self._client = connect(address, WRITE_SECONDS)
        self._alias: Final = address.alias
        self.indices: Final = Indices(self._client, address.alias)
        self._lock = threading.Lock()
        self._is_prepared = False

    def write(self, writes: Sequence[Write]) -> list[Written]:
        return self._store([_made(documents.article, write) for write in writes])

    def rename(self, names: Sequence[CategoryName]) -> list[Written]:
        return self._store([_made(documents.category_name, name) for name in names])

    def get(self, article_id: UUID) -> SearchDocument | None:
        self._prepare()
        with elastic_errors():
            found = self._client.options(ignore_status=404).get(
                index=self._alias, id=str(article_id), filter_path=["_source"]
            )
        source = found.body.get("_source")
        return search_document(source) if source and source["kind"] == schema.KIND_LIVE else None

    def versions(self, first: UUID, last: UUID) -> dict[UUID, tuple[int, str]]:
        self._prepare()
        found = versions(self._client, self._alias, first, last)
        return {article_id: (version, state) for article_id, version, state in found}

    def is_empty(self) -> bool:
        self._prepare()
        with elastic_errors():
            found = self._client.search(
                index=self._alias,
                size=0,
                terminate_after=1,
                track_total_hits=True,
                allow_partial_search_results=False,
                filter_path=["hits.total.value"],
            )
        return bool(found.body["hits"]["total"]["value"] == 0)

    def doubts(self, first: UUID, last: UUID) -> dict[UUID, Doubt]:
        self._prepare()
        within = {"range": {"id": {"gte": str(first), "lte": str(last)}}}
        return dict(documents.noted(source) for source in self._doubts(within))

    def remember(self, changes: Mapping[UUID, Doubt | None]) -> None:
        if not changes:
            return
        self._prepare()
        operations = [
            bulk.deleting(documents.doubt_key(article_id))
            if doubt is None
            else bulk.replacing(documents.doubt_key(article_id), documents.doubt(article_id, doubt))
            for article_id, doubt in changes.items()
        ]
        self._do(operations)

    def counts(self) -> dict[Kind, int]:
        self._prepare()
        with elastic_errors():
            found = self._client.search(
                index=self._alias,
                query={"term": {"kind": schema.KIND_DOUBT}},
                size=0,
                aggregations={"kinds": {"terms": {"field": "doubt", "size": len(Kind)}}},
                allow_partial_search_results=False,
                filter_path=["aggregations.kinds.buckets"],
            )
        buckets = found.body["aggregations"]["kinds"]["buckets"]
        return {Kind(bucket["key"]): int(bucket["doc_count"]) for bucket in buckets}

    def check(self) -> None:
        self._prepare()
        live = self.indices.targets().live
        with elastic_errors():
            health = self._client.cluster.health(index=live, filter_path=["status"])
        if health.body.get("status") not in ("green", "yellow"):
            raise IndexUnavailable(f"{live} has no primary shard that can be written")

    def close(self) -> None:
        self._client.close()

    def _prepare(self) -> None:
        """See once that there is an index. Later one that vanishes is missed, not made anew."""
        if self._is_prepared:
            return
        with self._lock:
            if not self._is_prepared:
                self.indices.ensure()
                self._is_prepared = True

    def _store(self, made: Sequence[Record | Written]) -> list[Written]:
        """Write the records; what is no record was refused before."""
        records = [record for record in made if isinstance(record, Record)]
        stored = iter(self._stored(records) if records else [])
        results = [next(stored) if isinstance(one, Record) else one for one in made]
        _tell(results)
        return results

    def _stored(self, records: Sequence[Record]) -> list[Written]:
        try:
            self._prepare()
            targets = self.indices.targets()
            # The next index first: if it becomes the live one in between, it has everything.
            missed = self._following(records) if targets.next is not None else {}
            results = [missed.get(p, w) for p, w in enumerate(self._live(records))]
            self._forget([r for r, w in zip(records, results, strict=True) if w == Written.STORED])
        except IndexUnavailable as error:
            return [Written.UNAVAILABLE.because(str(error))] * len(records)
        return results

    def _live(self, records: Sequence[Record]) -> list[Written]:
        """Write to the live index: only what is newer there, so that a repeat has no effect."""
        sent = self._send([bulk.indexing(record, _NEWER) for record in records])
        results = [result.written() for result in sent]
        conflicts = [place for place, result in enumerate(sent) if result.is_conflict]
        if not conflicts:
            return results
        held = standing(self._client, self._alias, [records[p].key for p in conflicts])
        mended = []
        for place in conflicts:
            record = records[place]
            version, state = held.get(record.key, (-1, ""))
            if (version, state) == (record.version, record.state):
                results[place] = Written.STORED
            elif version <= record.version:
                mended.append(place)
        again = [bulk.indexing(records[place], _NEWER_OR_SAME) for place in mended]
        for place, result in zip(mended, self._send(again), strict=True):
            results[place] = result.written()
            if result.is_conflict and records[place].key not in held:
                results[place] = Written.UNAVAILABLE.because("has just been deleted by hand")
        return results

    def _following(self, records: Sequence[Record]) -> dict[int, Written]:
        """Write to the index that is being filled, too.

        Return what it cannot take now, by its place: that is not done. What it refuses is missed
        when both are compared. Nobody reads it yet, but it may become the live one before we are
        done: what readers have seen in the old one must be visible in it by then.
        """
        operations = [bulk.indexing(record, _NEWER_OR_SAME) for record in records]
        sent = bulk.send(self._client, self.indices.next_alias, operations, refresh=True)
        written = [result.written() for result in sent]
        missed = {place: one for place, one in enumerate(written) if one == Written.UNAVAILABLE}
        if missed and self.indices.targets().next is None:
            return {}  # it has been swapped in or dropped since
        _tell([one for one in written if one == Written.REJECTED])
        return missed

    def _forget(self, records: Sequence[Record]) -> None:
        """Forget the doubts about what was stored; there are hardly ever any."""
        ids = [record.key for record in records]
        if ids and (found := list(self._doubts({"terms": {"id": ids}}))):
            self._do([bulk.deleting(f"doubt-{source['id']}") for source in found])

    def _doubts(self, condition: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        doubted = {"term": {"kind": schema.KIND_DOUBT}}
        hits = by_id(self._client, self._alias, [doubted, condition], source=True)
        return (hit["_source"] for hit in hits)

    def _do(self, operations: Sequence[bulk.Operation]) -> None:
        """Carry out operations that nothing can be wrong with. Raises IndexUnavailable.

        That there is nothing to delete is no error, and comes without a reason.
        """
        for result in self._send(operations):
            if result.reason:
                raise IndexUnavailable(result.reason)

    def _send(self, operations: Sequence[bulk.Operation]) -> list[bulk.Result]:
        return bulk.send(self._client, self._alias, operations, refresh=True)


def _made(make: Callable[[Any], Record], of: Any) -> Record | Written:
    try:
        return make(of)
    except RefusedError as error:
        return Written.REJECTED.because(str(error))


def _tell(results: Sequence[Written]) -> None:
    for kind, event in (
        (Written.REJECTED, "index_refused"),
        (Written.UNAVAILABLE, "index_unavailable"),
    ):
        reasons = [result.reason for result in results if result == kind]
        if reasons:
            _logger.warning(event, count=len(reasons), reason=reasons[0])
