"""The server's analyzers and ``shared.text`` cut and normalise every text in the same way."""

import sys
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.index import open_index
from shared.index.elastic.schema import sent
from shared.text.normalise import nfc
from shared.text.words import forms
from tests.contract.index.elastic import call, raw

Analyse = Callable[[str, list[str]], list[list[str]]]
LETTERS = "aăâeêioôơuưyđqghnbcAĂÂEÊIOÔƠUƯYĐQ"
TONES = ["", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323"]
SYLLABLES = st.lists(st.tuples(st.sampled_from(LETTERS), st.sampled_from(TONES)), max_size=8).map(
    lambda parts: "".join(letter + tone for letter, tone in parts)
)
ANYTHING = st.text(st.characters(exclude_categories=["Cs", "Cn", "Co"]), max_size=20)
TEXTS = st.lists(st.one_of(SYLLABLES, ANYTHING, st.just("x" * 70)), max_size=8).map(" ".join)


@pytest.fixture
def adapter() -> str:
    return "elastic"


@pytest.fixture
def analyse(url: str) -> Analyse:
    """Return the words that an analyzer of the index makes of each text."""
    index = open_index(url)
    index.is_empty()
    index.close()

    def ask(analyzer: str, texts: list[str]) -> list[list[str]]:
        found = call("POST", f"{raw(url)}/_analyze", {"analyzer": analyzer, "text": texts})
        words: list[list[str]] = [[] for _ in texts]
        starts = _starts(texts)
        for token in found["tokens"]:
            words[bisect_right(starts, token["start_offset"]) - 1].append(token["token"])
        return words

    return ask


def _starts(texts: Iterable[str]) -> list[int]:
    """Return where each text begins among all; the server counts in UTF-16, with gaps of one."""
    starts, at = [], 0
    for text in texts:
        starts.append(at)
        at += len(text.encode("utf-16-le")) // 2 + 1
    return starts


def _expected(text: str) -> tuple[list[str], list[str]]:
    accented, folded = forms(nfc(text))
    return sent(accented).split(), sent(folded).split()


def _check(analyse: Analyse, texts: list[str]) -> None:
    composed = [nfc(text) for text in texts]
    expected = [_expected(text) for text in composed]
    assert analyse("accented", composed) == [accented for accented, _ in expected]
    assert analyse("folded", composed) == [folded for _, folded in expected]


def test_every_character_there_is(analyse: Analyse) -> None:
    """But those that this Python does not know: the server may have a newer Unicode."""
    known = [
        character
        for character in map(chr, range(0x20, sys.maxunicode))
        if unicodedata.category(character) not in {"Cn", "Co", "Cs"}
    ]
    for start in range(0, len(known), 2500):
        _check(analyse, [f"a{c}b {c}" for c in known[start : start + 2500]])


@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(TEXTS, min_size=1, max_size=50))
def test_any_text(analyse: Analyse, texts: list[str]) -> None:
    _check(analyse, texts)
