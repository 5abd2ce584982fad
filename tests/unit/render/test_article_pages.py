import json
import re
from datetime import UTC, datetime

import pytest

from services.render.body import byline, html, image
from services.render.pages import Pages
from services.render.state import Card, Section, Shown, card_of, decode_card, thumbnail
from shared.contracts.documents import ArticleBody, CategoryLabel, Picture, Rendition
from tests.factories import an_id, body

SECTIONS = [Section("van-hoa", "Văn hóa"), Section("tin-tuc", "Tin tức")]
HREF = "/media/2b0f6a52-7d0e-5a5e-9d0a-0d9d5f5c1b02"


def rendition(width: int) -> Rendition:
    return Rendition(
        name=str(width),
        href=f"{HREF}/{width}",
        width=width,
        height=width // 2,
        media_type="image/jpeg",
    )


PICTURE = Picture(
    href=HREF,
    caption="Lễ khánh thành",
    alt="Người dân trên cầu",
    credit="Minh Tâm",
    renditions=(rendition(1600), rendition(480), rendition(960)),
)


@pytest.fixture(scope="module")
def pages() -> Pages:
    return Pages(site_name="Cổng thông tin", public_url="https://xa.example")


def shown(**fields: object) -> Shown:
    article = body(**fields)
    return Shown(
        id=str(an_id(1)),
        url="/tin/a/",
        body=article,
        updated="2026-03-14T12:00:00+07:00",
        withdrawn=False,
        explanation=None,
        others=(),
    )


def article(pages: Pages, **fields: object) -> str:
    return pages.article(SECTIONS, shown(**fields)).decode()


def test_the_page_has_every_element_that_the_portal_asks_for(pages: Pages) -> None:
    page = article(
        pages,
        created=datetime(2018, 7, 2, 18, tzinfo=UTC),
        pictures=(PICTURE,),
        by="Ngọc Hân",
        sources=("Báo Bến Đá",),
        tags=("Giao thông",),
    )
    for expected in (
        "Tìm kiếm tin tức",
        "<h1>Khánh thành cầu Bến Đá</h1>",
        'Ngày cập nhật <time datetime="2018-07-03">03/07/2018</time>',
        'alt="Người dân trên cầu"',
        "Lễ khánh thành",
        "Ảnh: Minh Tâm",
        "Cây cầu nối hai thôn",
        "Ngọc Hân (Nguồn: Báo Bến Đá)",
        'href="/tim-kiem?q=Giao%20th%C3%B4ng"',
        "Xem tin theo ngày",
        "Thống kê truy cập",
        '<dd data-visits="total">–</dd>',
        'src="/api/visits.svg?path=/tin/a/"',
    ):
        assert expected in page


def test_categories_stand_in_their_order_on_every_page(pages: Pages) -> None:
    page = article(pages)
    assert page.index("/chuyen-muc/van-hoa/") < page.index("/chuyen-muc/tin-tuc/")


def test_a_page_works_under_a_policy_without_inline_script_or_style(pages: Pages) -> None:
    page = article(pages, pictures=(PICTURE,), body_html=f'<p><img src="{HREF}"></p>')
    assert "style=" not in page
    assert "<style" not in page
    assert not re.search(r"\son[a-z]+=", page)
    scripts = re.findall(r"<script([^>]*)>", page)
    assert all("src=" in found or "application/ld+json" in found for found in scripts)


def test_linked_data_is_json_whatever_the_headline_says(pages: Pages) -> None:
    title = "</script><script>alert(1)</script> & <!-- 'x' \""
    page = article(pages, title=title, pictures=(PICTURE,))
    blocks = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    assert len(blocks) == 1
    data = json.loads(blocks[0])
    assert data["@type"] == "NewsArticle"
    assert data["headline"] == title
    assert data["image"] == [f"https://xa.example{HREF}/960"]
    assert "<script>alert" not in page


def test_a_withdrawn_article_says_so_and_is_not_for_indexes(pages: Pages) -> None:
    given = shown()
    withdrawn = Shown(
        **{name: getattr(given, name) for name in ("id", "url", "body", "updated")},
        withdrawn=True,
        explanation="Số liệu chưa đúng.",
        others=(),
    )
    page = pages.article(SECTIONS, withdrawn).decode()
    assert "Bài viết này đã được thu hồi." in page
    assert "Số liệu chưa đúng." in page
    assert '<meta name="robots" content="noindex">' in page
    assert 'name="robots"' not in article(pages)


def test_pictures_in_the_text_get_their_sizes_and_choices() -> None:
    given = body(
        body_html=f'<figure><img src="{HREF}" alt="a > b"></figure>', body_pictures=(PICTURE,)
    )
    written = html(given)
    assert f'srcset="{HREF}/480 480w, {HREF}/960 960w, {HREF}/1600 1600w"' in written
    assert 'width="960" height="480"' in written
    assert 'alt="a &gt; b"' in written


def test_a_picture_without_renditions_is_shown_as_it_is() -> None:
    written = html(body(body_html='<p><img src="/media/x" alt="Cầu"></p>'))
    assert written == ('<p><img src="/media/x" alt="Cầu" loading="lazy" decoding="async"></p>')
    assert image(Picture(href=HREF)).width is None


def test_tables_scroll_in_a_box_that_the_keyboard_reaches() -> None:
    written = html(body(body_html="<table><tbody><tr><td>1</td></tr></tbody></table>"))
    assert written.startswith('<div class="scroll" role="region" tabindex="0"')
    assert written.endswith("</table></div>")


def test_lists_use_the_smallest_rendition_that_is_wide_enough() -> None:
    assert thumbnail(PICTURE).width == 480
    assert thumbnail(Picture(href=HREF, renditions=(rendition(100),))).width == 100


@pytest.mark.parametrize(
    ("by", "sources", "line"),
    [
        ("Ngọc Hân", ("TTXVN", "Báo A"), "Ngọc Hân (Nguồn: TTXVN, Báo A)"),
        ("Ngọc Hân", (), "Ngọc Hân"),
        (None, ("TTXVN",), "(Nguồn: TTXVN)"),
        (None, (), ""),
    ],
)
def test_the_byline_names_writer_and_sources(
    by: str | None, sources: tuple[str, ...], line: str
) -> None:
    assert byline(body(by=by, sources=sources)) == line


def test_a_card_is_read_back_as_it_was_written() -> None:
    card: Card = card_of("1", "/tin/a/", body(pictures=(PICTURE,)))
    assert decode_card(card.encode()) == card


def test_an_article_of_an_unknown_category_keeps_its_own_label(pages: Pages) -> None:
    label = CategoryLabel(slug="y-te", name="Y tế")
    assert ">Y tế</a>" in article(pages, category=label)


def test_text_that_cannot_be_encoded_harms_no_page(pages: Pages) -> None:
    broken = ArticleBody.model_construct(**{**body().__dict__, "title": "Cầu \ud800"})
    given = shown()
    fields = {name: getattr(given, name) for name in given.__slots__} | {"body": broken}
    assert "Cầu ?" in pages.article(SECTIONS, Shown(**fields)).decode()
