"""What the reader may have meant, when nothing was found as typed: the same for every adapter."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any, Final

from shared.text.keystrokes import meant
from shared.text.normalise import nfc
from shared.text.words import Question, tokens

MOST: Final = 9
"""Spellings that :func:`candidates` yields at the most; each costs a search."""
SHORTEST: Final = 3
"""A shorter word has so many neighbours that none of them is a good guess."""
_PER_WORD: Final = 3


def as_written(sources: Iterable[Mapping[str, Any]], asked: Question) -> str | None:
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


def candidates(
    asked: Question, is_known: Callable[[str], bool], near: Callable[[str], Sequence[str]]
) -> Iterator[str]:
    """Yield questions that the reader may have meant, likeliest first.

    First the keys as an input method would have read them, then near spellings of the words that
    no article has. ``near`` gives known words one slip away, the most frequent first; both get
    folded words.
    """
    read = [meant(term.folded) for term in asked.terms]
    if any(read):
        yield " ".join(word or term.accented for word, term in zip(read, asked.terms, strict=True))
    choices: list[list[str]] = []
    changed = False
    for term in asked.terms:
        if is_known(term.folded):
            choices.append([term.accented])
            continue
        others = list(near(term.folded) if is_guessable(term.folded) else ())[:_PER_WORD]
        changed = changed or bool(others)
        choices.append(others or [term.folded])
    if changed:
        for number, words in enumerate(product(*choices)):
            if number == MOST - 1:
                return
            yield " ".join(words)


def is_guessable(word: str) -> bool:
    """Tell whether a near spelling of the word would be a good guess."""
    return len(word) >= SHORTEST and not word.isdigit()
