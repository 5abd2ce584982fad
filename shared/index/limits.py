"""How much of a question is asked: a search server takes no query of more than a number of clauses.

Elasticsearch works its limit out from the memory and the processors of a host; it is never below
1,024. Each word, in a phrase too, is a clause for each field in which it is looked for.
"""

from typing import Final

from shared.index.records import TEXTS
from shared.text.words import Question

NEIGHBOURS: Final = 16
"""Pairs of words looked for side by side; a longer question is found by its words alone."""
NEIGHBOUR_FIELDS: Final = ("title", "summary", "body")
MOST_CLAUSES: Final = 1000
_CONDITIONS: Final = 4
_PAIRS: Final = NEIGHBOURS * 2 * len(NEIGHBOUR_FIELDS)
"""Words of pairs in fields."""
_MOST: Final = (MOST_CLAUSES - _CONDITIONS - _PAIRS) // len(TEXTS)
"""Words that can be looked for in every field."""
_ROW: Final = -(-NEIGHBOURS * len(NEIGHBOUR_FIELDS) // len(TEXTS))
"""What the whole question in a row is worth of them; a long one is not looked for."""


def within_limits(question: Question) -> tuple[Question, bool]:
    """Return what is asked for of a question, and whether marks are, too, where none were typed.

    Both adapters ask for the same. Forty words are asked for in full, with as many in phrases. Of a
    longer question marks count for nothing where none were typed; then phrases are not wanted side
    by side, the last ones first. The 181st different word is ignored: 512 characters have so many
    only if they are of one letter or two.
    """
    terms = question.terms[:_MOST]
    left = _MOST - _ROW - len(terms)
    phrases = []
    for phrase in dict.fromkeys(question.phrases):
        left -= len(phrase)
        if left < 0:
            break
        phrases.append(phrase)
    marks = sum(not term.exact for term in terms)
    return Question(terms, tuple(phrases), question.is_blank), marks <= left
