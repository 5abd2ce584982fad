"""No question that may be asked is too much for Elasticsearch, wherever it runs."""

from collections.abc import Callable
from datetime import date
from itertools import islice, pairwise, product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.search.query import LONGEST
from services.search.ranking import WEIGHTS
from shared.index import Query
from shared.index.elastic.queries import build, filters
from shared.index.limits import MOST_CLAUSES, within_limits
from shared.text.normalise import nfc
from shared.text.words import Question, question

DAY = date(2026, 3, 14)
CJK = [chr(0x4E00 + number) for number in range(LONGEST)]
CUT_BY_NFC = [c for c in map(chr, range(0x958, 0xFB4F)) if c.isalpha() and len(nfc(c)) > 1]
"""Each becomes a letter and a mark, and the next one begins another word."""
WORDS = [first + second for first, second in product("bcdghklmnprs", "aeiouy0123456789")]
PROSE = " ".join("".join(letters) for letters in islice(product("bcd", "aeiou", "mnpt"), 40))


def _filled(parts: list[str], between: str = "") -> str:
    """Return as many of the parts as may be typed."""
    text = ""
    for part in parts:
        if len(text) + len(between) + len(part) > LONGEST:
            break
        text += (between if text else "") + part
    return text


def _quoted(words: list[str], marks: str = '""') -> list[str]:
    return [f"{marks[0]}{one} {other}{marks[1]}" for one, other in pairwise(words)]


WORST = {
    "short words without marks": _filled(WORDS, " "),
    "words of one letter": _filled(CJK, " "),
    "phrases": _filled(_quoted(WORDS), " "),
    "phrases of single letters": _filled(_quoted(CJK)),
    "phrases of the same few words": _filled(
        [f'"{one} {other}"' for one, other in product("abcdefghijk", repeat=2)]
    ),
    "phrases of letters that come apart": _filled(
        [f'"{one}{other}"' for one, other in product(CUT_BY_NFC, repeat=2)]
    ),
    "letters that come apart": _filled(CUT_BY_NFC + _quoted(CJK)),
    "a phrase as long as can be": f'"{_filled(CJK[:254], " ")}"',
    "words with marks": _filled([f"{word}á" for word in WORDS], " "),
}


def leaves(clause: Any) -> int:
    """Count as the server does: every word that is looked up in a field, in a phrase too."""
    count = 0
    for name, value in clause.items() if isinstance(clause, dict) else enumerate(clause):
        if name in {"term", "range"}:
            count += 1
        elif name == "match_phrase":
            count += sum(len(phrase["query"].split()) for phrase in value.values())
        elif isinstance(value, dict | list):
            count += leaves(value)
    return count


def _clauses(asked: Question) -> int:
    narrowed = filters(Query(since=DAY, until=DAY, category="tin-tuc"))
    return leaves(build(asked, narrowed, WEIGHTS))


@pytest.mark.parametrize("text", WORST.values(), ids=WORST.keys())
@pytest.mark.parametrize("read", [question, lambda text: question(text).loosened()])
def test_the_longest_question_stays_within_the_limit(
    text: str, read: Callable[[str], Question]
) -> None:
    assert LONGEST - 8 < len(text) <= LONGEST
    assert 0 < _clauses(read(text)) < MOST_CLAUSES


PIECES = st.sampled_from([*"aàbđ1 \"'“”-", *CJK[:9], *CUT_BY_NFC, "ba", '"a b"', "\u0301"])


@given(st.one_of(st.lists(PIECES, max_size=LONGEST).map("".join), st.text(max_size=LONGEST)))
def test_any_question_stays_within_the_limit(text: str) -> None:
    asked = question(text[:LONGEST])
    assert _clauses(asked) < MOST_CLAUSES
    assert _clauses(asked.loosened()) < MOST_CLAUSES


@pytest.mark.parametrize(
    "text", [PROSE, f'"{PROSE}"', f'{PROSE} "bam bem" "cat dat"', "", "cầu mới", '"']
)
def test_a_question_of_forty_words_is_asked_in_full(text: str) -> None:
    assert len(question(PROSE).terms) == 40
    assert within_limits(question(text)) == (question(text), True)


def test_every_word_of_a_longer_one_is_wanted_but_marks_count_for_nothing() -> None:
    asked = [question(_filled(WORDS[:count], " ")) for count in (85, 86, 171)]
    assert [within_limits(one) for one in asked] == [(one, one is asked[0]) for one in asked]


def test_phrases_that_are_too_many_leave_their_words_wanted() -> None:
    asked = question(WORST["phrases of single letters"])
    wanted, _ = within_limits(asked)
    assert wanted.terms == asked.terms
    assert wanted.phrases == asked.phrases[: len(wanted.phrases)] != ()
