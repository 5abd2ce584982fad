"""The reader's side: questions answered by the live index, whoever wrote it last."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID
from zlib import crc32

from elasticsearch import NotFoundError

from shared.index import (
    UNPLACED,
    Completion,
    FacetValue,
    Hit,
    IndexUnavailable,
    Query,
    Results,
    Sort,
    Weights,
    spelling,
)
from shared.index.elastic import documents, schema
from shared.index.elastic.client import (
    READ_SECONDS,
    Address,
    connect,
    elastic_errors,
    is_refusal,
)
from shared.index.elastic.queries import Clause, build, filters, has_word, live, titles
from shared.index.records import TEXTS, search_document
from shared.text.highlight import fragments, highlight
from shared.text.normalise import nfc
from shared.text.words import Question, question, tokens

_MOST_VALUES: Final = 10_000
"""Facet values that are told apart; categories and years are far fewer."""
_WINDOW: Final = 10_000
"""How deep the server pages by itself."""
_LOOKED_INTO: Final = 5
"""Articles in which the spelling of a suggestion is looked for."""
_SPELT: Final = ["title", "summary", "body"]
_SHOWN: Final = [
    *("title", "summary", "body", "url", "category", "category_label"),
    *("published_at", "tags", "by", "image"),
]
_BEST: Final[list[Any]] = [{"_score": "desc"}, {"published": "desc"}, {"id": "asc"}]
_NEWEST: Final[list[Any]] = [{"published": "desc"}, {"id": "asc"}]
_FACETS: Final = {
    name: {"terms": {"field": name, "size": _MOST_VALUES}} for name in ("category", "year")
}
_NAMES: Final = {
    "query": {"term": {"kind": schema.KIND_NAME}},
    "size": _MOST_VALUES,
    "_source": ["category", "label", "position"],
    "track_total_hits": False,
}
_WANTED: Final = [
    f"responses.{path}"
    for path in (
        *("status", "error.type", "error.reason"),
        *("hits.total.value", "hits.hits._id", "hits.hits._source"),
        *("aggregations.*.buckets", "suggest.*.text", "suggest.*.options"),
    )
]
_PLACES: Final = ["responses.status", "responses.error", "responses.hits.hits.sort"]
_NOTHING: Final = Results(0, (), {"category": (), "year": ()})


class _Missing(Exception):  # noqa: N818 - a state of the world, not a mistake
    """There is no index yet."""


class ElasticEngine:
    """May be used by many threads. The index need not exist yet."""

    def __init__(self, url: str, weights: Weights | None = None) -> None:
        address = Address.parse(url)
        self._client = connect(address, READ_SECONDS)
        self._alias: Final = address.alias
        self._weights: Final = weights or Weights()

    def search(self, query: Query) -> Results:
        asked = question(query.text)
        if not (asked.terms or asked.is_blank):
            return _NOTHING
        try:
            results = self._results(query, asked)
            if results.total == 0 and any(term.exact for term in asked.terms):
                loosened = asked.loosened()
                results = self._results(query, loosened)
                if results.total:
                    (best,) = self._ask([self._best(query, loosened)])
                    spelt = spelling.as_written(_sources(best), loosened)
                    results = replace(results, suggestion=spelt)
            if results.total == 0 and asked.terms:
                results = replace(results, suggestion=self._suggestion(query, asked))
        except _Missing:
            return _NOTHING
        return results

    def suggest(self, prefix: str, limit: int) -> list[Completion]:
        words = [token.folded for token in tokens(nfc(prefix))]
        if not words or limit < 1:
            return []
        body = {
            "query": titles(words),
            "size": limit,
            "sort": _NEWEST,
            "_source": ["title", "url"],
            "track_total_hits": False,
        }
        try:
            (found,) = self._ask([body])
        except _Missing:
            return []
        return [Completion(source["title"], source["url"]) for source in _sources(found)]

    def check(self) -> None:
        try:
            self._ask([{"size": 0, "terminate_after": 1}])
        except _Missing:
            return

    def close(self) -> None:
        self._client.close()

    def _results(self, query: Query, asked: Question) -> Results:
        by_time = query.sort is Sort.NEWEST or not asked.terms
        offset = (query.page - 1) * query.per_page
        body: dict[str, Any] = {
            "query": build(asked, filters(query), self._weights),
            "sort": _NEWEST if by_time else _BEST,
            "from": offset,
            "size": query.per_page,
            "_source": _SHOWN,
            "aggregations": _FACETS,
            "track_total_hits": True,
        }
        if offset + query.per_page > _WINDOW:
            body |= self._deep(body, offset)
        found, named = self._ask([body, _NAMES])
        names = documents.names(_sources(named))
        buckets = {name: found["aggregations"][name]["buckets"] for name in _FACETS}
        hits = found["hits"].get("hits", [])
        names |= self._unnamed({str(b["key"]) for b in buckets["category"]} - names.keys())
        return Results(
            int(found["hits"]["total"]["value"]),
            tuple(_hit(hit, names, asked) for hit in hits),
            _facets(buckets, names),
        )

    def _deep(self, body: Mapping[str, Any], offset: int) -> dict[str, Any]:
        """Return what leads to a page beyond the server's window: the place it comes after."""
        after: dict[str, Any] = {}
        bare = {name: body[name] for name in ("query", "sort")}
        while offset:
            step = min(offset, _WINDOW)
            skipped = {**bare, **after, "size": step, "_source": False, "track_total_hits": False}
            last = self._last_place(skipped)
            if last is None:
                return {"size": 0, "from": 0}
            after = {"search_after": last}
            offset -= step
        return {"from": 0, **after}

    def _last_place(self, body: Mapping[str, Any]) -> list[Any] | None:
        """Return the sort values of the last hit, if there are as many as wanted."""
        (found,) = self._ask([body], _PLACES)
        hits = found.get("hits", {}).get("hits", [])
        return hits[-1]["sort"] if len(hits) == body["size"] else None

    def _unnamed(self, categories: set[str]) -> dict[str, tuple[str, int]]:
        """Return labels of categories that nobody has named: those of their newest articles."""
        if not categories:
            return {}
        slugs = sorted(categories)
        newest = [
            {
                "query": {"bool": {"filter": [live(), {"term": {"category": slug}}]}},
                "sort": _NEWEST,
                "size": 1,
                "_source": ["category_label"],
                "track_total_hits": False,
            }
            for slug in slugs
        ]
        found = zip(slugs, self._ask(newest), strict=True)
        return {
            slug: (str(source["category_label"] or slug), UNPLACED)
            for slug, answer in found
            for source in _sources(answer)
        }

    def _best(self, query: Query, asked: Question) -> Clause:
        return {
            "query": build(asked, filters(query), self._weights),
            "sort": _BEST,
            "size": _LOOKED_INTO,
            "_source": _SPELT,
            "track_total_hits": False,
        }

    def _suggestion(self, query: Query, asked: Question) -> str | None:
        known, near = self._dictionary([term.folded for term in asked.terms])
        candidates = list(spelling.candidates(asked, known.__contains__, lambda w: near.get(w, ())))
        tries = [
            (candidate, tried)
            for candidate in candidates
            for tried in (question(candidate), question(candidate).loosened())
        ]
        answers = self._ask([self._best(query, tried) for _, tried in tries]) if tries else []
        for (candidate, tried), answer in zip(tries, answers, strict=True):
            if sources := _sources(answer):
                return spelling.as_written(sources, tried) or candidate
        return None

    def _dictionary(self, words: Sequence[str]) -> tuple[set[str], dict[str, list[str]]]:
        """Return which words some article has, and the words one slip from each."""
        guessable = [word for word in words if spelling.is_guessable(word)]
        body: dict[str, Any] = {
            "size": 0,
            "query": {"bool": {"filter": [live()]}},
            "aggregations": {
                "known": {"filters": {"filters": {word: has_word(word) for word in words}}}
            },
        }
        if guessable:
            body["suggest"] = {"text": " ".join(guessable), **_NEAR}
        (found,) = self._ask([body])
        buckets = found["aggregations"]["known"]["buckets"]
        known = {word for word, bucket in buckets.items() if bucket["doc_count"]}
        counts: dict[str, dict[str, int]] = {}
        for entries in found.get("suggest", {}).values():
            for entry in entries:
                others = counts.setdefault(entry["text"], {})
                for option in entry.get("options", ()):
                    others[option["text"]] = others.get(option["text"], 0) + int(option["freq"])
        return known, {
            word: sorted(others, key=lambda other: (-others[other], other))
            for word, others in counts.items()
        }

    def _ask(
        self, bodies: Sequence[Mapping[str, Any]], wanted: Sequence[str] = _WANTED
    ) -> list[dict[str, Any]]:
        """Ask several questions in one request. Raises IndexUnavailable, or _Missing.

        A half answer is none. The same question goes to the same copy of the index, so that its
        pages fit together.
        """
        searches: list[dict[str, Any]] = []
        for body in bodies:
            copy = f"copy-{crc32(repr(body.get('query')).encode())}"
            header = {"allow_partial_search_results": False, "preference": copy}
            searches += [header, dict(body)]
        with elastic_errors():
            try:
                found = self._client.msearch(
                    index=self._alias, searches=searches, filter_path=list(wanted)
                )
            except NotFoundError as error:
                raise _Missing from error
        answers: list[dict[str, Any]] = found.body["responses"]
        for answer in answers:
            _see(answer)
        return answers


_NEAR: Final = {
    name: {
        "term": {
            "field": schema.folded_field(name),
            "analyzer": "whitespace",
            "suggest_mode": "always",
            "max_edits": 1,
            "prefix_length": 1,
            "min_word_length": spelling.SHORTEST,
            "accuracy": 0.0,
            "max_term_freq": 1_000_000_000.0,
            "sort": "frequency",
            "size": 20,
        }
    }
    for name in TEXTS
}


def _see(answer: Mapping[str, Any]) -> None:
    """Raise what an answer says went wrong."""
    status = int(answer.get("status", HTTPStatus.OK))
    if status == HTTPStatus.OK:
        return
    error = answer.get("error", {})
    if error.get("type") == "index_not_found_exception":
        raise _Missing
    text = f"{status}: {error.get('type')}: {error.get('reason')}"
    if is_refusal(status):
        raise RuntimeError(f"Elasticsearch refuses the question: {text}")
    raise IndexUnavailable(f"Elasticsearch: {text}")


def _sources(answer: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [hit["_source"] for hit in answer.get("hits", {}).get("hits", [])]


def _facets(
    buckets: Mapping[str, Sequence[Mapping[str, Any]]], names: Mapping[str, tuple[str, int]]
) -> dict[str, tuple[FacetValue, ...]]:
    """Return categories, largest first, and years, newest first."""
    categories = {str(b["key"]): int(b["doc_count"]) for b in buckets["category"]}
    years = {int(b["key"]): int(b["doc_count"]) for b in buckets["year"]}
    return {
        "category": tuple(
            FacetValue(slug, names[slug][0], count, names[slug][1])
            for slug, count in sorted(categories.items(), key=lambda item: (-item[1], item[0]))
        ),
        "year": tuple(
            FacetValue(str(year), str(year), count)
            for year, count in sorted(years.items(), reverse=True)
        ),
    }


def _hit(hit: Mapping[str, Any], names: Mapping[str, tuple[str, int]], asked: Question) -> Hit:
    found = search_document(hit["_source"])
    return Hit(
        id=UUID(hit["_id"]),
        url=found.url,
        title=found.title,
        summary=found.summary,
        category=found.category,
        category_label=names[found.category][0],
        published_at=found.published_at,
        image=found.image,
        highlight_title=highlight(found.title, asked.terms),
        highlight_body=fragments(found.body, asked.terms),
    )
