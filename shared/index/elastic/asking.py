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

_FOUND: Final = (
    *("hits.total.value", "hits.hits._id", "hits.hits._source"),
    *("aggregations.*.buckets", "suggest.*.text", "suggest.*.options"),
)
PLACES: Final = ("hits.hits.sort",)
"""Only the sort values of what is found."""


class Missing(Exception):  # noqa: N818 - a state of the world, not a mistake
    """There is no index yet."""


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
        paths = ["status", "error.type", "error.reason", *wanted]
        with elastic_errors():
            try:
                found = self._client.msearch(
                    index=self._alias,
                    searches=searches,
                    filter_path=[f"responses.{path}" for path in paths],
                )
            except NotFoundError as error:
                raise Missing from error
        answers: list[dict[str, Any]] = found.body["responses"]
        for answer in answers:
            _see(answer)
        return answers

    def close(self) -> None:
        self._client.close()


def _see(answer: Mapping[str, Any]) -> None:
    """Raise what an answer says went wrong."""
    status = int(answer.get("status", HTTPStatus.OK))
    if status == HTTPStatus.OK:
        return
    error = answer.get("error", {})
    if error.get("type") == "index_not_found_exception":
        raise Missing
    text = f"Elasticsearch: {status}: {error.get('type')}: {error.get('reason')}"
    if is_refusal(status):
        raise RuntimeError(text)  # the question is wrong, and that is our fault
    raise IndexUnavailable(text)
