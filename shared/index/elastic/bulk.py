"""Many documents in one request, and what became of each."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from elasticsearch import ApiError, Elasticsearch, TransportError

from shared.index import Written
from shared.index.elastic.client import WRITE_SECONDS, is_refusal
from shared.index.elastic.documents import Record

_BYTES: Final = 8_000_000
"""Of one request; more documents make another. A server takes 100 MB, a proxy often less."""
_SERVER_WAITS: Final = f"{int(WRITE_SECONDS // 3)}s"
"""For a shard that is being moved or recovered, so that the answer comes before we give up."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One line or two of a bulk request."""

    action: bytes
    source: bytes | None = None

    def __len__(self) -> int:
        return len(self.action) + len(self.source or b"")


@dataclass(frozen=True, slots=True)
class Result:
    """The server's answer to one operation; a status of 0 means that there was none."""

    status: int
    reason: str = ""

    @property
    def is_conflict(self) -> bool:
        return self.status == HTTPStatus.CONFLICT

    def written(self) -> Written:
        """Return what this means for a write; a conflict is one with a newer version."""
        if self.status in (HTTPStatus.OK, HTTPStatus.CREATED):
            return Written.STORED
        if self.is_conflict:
            return Written.STALE
        if is_refusal(self.status):
            return Written.REJECTED.because(self.reason)
        return Written.UNAVAILABLE.because(self.reason)


def indexing(record: Record, version_type: str) -> Operation:
    """Return the write of a record.

    ``external`` wants it newer than what is there; ``external_gte`` is content with the same.
    """
    action = {"_id": record.key, "version": record.version, "version_type": version_type}
    return Operation(json.dumps({"index": action}).encode(), record.source)


def replacing(key: str, source: bytes) -> Operation:
    """Return the write of a document without a version."""
    return Operation(json.dumps({"index": {"_id": key}}).encode(), source)


def deleting(key: str) -> Operation:
    return Operation(json.dumps({"delete": {"_id": key}}).encode())


def send(
    client: Elasticsearch, alias: str, operations: Sequence[Operation], *, refresh: bool
) -> list[Result]:
    """Return one result for each operation, in order; never raises for the server's sake.

    The alias must exist. With ``refresh``, what succeeded is visible to every search.
    """
    results: list[Result] = []
    for part in _parts(operations):
        results += _sent(client, alias, part, refresh=refresh)
    return results


def _sent(
    client: Elasticsearch, alias: str, operations: Sequence[Operation], *, refresh: bool
) -> list[Result]:
    lines: list[Any] = [line for o in operations for line in (o.action, o.source) if line]
    try:
        answer = client.bulk(
            operations=lines,  # the client sends encoded ones as they are
            index=alias,
            require_alias=True,
            refresh=refresh,
            timeout=_SERVER_WAITS,
            filter_path=["items.*.status", "items.*.error.type", "items.*.error.reason"],
        )
    except TransportError as error:
        return [Result(0, f"{type(error).__name__}: {error}")] * len(operations)
    except ApiError as error:
        if error.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE and len(operations) > 1:
            half = len(operations) // 2
            return [
                *_sent(client, alias, operations[:half], refresh=refresh),
                *_sent(client, alias, operations[half:], refresh=refresh),
            ]
        return [_of_all(error)] * len(operations)
    items = answer.body.get("items", [])
    if len(items) != len(operations):
        return [Result(0, "the answer has not one item for each document")] * len(operations)
    return [_of_item(item) for item in items]


def _of_all(error: ApiError) -> Result:
    """Return what an error of the whole request says about each document.

    Only one that is too large can be blamed on the document; everything else is our fault.
    """
    too_large = error.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    return Result(error.status_code if too_large else 0, str(error))


def _of_item(item: dict[str, Any]) -> Result:
    (result,) = item.values()
    error = result.get("error") or {}
    reason = ": ".join(str(error[name]) for name in ("type", "reason") if name in error)
    return Result(int(result["status"]), reason)


def _parts(operations: Sequence[Operation]) -> Iterator[Sequence[Operation]]:
    start, size = 0, 0
    for position, operation in enumerate(operations):
        if size and size + len(operation) > _BYTES:
            yield operations[start:position]
            start, size = position, 0
        size += len(operation)
    if operations:
        yield operations[start:]
