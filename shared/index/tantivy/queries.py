"""From a reader's question to a query of tantivy, built as objects and never parsed from text."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import tantivy

from shared.index import Weights
from shared.index.limits import NEIGHBOUR_FIELDS, NEIGHBOURS, within_limits
from shared.index.records import TEXTS, day_begins, day_ends
from shared.index.tantivy.schema import KIND_LIVE, schema
from shared.text.words import Question, Term

_MUST, _SHOULD = tantivy.Occur.Must, tantivy.Occur.Should
_TIE: Final = 0.3
"""Share that a word's matches in its lesser fields add to that in its best field."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What a result must satisfy besides the words; it never counts in the score."""

    since: date | None = None
    until: date | None = None
    category: str | None = None

    def clauses(self) -> list[tuple[tantivy.Occur, tantivy.Query]]:
        found = [term("kind", KIND_LIVE)]
        if self.category is not None:
            found.append(term("category", self.category))
        if self.since or self.until:
            found.append(
                between(day_begins(self.since or date.min), day_ends(self.until or date.max) - 1)
            )
        return [(_MUST, tantivy.Query.const_score_query(query, 0.0)) for query in found]


def build(question: Question, filters: Filters, weights: Weights) -> tantivy.Query:
    """Return the query: every word in some field, phrases whole, words side by side preferred."""
    clauses = filters.clauses()
    question, marks = within_limits(question)
    clauses += [(_MUST, _word(term, weights, marks=marks)) for term in question.terms]
    for phrase in question.phrases:
        alternatives = [(_SHOULD, _side_by_side(name, phrase)) for name in TEXTS]
        clauses.append((_MUST, tantivy.Query.boolean_query(alternatives)))
    pairs = list(zip(question.terms, question.terms[1:], strict=False))[:NEIGHBOURS]
    for name in NEIGHBOUR_FIELDS:
        weight = weights.adjacent * _weight(weights, name)
        clauses += [
            (_SHOULD, tantivy.Query.boost_query(_side_by_side(name, pair), weight))
            for pair in pairs
        ]
    if pairs and len(question.terms) <= NEIGHBOURS:
        rows = [_side_by_side(name, question.terms) for name in NEIGHBOUR_FIELDS]
        whole = tantivy.Query.disjunction_max_query(rows)
        clauses.append((_SHOULD, tantivy.Query.const_score_query(whole, weights.whole)))
    return tantivy.Query.boolean_query(clauses)


def _word(word: Term, weights: Weights, *, marks: bool) -> tantivy.Query:
    accented = [
        tantivy.Query.boost_query(text(f"{name}_accented", word.accented), _weight(weights, name))
        for name in TEXTS
    ]
    if word.exact:
        return tantivy.Query.disjunction_max_query(accented, _TIE)
    folded = [
        tantivy.Query.boost_query(text(f"{name}_folded", word.folded), _weight(weights, name))
        for name in TEXTS
    ]
    plain = tantivy.Query.disjunction_max_query(folded, _TIE)
    if not marks:
        return plain
    marked = tantivy.Query.boost_query(
        tantivy.Query.disjunction_max_query(accented, _TIE), weights.accented
    )
    return tantivy.Query.boolean_query([(_MUST, plain), (_SHOULD, marked)])


def _side_by_side(name: str, words: Sequence[Term]) -> tantivy.Query:
    """Match words that follow one another; their marks are the words' own business."""
    if len({word.folded for word in words}) == len(words) == 1:
        return text(f"{name}_folded", words[0].folded)
    return tantivy.Query.phrase_query(schema(), f"{name}_folded", [word.folded for word in words])


def titles(words: Sequence[str]) -> tantivy.Query:
    """Match live articles whose title has all ``words`` (folded), the last one as a prefix."""
    clauses = Filters().clauses()
    clauses += [(_MUST, text("title_folded", word)) for word in words[:-1]]
    prefix = tantivy.Query.fuzzy_term_query(
        schema(), "title_folded", words[-1], distance=0, prefix=True
    )
    return tantivy.Query.boolean_query([*clauses, (_MUST, prefix)])


def term(field: str, value: str) -> tantivy.Query:
    return tantivy.Query.term_query(schema(), field, value, "basic")


def text(field: str, word: str) -> tantivy.Query:
    return tantivy.Query.term_query(schema(), field, word, "freq")


def between(low: int, high: int) -> tantivy.Query:
    """Match what was published within these Unix microseconds, both inclusive."""
    kind = tantivy.FieldType.Integer
    return tantivy.Query.range_query(schema(), "published", kind, low, high)


def _weight(weights: Weights, name: str) -> float:
    weight: float = getattr(weights, name)
    return weight
