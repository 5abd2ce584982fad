"""The reader's side: questions answered from the newest commit, whichever process made it."""

from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import tantivy

from shared.index import Completion, FacetValue, Hit, Query, Results, Sort, Weights, spelling
from shared.index.records import day_ends, search_document
from shared.index.tantivy import schema as layout
from shared.index.tantivy import spelling as dictionary
from shared.index.tantivy.queries import Filters, between, build, titles
from shared.index.tantivy.view import View, Views
from shared.text.highlight import fragments, highlight
from shared.text.normalise import nfc
from shared.text.words import Question, question, tokens

_MOST_VALUES = 10_000
"""Facet values that are told apart; categories and years are far fewer."""

_MOST_EQUALS = 5_000
"""Equally good matches beyond a page's end that are put in order; of more, chance decides."""
_EQUALS_STEP = 16

_LOOKED_INTO = 5
"""Articles in which the spelling of a suggestion is looked for."""


class TantivyEngine:
    """May be used by many threads. The folder need not exist yet."""

    def __init__(self, folder: Path | str, weights: Weights | None = None) -> None:
        self._views = Views(Path(folder))
        self._weights = weights or Weights()

    def search(self, query: Query) -> Results:
        asked = question(query.text)
        with layout.tantivy_errors():
            view = self._views.newest()
            if view is None or not (asked.terms or asked.is_blank):
                return _NOTHING
            results = self._results(view, query, asked)
            if results.total == 0 and any(term.exact for term in asked.terms):
                loosened = asked.loosened()
                results = self._results(view, query, loosened)
                if results.total:
                    spelt = spelling.as_written(self._best(view, query, loosened), loosened)
                    results = replace(results, suggestion=spelt)
            if results.total == 0 and asked.terms:
                results = replace(results, suggestion=self._suggestion(view, query, asked))
            return results

    def suggest(self, prefix: str, limit: int) -> list[Completion]:
        words = [token.folded for token in tokens(nfc(prefix))]
        with layout.tantivy_errors():
            view = self._views.newest()
            if view is None or not words or limit < 1:
                return []
            found = view.searcher.search(
                titles(words), limit=limit, order_by_field="published", count=False
            )
            sources = [layout.source_of(view.searcher.doc(address)) for _, address in found.hits]
        return [Completion(source["title"], source["url"]) for source in sources]

    def check(self) -> None:
        with layout.tantivy_errors():
            self._views.newest()

    def close(self) -> None:
        """Nothing is held but files mapped for reading, which go with the object."""

    def _results(self, view: View, query: Query, asked: Question) -> Results:
        built = build(asked, _filters(query), self._weights)
        facets = _facets(view, built)
        total = sum(value.count for value in facets["year"])
        offset = (query.page - 1) * query.per_page
        if offset >= total:
            return Results(total, (), facets)
        if query.sort is Sort.NEWEST or not asked.terms:
            addresses = _newest(view.searcher, built, offset, query.per_page)
        else:
            addresses = _ranked(view.searcher, built, offset, query.per_page)
        return Results(total, tuple(_hit(view, address, asked) for address in addresses), facets)

    def _best(self, view: View, query: Query, asked: Question) -> list[dict[str, Any]]:
        built = build(asked, _filters(query), self._weights)
        found = view.searcher.search(
            built, limit=_LOOKED_INTO, count=False, weight_by_field="recency"
        )
        return [layout.source_of(view.searcher.doc(address)) for _, address in found.hits]

    def _suggestion(self, view: View, query: Query, asked: Question) -> str | None:
        is_known = partial(dictionary.is_known, view.searcher)
        near = partial(dictionary.near, view.searcher)
        for candidate in spelling.candidates(asked, is_known, near):
            found = question(candidate)
            best = self._best(view, query, found)
            if not best:
                found = found.loosened()
                best = self._best(view, query, found)
            if best:
                return spelling.as_written(best, found) or candidate
        return None


_NOTHING = Results(0, (), {"category": (), "year": ()})


def _filters(query: Query) -> Filters:
    return Filters(query.since, query.until, query.category)


def _facets(view: View, built: tantivy.Query) -> dict[str, tuple[FacetValue, ...]]:
    """Count by category, largest first, and by year, newest first; each sums to the total."""
    wanted = {
        name: {"terms": {"field": name, "size": _MOST_VALUES}} for name in ("category", "year")
    }
    found = view.searcher.aggregate(built, wanted)
    categories = {str(b["key"]): int(b["doc_count"]) for b in found["category"]["buckets"]}
    years = {int(b["key"]): int(b["doc_count"]) for b in found["year"]["buckets"]}
    return {
        "category": tuple(
            FacetValue(slug, view.label(slug), count, view.position(slug))
            for slug, count in sorted(categories.items(), key=lambda item: (-item[1], item[0]))
        ),
        "year": tuple(
            FacetValue(str(year), str(year), count)
            for year, count in sorted(years.items(), reverse=True)
        ),
    }


def _newest(
    searcher: tantivy.Searcher, built: tantivy.Query, offset: int, count: int
) -> list[tantivy.DocAddress]:
    """Return a page ordered by time, newest first, then by id.

    tantivy orders by one field and leaves ties to chance. So the page is taken once to learn the
    times it spans, then everything within them is fetched and ordered in full.
    """
    rough = searcher.search(
        built, limit=count, offset=offset, count=False, order_by_field="published"
    )
    times = [int(moment) for moment, _ in rough.hits]
    if not times:
        return []
    newest, oldest = times[0], times[-1]
    after = _count(searcher, _within(built, newest + 1, day_ends(date.max)))
    spanned = searcher.search(
        _within(built, oldest, newest),
        limit=max(1, _count(searcher, _within(built, oldest, newest))),
        count=False,
        order_by_field="published",
    )
    addresses = [address for _, address in spanned.hits]
    his = searcher.fast_field_values("hi", addresses)
    los = searcher.fast_field_values("lo", addresses)
    moments = [-int(moment) for moment, _ in spanned.hits]
    ordered = sorted(zip(moments, his, los, range(len(addresses)), strict=True))
    begin = offset - after
    return [addresses[row[3]] for row in ordered[begin : begin + count]]


def _ranked(
    searcher: tantivy.Searcher, built: tantivy.Query, offset: int, count: int
) -> list[tantivy.DocAddress]:
    """Return the best matches, and of equally good ones the newest first.

    By itself tantivy orders equals by where they happen to lie, which a rebuild changes. So the
    page is taken from a list that goes on until the score falls, as far as is reasonable.
    """
    wanted = offset + count
    limit = wanted + 1
    while True:
        hits = searcher.search(built, limit=limit, count=False, weight_by_field="recency").hits
        if len(hits) < limit or hits[-1][0] < hits[wanted - 1][0] or limit > wanted + _MOST_EQUALS:
            break
        limit = wanted + (limit - wanted) * _EQUALS_STEP
    addresses = [address for _, address in hits]
    moments, his, los = (
        [int(value or 0) for value in searcher.fast_field_values(name, addresses)]
        for name in ("published", "hi", "lo")
    )
    places = range(len(addresses))
    ordered = sorted(places, key=lambda i: (-hits[i][0], -moments[i], his[i], los[i]))
    return [addresses[i] for i in ordered[offset:wanted]]


def _count(searcher: tantivy.Searcher, query: tantivy.Query) -> int:
    found: Any = searcher.search(query, limit=1)
    return int(found.count)


def _within(built: tantivy.Query, low: int, high: int) -> tantivy.Query:
    must = tantivy.Occur.Must
    return tantivy.Query.boolean_query([(must, built), (must, between(low, high))])


def _hit(view: View, address: tantivy.DocAddress, asked: Question) -> Hit:
    document = view.searcher.doc(address)
    source = layout.source_of(document)
    found = search_document(source)
    return Hit(
        id=layout.joined(
            *(
                int(view.searcher.fast_field_values(name, [address])[0] or 0)
                for name in ("hi", "lo")
            )
        ),
        url=found.url,
        title=found.title,
        summary=found.summary,
        category=found.category,
        category_label=view.label(found.category),
        published_at=found.published_at,
        image=found.image,
        highlight_title=highlight(found.title, asked.terms),
        highlight_body=fragments(found.body, asked.terms),
    )
