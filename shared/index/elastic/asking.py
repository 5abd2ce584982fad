"""Several questions in one request; half an answer is none."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final
from zlib import crc32

from elasticsearch import NotFoundError

from shared.index import IndexUnavailable
from shared.index.elastic.client import (
    READ_SECONDS,
    Address,
    connect,
    elastic_errors,
    is_refusal,
)
from shared.index.elastic.schema import pattern

_FOUND: Final = (
    *("hits.total.value", "hits.hits._id", "hits.hits._source"),
    *("aggregations.*.buckets", "suggest.*.text", "suggest.*.options"),
)
_CAUSES: Final = ("error.root_cause.type", "error.root_cause.reason")
PLACES: Final = ("hits.hits.sort",)
"""Only the sort values of what is found."""


class Missing(Exception):  # noqa: N818 - a state of the world, not a mistake
    """There is no index yet, nor any left over."""


class Asking:
    """A reader's client; may be used by many threads."""

    def __init__(self, address: Address) -> None:
        self._client = connect(address, READ_SECONDS)
        self._alias: Final = address.alias

    def ask(
        self, *bodies: Mapping[str, Any], wanted: Sequence[str] = _FOUND
    ) -> list[dict[str, Any]]:
        """Return one answer for each search. Raises IndexUnavailable, or Missing.

        The same question goes to the same copy of the index, so that its pages fit together.
        """
        searches: list[Mapping[str, Any]] = []
        for body in bodies:
            copy = f"copy-{crc32(repr(body.get('query')).encode())}"
            searches += [{"allow_partial_search_results": False, "preference": copy}, body]
        paths = ["status", "error.type", "error.reason", *_CAUSES, *wanted]
        with elastic_errors():
            try:
                found = self._client.msearch(
                    index=self._alias,
                    searches=searches,
                    filter_path=[f"responses.{path}" for path in paths],
                )
            except NotFoundError as error:
                raise self._missed() from error
        answers: list[dict[str, Any]] = found.body["responses"]
        for answer in answers:
            if _is_missing(answer):
                raise self._missed()
            _see(answer)
        return answers

    def _missed(self) -> Exception:
        """Return what it means that nothing has the alias.

        Where indexes exist all the same, somebody took it away or a restore is only half done: to
        say that nothing is found would hide that.
        """
        with elastic_errors():
            stray = sorted(
                self._client.indices.get(
                    index=pattern(self._alias), features="aliases", allow_no_indices=True
                )
            )
        if not stray:
            return Missing()
        return IndexUnavailable(
            f"the alias {self._alias} is gone, though there is {', '.join(stray)}"
        )

    def close(self) -> None:
        self._client.close()


def _is_missing(answer: Mapping[str, Any]) -> bool:
    error: Mapping[str, Any] = answer.get("error", {})
    return error.get("type") == "index_not_found_exception"


def _see(answer: Mapping[str, Any]) -> None:
    """Raise what an answer says went wrong."""
    status = int(answer.get("status", HTTPStatus.OK))
    if status == HTTPStatus.OK:
        return
    error = answer.get("error", {})
    causes = error.get("root_cause") or [error]  # the error itself often says that shards failed
    reasons = dict.fromkeys(f"{cause.get('type')}: {cause.get('reason')}" for cause in causes)
    text = f"Elasticsearch: {status}: {'; '.join(reasons)}"
    if is_refusal(status):
        raise RuntimeError(text)  # the question is wrong, and that is our fault
    raise IndexUnavailable(text)
