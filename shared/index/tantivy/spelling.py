"""The words that the index knows, as spelling wants them."""

import tantivy

from shared.index.records import TEXTS


def is_known(searcher: tantivy.Searcher, word: str) -> bool:
    """Tell whether some article has the folded word."""
    return any(searcher.doc_freq(f"{name}_folded", word) for name in TEXTS)


def near(searcher: tantivy.Searcher, word: str) -> list[str]:
    """Return known words one slip away that begin alike, the most frequent first."""
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
