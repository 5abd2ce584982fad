"""What one index lacks that another has, and the means of making up for it.

An article is lacking if it is missing, older, or in another state at the same version. What is
newer is not: events go on arriving, and reach the next index before the live one.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final
from uuid import UUID

from elasticsearch import Elasticsearch

from shared.index import UNPLACED, CategoryName, IndexUnavailable, Write, Written
from shared.index.elastic import bulk, documents, schema
from shared.index.elastic.client import elastic_errors
from shared.index.elastic.documents import Record
from shared.index.elastic.indices import Indices
from shared.index.elastic.reading import by_id, by_key, standing
from shared.index.records import RefusedError, search_document
from shared.reconcile import Kind, chunks

MOST: Final = 20_000
"""Lacking articles told of at a time: where more are lacking, everything is wanted again."""
_LOOK: Final = 1_000
_PIECE: Final = 100
_MOST_NAMES: Final = 10_000


@dataclass(frozen=True, slots=True)
class Lack:
    """An article that is lacking, as the index that has it has it."""

    id: UUID
    version: int
    state: str

    @property
    def is_tombstone(self) -> bool:
        return self.state != schema.KIND_LIVE


class Transfer:
    """From one concrete index to another. Everything raises IndexUnavailable."""

    def __init__(self, client: Elasticsearch, indices: Indices) -> None:
        self._client = client
        self._indices = indices

    def lacking(self, source: str, target: str, alive: Callable[[], None]) -> list[Lack]:
        """Return what ``target`` lacks of ``source``, at most ``MOST``; ``alive`` is called often.

        Searches may show an index as it was a moment ago, so what seems to be lacking is looked at
        again as it stands: first in the source, because the target is written first.
        """
        seeming = islice(self._seeming(source, target, alive), MOST)
        found = []
        for ids in chunks([one.id for one in seeming]):
            keys = [str(one) for one in ids]
            have = standing(self._client, source, keys)
            got = standing(self._client, target, keys)
            alive()
            for key, (version, state) in have.items():
                if _is_lacking((version, state), got.get(key)):
                    found.append(Lack(UUID(key), version, state))
        return found

    def _seeming(self, source: str, target: str, alive: Callable[[], None]) -> Iterator[Lack]:
        """Go through both by id; each page of the source is read before the target's."""
        there = self._indices.versions(target)
        other: tuple[UUID, int, str] | None = None
        begun = False
        for number, (article, version, state) in enumerate(self._indices.versions(source)):
            if number % _LOOK == 0:
                alive()
            while not begun or (other is not None and other[0] < article):
                begun, other = True, next(there, None)
            got = other[1:] if other is not None and other[0] == article else None
            if _is_lacking((version, state), got):
                yield Lack(article, version, state)

    def doubted(self, source: str, ids: Sequence[UUID]) -> set[UUID]:
        """Return which of these ingest did not have so by a manifest: they cannot be replayed."""
        found = set()
        for some in chunks(ids):
            conditions: list[dict[str, Any]] = [
                {"term": {"kind": schema.KIND_DOUBT}},
                {"terms": {"doubt": [Kind.NEWER, Kind.AHEAD, Kind.UNLISTED]}},
                {"terms": {"id": [str(one) for one in some]}},
            ]
            hits = by_id(self._client, source, conditions, source=True)
            found |= {UUID(hit["_source"]["id"]) for hit in hits}
        return found

    def carry(self, source: str, alias: str, ids: Sequence[UUID]) -> list[Written]:
        """Write articles to an alias as they stand in ``source``; nothing newer is overwritten."""
        results: list[Written] = []
        for some in chunks(ids, _PIECE):
            found = by_key(self._client, source, [str(one) for one in some])
            results += self._carried(alias, [_made(doc) for doc in found])
        return results

    def carry_names(self, source: str, target: str, alias: str) -> list[Written]:
        """Write the names of categories that ``target`` lacks, by its alias."""
        got = self._indices.names(target)
        names = [n for n in self._names(source) if got.get(n.category, -1) < n.version]
        return self._carried(alias, [documents.category_name(name) for name in names])

    def _carried(self, alias: str, made: Sequence[Record | Written]) -> list[Written]:
        records = [one for one in made if isinstance(one, Record)]
        operations = [bulk.indexing(record, "external_gte") for record in records]
        sent = bulk.send(self._client, alias, operations, refresh=True) if operations else []
        written = [result.written() for result in sent]
        for one in written:
            if one == Written.UNAVAILABLE:
                raise IndexUnavailable(one.reason)
        return [*(one for one in made if isinstance(one, Written)), *written]

    def _names(self, index: str) -> list[CategoryName]:
        with elastic_errors():
            found = self._client.search(
                index=index,
                query={"term": {"kind": schema.KIND_NAME}},
                version=True,
                size=_MOST_NAMES,
                allow_partial_search_results=False,
                filter_path=["hits.hits._version", "hits.hits._source"],
            )
        return [
            CategoryName(
                hit["_source"]["category"],
                hit["_source"]["label"],
                int(hit["_version"]),
                int(hit["_source"].get("position", UNPLACED)),
            )
            for hit in found.body.get("hits", {}).get("hits", [])
        ]


def _is_lacking(have: tuple[int, str], got: tuple[int, str] | None) -> bool:
    return got is None or got[0] < have[0] or (got[0] == have[0] and got[1] != have[1])


def _made(doc: dict[str, Any]) -> Record | Written:
    """Return the record of what was read; an older layout may not have what is needed."""
    source = doc["_source"]
    try:
        kept = search_document(source) if source["kind"] == schema.KIND_LIVE else None
        write = Write(UUID(source["id"]), int(doc["_version"]), kept, source["state"])
        return documents.article(write)
    except (KeyError, RefusedError) as error:
        return Written.REJECTED.because(f"{doc['_id']}: {error!r}")
