"""From a reader's question to a query, built as objects and never parsed from text.

The words are those of ``shared.text``, as the index has them, so nothing is analysed any more.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from shared.index import Query, Weights
from shared.index.elastic.schema import KIND_LIVE, folded_field, sent
from shared.index.limits import NEIGHBOUR_FIELDS, NEIGHBOURS, within_limits
from shared.index.records import TEXTS, day_begins, day_ends
from shared.text.words import Question, Term

Clause = dict[str, Any]
_TIE: Final = 0.3
"""Share that a word's matches in its lesser fields add to that in its best field."""
_LUCENE: Final = 2.2
"""Scores of tantivy are higher by BM25's factor k1 + 1, which Lucene leaves out."""


def filters(query: Query) -> list[Clause]:
    """Return what a result must satisfy besides the words; it never counts in the score."""
    found = [live()]
    if query.category is not None:
        found.append({"term": {"category": query.category}})
    if query.since or query.until:
        span = {
            "gte": day_begins(query.since or date.min),
            "lt": day_ends(query.until or date.max),
        }
        found.append({"range": {"published": span}})
    return found


def live() -> Clause:
    return {"term": {"kind": KIND_LIVE}}


def build(question: Question, conditions: Sequence[Clause], weights: Weights) -> Clause:
    """Return the query: every word in some field, phrases whole, words side by side preferred.

    Newer articles gain a little, by what is kept with each of them.
    """
    if not question.terms:
        return {"bool": {"filter": conditions}}
    question, marks = within_limits(question)
    must = [_word(term, weights, marks=marks) for term in question.terms]
    must += [
        {"bool": {"should": [_side_by_side(name, phrase) for name in TEXTS]}}
        for phrase in question.phrases
    ]
    pairs = list(zip(question.terms, question.terms[1:], strict=False))[:NEIGHBOURS]
    should = [
        _side_by_side(name, pair, weights.adjacent * _weight(weights, name))
        for name in NEIGHBOUR_FIELDS
        for pair in pairs
    ]
    if pairs and len(question.terms) <= NEIGHBOURS:
        rows = [_side_by_side(name, question.terms) for name in NEIGHBOUR_FIELDS]
        whole = {"bool": {"should": rows}}
        should.append({"constant_score": {"filter": whole, "boost": weights.whole / _LUCENE}})
    return {
        "function_score": {
            "query": {"bool": {"filter": conditions, "must": must, "should": should}},
            "field_value_factor": {"field": "recency", "missing": 1},
            "boost_mode": "multiply",
        }
    }


def _word(word: Term, weights: Weights, *, marks: bool) -> Clause:
    accented = {name: (name, word.accented) for name in TEXTS}
    marked = _best_of(accented, weights)
    if word.exact:
        return marked
    plain = {name: (folded_field(name), word.folded) for name in TEXTS}
    if not marks:
        return _best_of(plain, weights)
    marked["dis_max"]["boost"] = weights.accented
    return {"bool": {"must": _best_of(plain, weights), "should": marked}}


def _best_of(words: Mapping[str, tuple[str, str]], weights: Weights) -> Clause:
    queries = [
        {"term": {field: {"value": sent(word), "boost": _weight(weights, name)}}}
        for name, (field, word) in words.items()
    ]
    return {"dis_max": {"queries": queries, "tie_breaker": _TIE}}


def _side_by_side(name: str, words: Sequence[Term], boost: float = 1.0) -> Clause:
    """Match words that follow one another; their marks are the words' own business."""
    row = " ".join(sent(word.folded) for word in words)
    return {
        "match_phrase": {
            folded_field(name): {"query": row, "analyzer": "whitespace", "boost": boost}
        }
    }


def titles(words: Sequence[str]) -> Clause:
    """Match live articles whose title has all ``words`` (folded), the last one as a prefix."""
    field = folded_field("title")
    whole = [{"term": {field: sent(word)}} for word in words[:-1]]
    return {"bool": {"filter": [live(), *whole, {"prefix": {field: sent(words[-1])}}]}}


def has_word(word: str) -> Clause:
    """Match articles that have the folded word in whatever field."""
    return {"bool": {"should": [{"term": {folded_field(name): sent(word)}} for name in TEXTS]}}


def _weight(weights: Weights, name: str) -> float:
    weight: float = getattr(weights, name)
    return weight
