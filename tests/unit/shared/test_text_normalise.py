import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.text.normalise import accented, folded, lower, nfc

VIETNAMESE = st.text("aăâbcdđeêghiklmnoôơpqrstuưvxyàáảãạằắẳẵặầấẩẫậèéẻẽẹòóỏõọờớùúủũụừứỳýỷỹỵ .,-")
ANY = st.one_of(st.text(), VIETNAMESE, VIETNAMESE.map(str.upper))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("hòa", "hoà"),
        ("Hòa Bình", "hoà bình"),
        ("thúy", "thuý"),
        ("khỏe", "khoẻ"),
        ("tòan", "toàn"),
        ("hùynh", "huỳnh"),
        ("qúy", "quý"),
        ("qùa", "quà"),
        ("XÓA", "xoá"),
    ],
)
def test_old_and_new_places_of_the_tone_are_one_word(old: str, new: str) -> None:
    assert accented(nfc(old)) == accented(nfc(new)) == new


@pytest.mark.parametrize("word", ["của", "múa", "mía", "giá", "gìn", "cứu", "người", "bò", "lụy"])
def test_a_tone_that_stands_right_stays(word: str) -> None:
    assert accented(word) in {word, "luỵ"}


def test_words_that_differ_by_tone_alone_stay_apart() -> None:
    assert len({accented(word) for word in ("hoa", "hoà", "hoá", "hoả", "hoạ", "hõa")}) == 6


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Đường Nguyễn Huệ", "duong nguyen hue"),
        ("ƯỚC VỌNG", "uoc vong"),
        ("Ỷ lại ở ngã ba", "y lai o nga ba"),
        ("café Zürich", "cafe zurich"),
        ("“Ngọc” – 9.827.966 đ", "“ngoc” – 9.827.966 d"),
    ],
)
def test_folding_takes_every_mark_away(text: str, plain: str) -> None:
    assert folded(text) == plain


def test_every_vietnamese_letter_folds_to_ascii() -> None:
    letters = {
        unicodedata.normalize("NFC", vowel + tone)
        for vowel in "aăâeêioôơuưy"
        for tone in ("", "\u0300", "\u0301", "\u0309", "\u0303", "\u0323")
    } | {"đ"}
    assert len(letters) == 73
    assert all(folded(letter).isascii() for letter in letters)
    assert all(folded(letter.upper()) == folded(letter) for letter in letters)


@given(ANY)
@example("Đường → Zürich – «Bến Đá» ☎ 02°")
def test_a_text_folds_as_each_of_its_characters_does_alone(text: str) -> None:
    text = lower(nfc(text))
    assert folded(text) == "".join(map(folded, text))


def test_decomposed_text_is_composed_and_controls_are_dropped() -> None:
    assert nfc(unicodedata.normalize("NFD", "Bến Đá")) == "Bến Đá"
    assert nfc("a\x00b\x1bc\x9fd\ufeff\ud800e\n\tf") == "abcde\n\tf"


@given(ANY)
def test_composing_twice_changes_nothing_and_leaves_nothing_unencodable(text: str) -> None:
    once = nfc(text)
    assert nfc(once) == once
    assert not re.search("[\x00-\x08\x7f]", once)
    once.encode()


@given(ANY)
@example("İSTANBUL ß ﬁ Ω Σας ǅ")
@example("aa\u0300\u0323\u0341")
def test_offsets_survive_every_form(text: str) -> None:
    text = nfc(text)
    assert len(lower(text)) == len(accented(text)) == len(folded(text)) == len(text)


@given(ANY)
def test_normalising_twice_changes_nothing(text: str) -> None:
    text = nfc(text)
    assert accented(accented(text)) == accented(text)
    assert folded(folded(text)) == folded(text)


@given(VIETNAMESE)
def test_folding_does_not_care_where_the_tone_was(text: str) -> None:
    text = nfc(text)
    assert folded(accented(text)) == folded(text)
    assert folded(text.upper()) == folded(text)
