from hypothesis import given
from hypothesis import strategies as st

from shared.text.normalise import nfc
from shared.text.words import LONGEST, forms, question, tokens


def test_words_come_in_both_forms_with_their_places() -> None:
    text = "Hòa Bình, 14/03"
    found = list(tokens(text))
    assert [t.accented for t in found] == ["hoà", "bình", "14", "03"]
    assert [t.folded for t in found] == ["hoa", "binh", "14", "03"]
    assert [text[t.start : t.end] for t in found] == ["Hòa", "Bình", "14", "03"]


def test_only_a_word_typed_with_marks_insists_on_them() -> None:
    asked = question("Cầu ben ĐÁ")
    assert [(t.accented, t.exact) for t in asked.terms] == [
        ("cầu", True),
        ("ben", False),
        ("đá", True),
    ]
    assert not any(term.exact for term in asked.loosened().terms)


def test_a_word_is_asked_for_once() -> None:
    assert len(question("tin TIN tin").terms) == 1


def test_closed_quotes_of_any_style_make_a_phrase_and_open_ones_do_not() -> None:
    for text in ('"cầu mới" xây', "“cầu mới” xây", "«cầu mới» xây"):
        phrases = question(text).phrases
        assert [[t.folded for t in phrase] for phrase in phrases] == [["cau", "moi"]]
    assert question('"cầu mới').phrases == ()
    assert question('"cầu"').phrases == ()


def test_signs_are_no_words() -> None:
    assert question("").is_blank
    assert question(" \x00").is_blank
    assert not question("*").is_blank
    for text in ("", "*:*", "[" * 500, '"', "🎉", "\x00", "---", "_ _"):
        assert question(text).terms == ()
    assert [t.folded for t in question("a\x00b").terms] == ["a", "b"]


@given(st.text())
def test_the_index_and_a_question_cut_a_text_alike(text: str) -> None:
    text = nfc(text)
    found = list(tokens(text))
    assert forms(text) == (
        " ".join(t.accented for t in found),
        " ".join(t.folded for t in found),
    )
    assert all(t.start < t.end and 0 < len(t.folded) <= LONGEST for t in found)


@given(st.text(max_size=512))
def test_any_question_can_be_read(text: str) -> None:
    asked = question(text)
    assert all(term.accented and term.folded for term in asked.terms)
