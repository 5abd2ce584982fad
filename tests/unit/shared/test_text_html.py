import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.text.html import plain_text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Một</p><p>hai</p>", "Một\nhai"),
        ("Một<br>hai<br/>ba", "Một\nhai\nba"),
        ("<ul><li>x<li>y</ul>z", "x\ny\nz"),
        ("<table><tr><td>1</td><td>2</td></tr></table>", "1\n2"),
        ("<p>chữ <b>đậm</b>, <i>nghiêng</i>.</p>", "chữ đậm, nghiêng."),
        ("<p>dòng\nmới\n<b>tiếp</b></p>", "dòng mới tiếp"),
        ("a &amp; b &lt;c&gt; &eacute;", "a & b <c> é"),
        ("<figure><img src=x alt='ảnh'><figcaption>Cầu</figcaption></figure>Bài", "Cầu\nBài"),
        ("<script>alert(1)</script><style>p{}</style>Chữ", "Chữ"),
        ("<p>Be\u0302\u0301n</p>", "Bến"),
        ("", ""),
        ("<", "<"),
    ],
)
def test_text_is_what_a_reader_sees_with_blocks_apart(html: str, text: str) -> None:
    assert plain_text(html) == text


@given(st.text())
def test_any_input_gives_text_with_blanks_run_together(html: str) -> None:
    text = plain_text(html)
    assert all(line == " ".join(line.split()) for line in text.split("\n"))
