"""What is left of an article's HTML."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.drafts import prepare
from services.ingest.sanitise import body_pictures, sanitise
from shared.contracts.article import ContractError
from shared.text.html import plain_text
from tests.factories import an_id
from tests.unit.ingest.newsroom import document

M = f"/media/{an_id(50)}"
CASES = {
    "script goes with its content": ("<p>a</p><script>b</script>", "<p>a</p>"),
    "handlers go": ('<p onclick="x" style="y" class="z">a</p>', "<p>a</p>"),
    "a script link goes": ('<a href="javascript:x">a</a>', "<a>a</a>"),
    "a disguised script link goes": ('<a href=" java\nscript:x">a</a>', "<a>a</a>"),
    "a link to another host by two slashes goes": ('<a href="//x">a</a>', "<a>a</a>"),
    "a link within the site stays": ('<a href="/tin/a/">a</a>', '<a href="/tin/a/">a</a>'),
    "mail and telephone stay": (
        '<a href="mailto:a@b">a</a><a href="tel:1022">b</a>',
        '<a href="mailto:a@b">a</a><a href="tel:1022">b</a>',
    ),
    "a picture of another host goes": ('<p>a<img src="http://x/y.png"></p>', "<p>a</p>"),
    "a data picture goes": ('<p>a<img src="data:image/png;base64,x"></p>', "<p>a</p>"),
    "a picture of ours stays": (f'<img src="{M}" alt="b">', f'<img src="{M}" alt="b">'),
    "its rendition is the picture": (f'<img src="{M}/web">', f'<img src="{M}">'),
    "the first heading is the page's": ("<h1>a</h1><h6>b</h6>", "<h2>a</h2><h4>b</h4>"),
    "foreign blocks are paragraphs": ("<div>a</div><div>b</div>", "<p>a</p><p>b</p>"),
    "cells may span": (
        '<table><tr><td colspan="2" rowspan="0" width="9">a</td></tr></table>',
        '<table><tbody><tr><td colspan="2">a</td></tr></tbody></table>',
    ),
    "what only looks like a tag stays text": ("<p>1 &lt;h1&gt; 2</p>", "<p>1 &lt;h1&gt; 2</p>"),
    "comments go": ("<p>a<!-- b --></p>", "<p>a</p>"),
    "foreign markup cannot smuggle": (
        "<p>a</p><math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
        "<p>a</p>",
    ),
}


@pytest.mark.parametrize(("html", "expected"), CASES.values(), ids=CASES.keys())
def test_html_is_sanitised(html: str, expected: str) -> None:
    assert sanitise(html) == expected


PIECES = st.sampled_from(
    [
        "<div>",
        "</div>",
        "<p>",
        "</p>",
        "<script>",
        "</script>",
        "<h1>",
        "</h1>",
        "từ ",
        "một ",
        "<",
        "<table>",
        "<td>",
        "</table>",
        f'<img src="{M}">',
        "<img onerror=x>",
        "&lt;",
        '"',
        "<svg>",
        "<figure>",
        "<figcaption>",
        "</figcaption>",
        "</figure>",
        '<a href="javascript:x">',
        "<!--",
    ]
)


@given(st.lists(PIECES, max_size=25).map("".join))
def test_sanitising_twice_changes_nothing_and_leaves_nothing_active(html: str) -> None:
    once = sanitise(html)
    assert sanitise(once) == once
    for forbidden in ("<script", "onerror", "javascript:", "<div", "<svg", "<h1"):
        assert forbidden not in once


@given(st.lists(st.sampled_from(["<div>", "</div>", "<p>", "<b>", "a", "b", "c"]), max_size=20))
def test_no_letter_is_lost_to_unknown_blocks(pieces: list[str]) -> None:
    letters = [piece for piece in pieces if len(piece) == 1]
    assert "".join(plain_text(sanitise("".join(pieces))).split()) == "".join(letters)


def test_pictures_in_the_text_are_found_with_caption_and_alternative_text() -> None:
    html = sanitise(
        f'<figure><img src="{M}"><figcaption>Cầu &amp; <b>đường</b></figcaption></figure>'
        f'<p><img src="/media/{an_id(51)}" alt="Sân &quot;đình&quot;"></p><img src="{M}">'
    )
    first, second = body_pictures(html)
    assert (first.media, first.caption, first.alt) == (an_id(50), "Cầu & đường", "Cầu & đường")
    assert (second.media, second.caption, second.alt) == (an_id(51), "", 'Sân "đình"')


def test_a_body_of_which_nothing_is_left_is_refused() -> None:
    for html in ("<script>x</script>", "<p>&nbsp;</p>", "<div></div>", "<img src=x>"):
        with pytest.raises(ContractError) as refused:
            prepare(document(bodies=[{"contentType": "text/html", "value": html}]), an_id(1))
        assert refused.value.problems[0].pointer == "/bodies/0/value"


@pytest.mark.parametrize("tag", ["div", "UL", "figure", "x/><section a"])
def test_blocks_nested_beyond_reason_are_refused_before_they_are_parsed(tag: str) -> None:
    html = f"<{tag}>" * 100_000 + "a"
    with pytest.raises(ContractError, match="nested"):
        prepare(document(bodies=[{"contentType": "text/html", "value": html}]), an_id(1))
