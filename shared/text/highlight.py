"""Show where a text answers a question: escaped HTML whose only element is ``<mark>``."""

import re
from collections.abc import Sequence
from functools import lru_cache
from html import escape

from shared.text.normalise import folded
from shared.text.words import LONGEST, Term

_CONSIDERED = 100
"""Matches looked at in one text; a long body full of a common word costs no more than this."""
_MORE = "…"
Span = tuple[int, int, str]
"""Start, end, and the folded word that stands there."""


def highlight(text: str, terms: Sequence[Term]) -> str:
    """Return the whole of ``text`` (NFC), escaped, with every word asked for marked."""
    return _marked(text, 0, len(text), _spans(text, terms))


def fragments(
    text: str, terms: Sequence[Term], *, count: int = 3, size: int = 160
) -> tuple[str, ...]:
    """Return up to ``count`` stretches of about ``size`` characters that hold most words asked for.

    They are in the text's order, begin and end between words, and do not overlap; none where
    nothing matches.
    """
    spans = _spans(text, terms, _CONSIDERED)
    flat = text.replace("\n", " ").replace("\t", " ").replace("\r", " ")
    chosen: list[tuple[int, int]] = []
    for start, end in _windows(flat, spans, size):
        if all(end <= other[0] or start >= other[1] for other in chosen):
            chosen.append((start, end))
            if len(chosen) == count:
                break
    return tuple(
        (_MORE if start else "")
        + _marked(flat, start, end, spans)
        + (_MORE if end < len(flat) else "")
        for start, end in sorted(chosen)
    )


def _spans(text: str, terms: Sequence[Term], limit: int = 0) -> list[Span]:
    """Find the words asked for. A pattern over the folded text is faster than cutting it up."""
    if not terms:
        return []
    by_fold: dict[str, list[Term]] = {}
    for term in terms:
        by_fold.setdefault(term.folded, []).append(term)
    plain = folded(text)
    spans: list[Span] = []
    for found in _pattern(tuple(by_fold)).finditer(plain):
        start, end = found.span()
        if start and plain[start - 1].isalnum():
            continue  # a lookbehind in the pattern would take away its fast search
        word, written = found.group()[:LONGEST], text[start:end]
        for term in by_fold[word]:
            if term.is_spelt(written):
                spans.append((start, end, word))
                break
        if limit and len(spans) == limit:
            break
    return spans


@lru_cache(maxsize=64)
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    alternatives = "|".join(
        word + ("[^\\W_]*" if len(word) == LONGEST else "")
        for word in sorted(words, key=len, reverse=True)
    )
    return re.compile(rf"(?:{alternatives})(?![^\W_])")


def _windows(text: str, spans: Sequence[Span], size: int) -> list[tuple[int, int]]:
    """Return a stretch around each match, those with most different words first."""
    rated = []
    for index, (start, _, _) in enumerate(spans):
        inside = [span for span in spans[index : index + size] if span[1] <= start + size]
        inside = inside or [spans[index]]
        room = max(0, size - (inside[-1][1] - start))
        low, high = _between_words(text, start - room // 2, inside[-1][1] + room - room // 2)
        window = (min(low, start), max(high, inside[-1][1]))
        rated.append((-len({word for _, _, word in inside}), -len(inside), window))
    return [window for _, _, window in sorted(rated)]


def _between_words(text: str, start: int, end: int) -> tuple[int, int]:
    """Shrink a stretch until it cuts no word, and blanks at its edges away."""
    if start <= 0:
        start = 0
    elif (blank := text.find(" ", start - 1)) >= 0:
        start = blank + 1
    if end >= len(text):
        end = len(text)
    elif (blank := text.rfind(" ", start, end + 1)) > 0:
        end = blank
    while start < end and text[start] == " ":
        start += 1
    while start < end and text[end - 1] == " ":
        end -= 1
    return start, end


def _marked(text: str, start: int, end: int, spans: Sequence[Span]) -> str:
    parts, at = [], start
    for first, last, _ in spans:
        if start <= first and last <= end:
            parts += [escape(text[at:first]), "<mark>", escape(text[first:last]), "</mark>"]
            at = last
    return "".join([*parts, escape(text[at:end])])
