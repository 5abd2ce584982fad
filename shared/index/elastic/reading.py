"""Reading many documents: all that a search finds, in the order of the ids, or some by key."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from elasticsearch import Elasticsearch

from shared.index import IndexUnavailable
from shared.index.elastic.client import elastic_errors
from shared.index.elastic.schema import KIND_LIVE, KIND_TOMBSTONE

_PAGE: Final = 10_000
"""Documents told of in one answer: the server's own limit."""


def by_id(
    client: Elasticsearch, index: str, conditions: Sequence[Mapping[str, Any]], *, source: bool
) -> Iterator[dict[str, Any]]:
    """Yield the hits, each with its version, and with its source or only its state.

    Raises IndexUnavailable.
    """
    above: list[dict[str, Any]] = []
    while True:
        with elastic_errors():
            found = client.search(
                index=index,
                query={"bool": {"filter": [*conditions, *above]}},
                sort="id:asc",
                size=_PAGE,
                source=source,
                version=True,
                docvalue_fields=[{"field": "id"}, {"field": "state"}],
                track_total_hits=False,
                allow_partial_search_results=False,
                filter_path=["hits.hits._version", "hits.hits.fields", "hits.hits._source"],
            )
        hits = found.body.get("hits", {}).get("hits", [])
        yield from hits
        if len(hits) < _PAGE:
            return
        above = [{"range": {"id": {"gt": hits[-1]["fields"]["id"][0]}}}]


def versions(
    client: Elasticsearch, index: str, first: UUID, last: UUID
) -> Iterator[tuple[UUID, int, str]]:
    """Yield ``(id, version, state)`` of the articles in the range, tombstones too."""
    conditions: list[dict[str, Any]] = [
        {"terms": {"kind": [KIND_LIVE, KIND_TOMBSTONE]}},
        {"range": {"id": {"gte": str(first), "lte": str(last)}}},
    ]
    for hit in by_id(client, index, conditions, source=False):
        fields = hit["fields"]
        yield UUID(fields["id"][0]), int(hit["_version"]), str(fields["state"][0])


def standing(client: Elasticsearch, index: str, keys: Sequence[str]) -> dict[str, tuple[int, str]]:
    """Return (version, state) by key as they stand now, whether visible to searches or not.

    Raises IndexUnavailable.
    """
    return {
        str(doc["_id"]): (int(doc["_version"]), str(doc["_source"]["state"]))
        for doc in by_key(client, index, keys, source=["state"])
    }


def by_key(
    client: Elasticsearch, index: str, keys: Sequence[str], *, source: Sequence[str] | None = None
) -> list[dict[str, Any]]:
    """Return the documents that are there, whole or with these fields. Raises IndexUnavailable."""
    if not keys:
        return []
    with elastic_errors():
        found = client.mget(
            index=index,
            ids=list(dict.fromkeys(keys)),
            source_includes=source,
            filter_path=["docs._id", "docs._version", "docs._source", "docs.found", "docs.error"],
        )
    for doc in found.body["docs"]:
        if "error" in doc:
            raise IndexUnavailable(f"Elasticsearch: {doc['error'].get('reason')}")
    return [doc for doc in found.body["docs"] if doc.get("found")]
