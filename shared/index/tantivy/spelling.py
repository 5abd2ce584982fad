"""What the reader may have meant, when nothing was found as typed."""

from collections.abc import Iterable, Iterator
from itertools import product
from typing import Any, Final

import tantivy

from shared.index.tantivy.schema import TEXTS
from shared.text.keystrokes import meant
from shared.text.normalise import nfc
from shared.text.words import Question, Term, tokens

_TRIED: Final = 8
"""Spellings tried; each costs a search."""
_PER_WORD: Final = 3
_SHORTEST: Final = 3
"""A shorter word has so many neighbours that none of them is a good guess."""


def as_written(sources: Iterable[dict[str, Any]], asked: Question) -> str | None:
    """Return the words asked for as the first article that has them in a row writes them.

    In lower case. Words picked from here and there would make a phrase that nobody has written.
    """
    wanted = [term.folded for term in asked.terms]
    for source in sources:
        for name in ("title", "summary", "body"):
            found = list(tokens(nfc(source.get(name, ""))))
            for start in range(len(found) - len(wanted) + 1):
                run = found[start : start + len(wanted)]
                if [token.folded for token in run] == wanted:
                    return " ".join(token.accented for token in run)
    return None


def candidates(searcher: tantivy.Searcher, asked: Question) -> Iterator[str]:
    """Yield questions that the reader may have meant, likeliest first.

    First the keys as an input method would have read them, then near spellings of the words that
    no article has.
    """
    read = [meant(term.folded) for term in asked.terms]
    if any(read):
        yield " ".join(word or term.accented for word, term in zip(read, asked.terms, strict=True))
    choices: list[list[str]] = []
    changed = False
    for term in asked.terms:
        if _frequency(searcher, term):
            choices.append([term.accented])
            continue
        near = _near(searcher, term.folded)[:_PER_WORD]
        changed = changed or bool(near)
        choices.append(near or [term.folded])
    if changed:
        for number, words in enumerate(product(*choices)):
            if number == _TRIED:
                return
            yield " ".join(words)


def _frequency(searcher: tantivy.Searcher, term: Term) -> int:
    return max(searcher.doc_freq(f"{name}_folded", term.folded) for name in TEXTS)


def _near(searcher: tantivy.Searcher, word: str) -> list[str]:
    """Return known words one slip away that begin alike, the most frequent first."""
    if len(word) < _SHORTEST or word.isdigit():
        return []
    known: dict[str, int] = {}
    for name in TEXTS:
        for other, count in searcher.terms_with_prefix(f"{name}_folded", word[0]):
            if abs(len(other) - len(word)) <= 1 and one_slip_apart(word, other):
                known[other] = known.get(other, 0) + count
    return sorted(known, key=lambda other: (-known[other], other))


def one_slip_apart(first: str, second: str) -> bool:
    """Say whether one letter put in, left out, replaced or swapped with the next tells them apart.

    That is a Damerau-Levenshtein distance of one.
    """
    if first == second:
        return False
    shorter, longer = sorted((first, second), key=len)
    at = 0
    while at < len(shorter) and shorter[at] == longer[at]:
        at += 1
    if len(shorter) != len(longer):
        return shorter[at:] == longer[at + 1 :]
    if shorter[at + 1 :] == longer[at + 1 :]:
        return True
    swapped = longer[at + 1 : at + 2] + longer[at : at + 1]
    return shorter[at:] == swapped + longer[at + 2 :]
