import re
from html import unescape

from hypothesis import given
from hypothesis import strategies as st

from shared.text.highlight import fragments, highlight
from shared.text.normalise import nfc
from shared.text.words import question

BODY = (
    "Sáng nay, xã tổ chức lễ khánh thành cầu Bến Đá. "
    + "Lời phát biểu kéo dài. " * 30
    + "Ông Hoà nói về cây cầu. "
    + "Người dân ra về. " * 30
)


def test_a_word_typed_without_marks_is_shown_in_any_spelling() -> None:
    assert highlight("cầu, cẩu & cau", question("cau").terms) == (
        "<mark>cầu</mark>, <mark>cẩu</mark> &amp; <mark>cau</mark>"
    )


def test_a_word_typed_with_marks_is_shown_in_that_spelling_alone() -> None:
    assert highlight("cầu, cẩu, cau", question("cầu").terms) == "<mark>cầu</mark>, cẩu, cau"


def test_the_place_of_the_tone_does_not_matter() -> None:
    assert highlight("Hoà và hòa", question("hòa").terms) == (
        "<mark>Hoà</mark> và <mark>hòa</mark>"
    )


def test_parts_of_words_are_not_shown() -> None:
    text = "canan anna an."
    assert highlight(text, question("an").terms) == "canan anna <mark>an</mark>."


def test_markup_in_the_text_is_escaped() -> None:
    text = "<script>alert('cầu')</script>"
    assert highlight(text, question("cau script").terms) == (
        "&lt;<mark>script</mark>&gt;alert(&#x27;<mark>cầu</mark>&#x27;)&lt;/<mark>script</mark>&gt;"
    )


def test_fragments_stand_around_matches_in_the_order_of_the_text() -> None:
    found = fragments(BODY, question("cau hoa").terms)
    assert len(found) == 2
    assert "<mark>cầu</mark> Bến Đá" in found[0]
    assert "<mark>Hoà</mark> nói về cây <mark>cầu</mark>" in found[1]


def test_fragments_are_short_and_cut_no_word() -> None:
    words = set(BODY.split())
    for fragment in fragments(BODY, question("phat").terms):
        plain = unescape(re.sub("</?mark>", "", fragment)).strip("…")
        assert len(plain) <= 170
        assert set(plain.split()) <= words


def test_at_most_so_many_fragments_are_given() -> None:
    assert len(fragments(BODY, question("keo").terms)) == 3
    assert len(fragments(BODY, question("keo").terms, count=1)) == 1
    assert fragments(BODY, question("không").terms) == ()
    assert fragments(BODY, ()) == ()


def test_a_match_without_a_blank_for_miles_is_still_shown() -> None:
    text = "x," * 500 + "cầu" + ",y" * 500
    assert "<mark>cầu</mark>" in fragments(text, question("cau").terms)[0]


@given(st.text(), st.text(max_size=20))
def test_taking_the_marks_away_gives_the_text_back(text: str, asked: str) -> None:
    text = nfc(text)
    shown = highlight(text, question(asked).terms)
    assert unescape(re.sub("</?mark>", "", shown)) == text
    assert not re.search("<(?!/?mark>)", shown)


WORDS = st.lists(st.sampled_from(["cầu", "cau", "bến", "<b>", "&", "hoà", "\n", "a" * 70]))


@given(WORDS, WORDS)
def test_fragments_hold_only_marks_and_each_holds_one(text: list[str], asked: list[str]) -> None:
    for fragment in fragments(" ".join(text), question(" ".join(asked)).terms, size=40):
        assert "<mark>" in fragment
        assert not re.search("<(?!/?mark>)", fragment)
        assert fragment.count("<mark>") == fragment.count("</mark>")
