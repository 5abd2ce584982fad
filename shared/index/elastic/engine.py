"""The reader's side: questions answered by the live index, whoever wrote it last."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from shared.index import UNPLACED, Completion, Query, Results, Sort, Weights, spelling
from shared.index.elastic import answers, dictionary, documents, schema
from shared.index.elastic.asking import PLACES, Asking, Missing
from shared.index.elastic.client import Address
from shared.index.elastic.queries import Clause, build, filters, live, titles
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
_NOTHING: Final = Results(0, (), {"category": (), "year": ()})


class ElasticEngine:
    """May be used by many threads. The index need not exist yet."""

    def __init__(self, url: str, weights: Weights | None = None) -> None:
        self._asking = Asking(Address.parse(url))
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
                    (best,) = self._asking.ask(self._best(query, loosened))
                    spelt = spelling.as_written(answers.sources(best), loosened)
                    results = replace(results, suggestion=spelt)
            if results.total == 0 and asked.terms:
                results = replace(results, suggestion=self._suggestion(query, asked))
        except Missing:
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
            (found,) = self._asking.ask(body)
        except Missing:
            return []
        return [Completion(source["title"], source["url"]) for source in answers.sources(found)]

    def check(self) -> None:
        try:
            self._asking.ask({"size": 0, "terminate_after": 1})
        except Missing:
            return

    def close(self) -> None:
        self._asking.close()

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
        found, named = self._asking.ask(body, _NAMES)
        categories = answers.counts(found, "category")
        names = documents.names(answers.sources(named))
        names |= self._unnamed(categories.keys() - names.keys())
        return Results(
            int(found["hits"]["total"]["value"]),
            tuple(answers.hit(hit, names, asked) for hit in found["hits"].get("hits", [])),
            {
                "category": answers.categories(categories, names),
                "year": answers.years(answers.counts(found, "year")),
            },
        )

    def _deep(self, body: Mapping[str, Any], offset: int) -> dict[str, Any]:
        """Return what leads to a page beyond the server's window: the place it comes after."""
        after: dict[str, Any] = {}
        bare = {name: body[name] for name in ("query", "sort")}
        while offset:
            step = min(offset, _WINDOW)
            skipped = {**bare, **after, "size": step, "_source": False, "track_total_hits": False}
            (found,) = self._asking.ask(skipped, wanted=PLACES)
            hits = found.get("hits", {}).get("hits", [])
            if len(hits) < step:
                return {"from": 0, "size": 0}
            after = {"search_after": hits[-1]["sort"]}
            offset -= step
        return {"from": 0, **after}

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
        labels = dict.fromkeys(slugs, "")
        for slug, answer in zip(slugs, self._asking.ask(*newest), strict=True):
            for source in answers.sources(answer):
                labels[slug] = source["category_label"]
        return {slug: (label or slug, UNPLACED) for slug, label in labels.items()}

    def _best(self, query: Query, asked: Question) -> Clause:
        return {
            "query": build(asked, filters(query), self._weights),
            "sort": _BEST,
            "size": _LOOKED_INTO,
            "_source": _SPELT,
            "track_total_hits": False,
        }

    def _suggestion(self, query: Query, asked: Question) -> str | None:
        (found,) = self._asking.ask(dictionary.asking([term.folded for term in asked.terms]))
        known, near = dictionary.known(found), dictionary.near(found)
        tries = [
            (candidate, tried)
            for candidate in spelling.candidates(
                asked, lambda word: word in known, lambda word: near.get(word, ())
            )
            for tried in (question(candidate), question(candidate).loosened())
        ]
        if not tries:
            return None
        best = self._asking.ask(*(self._best(query, tried) for _, tried in tries))
        for (candidate, tried), answer in zip(tries, best, strict=True):
            if sources := answers.sources(answer):
                return spelling.as_written(sources, tried) or candidate
        return None
