"""Words of a text and words of a question, cut in the same way."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from shared.text.normalise import accented, folded, lower, nfc

LONGEST = 64
"""A longer run of letters is cut to this many characters, in the index and in a question."""
_WORD = re.compile(r"[^\W_]+")
_CUT_WORD = re.compile(rf"([^\W_]{{1,{LONGEST}}})[^\W_]*")
_QUOTED = re.compile('"([^"]*)"')
_QUOTES = str.maketrans("“”„«»", '"""""')


_accented = lru_cache(maxsize=4096)(accented)
"""For single words: the same few stand in all texts that answer a question."""


@dataclass(frozen=True, slots=True)
class Token:
    """A word with both of its forms, and where it stands: ``text[start:end]``."""

    accented: str
    folded: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Term:
    """A word of a question. ``exact``: typed with marks, so only that spelling is meant."""

    accented: str
    folded: str
    exact: bool

    def is_spelt(self, word: str) -> bool:
        """Say whether a word with the same folded form has the marks that are insisted on."""
        return not self.exact or _accented(word)[:LONGEST] == self.accented


@dataclass(frozen=True, slots=True)
class Question:
    """What a reader typed: words in order, without repeats, and the phrases put in quotes."""

    terms: tuple[Term, ...]
    phrases: tuple[tuple[Term, ...], ...] = ()
    is_blank: bool = False
    """Nothing was typed at all; signs without a word are something."""

    def loosened(self) -> "Question":
        """Return the same question with no word's marks insisted on."""
        return Question(
            tuple(_loose(term) for term in self.terms),
            tuple(tuple(_loose(term) for term in phrase) for phrase in self.phrases),
            self.is_blank,
        )


def _loose(term: Term) -> Term:
    return Term(term.accented, term.folded, exact=False)


def tokens(text: str) -> Iterator[Token]:
    """Yield the words of ``text`` (NFC) in order."""
    marked, plain = accented(text), folded(text)
    for found in _WORD.finditer(plain):
        start, end = found.span()
        cut = min(end, start + LONGEST)
        yield Token(marked[start:cut], plain[start:cut], start, end)


def forms(text: str) -> tuple[str, str]:
    """Return the words of ``text`` (NFC) joined by blanks: in accented form, and folded."""
    return " ".join(_CUT_WORD.findall(accented(text))), " ".join(_CUT_WORD.findall(folded(text)))


def question(text: str) -> Question:
    """Read what a reader typed. Whatever is no word means nothing; nothing is an error."""
    typed = nfc(re.sub(r"[\x00-\x1f\x7f-\x9f]", " ", text)).translate(_QUOTES)
    phrases = (tuple(_terms(found)) for found in _QUOTED.findall(typed))
    return Question(
        tuple(dict.fromkeys(_terms(typed))),
        tuple(phrase for phrase in phrases if len(phrase) > 1),
        is_blank=not typed.strip(),
    )


def _terms(typed: str) -> list[Term]:
    plain = lower(typed)
    return [
        Term(t.accented, t.folded, exact=t.folded != plain[t.start : t.start + len(t.folded)])
        for t in tokens(typed)
    ]
