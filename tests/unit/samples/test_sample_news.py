import json
import unicodedata
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from samples import load
from samples.pictures import PICTURES
from services.ingest.sanitise import sanitise
from shared.contracts.article import media_id, parse_article

NEWS = load.articles()
FILES = sorted((Path(load.__file__).parent / "news").glob("*.json"))
SECTIONS = load.categories()
ALLOWED = {
    "p", "h2", "h3", "ul", "ol", "li", "blockquote", "a", "strong", "br", "table", "caption",
    "thead", "tbody", "tr", "th", "td", "figure", "img", "figcaption",
}  # fmt: skip
VOID = {"br", "img"}
LOCAL = ZoneInfo("Asia/Ho_Chi_Minh")
each = pytest.mark.parametrize("news", NEWS, ids=[path.stem for path in FILES])


class Outline(HTMLParser):
    """Collects elements and picture addresses; refuses what is not closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.pictures: list[UUID] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "img":
            found = dict(attrs)
            assert found["alt"]
            picture = media_id(found["src"] or "")
            assert picture is not None
            self.pictures.append(picture)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        assert "<" not in data
        assert self.open or not data.strip(), "text stands outside every element"


def body(news: dict[str, Any]) -> str:
    text: str = news["bodies"][0]["value"]
    return text


def lead_pictures(news: dict[str, Any]) -> list[UUID]:
    return [parsed.media for parsed in parse_article(news)[1].associations]


def test_there_is_enough_news_under_enough_categories() -> None:
    assert len(NEWS) >= 30
    assert len({news["subjects"][0]["name"] for news in NEWS}) >= 5
    assert len({news["uri"] for news in NEWS}) == len(NEWS)


def test_the_news_is_spread_over_more_than_eighteen_months() -> None:
    moments = [datetime.fromisoformat(news["contentCreated"]) for news in NEWS]
    assert (max(moments) - min(moments)).days > 18 * 30.5
    days = [moment.astimezone(LOCAL).date() for moment in moments]
    assert sum(days.count(day) > 1 for day in set(days)) >= 2


def test_one_item_falls_on_another_day_in_utc_than_for_readers() -> None:
    moments = [datetime.fromisoformat(news["contentCreated"]) for news in NEWS]
    assert any(
        m.astimezone(UTC).date() != m.astimezone(LOCAL).date() and m.hour == 0 for m in moments
    )


def test_categories_have_unique_slugs_names_and_positions_and_are_all_used() -> None:
    for key in ("slug", "name", "position"):
        assert len({section[key] for section in SECTIONS}) == len(SECTIONS)
    names = {section["name"] for section in SECTIONS}
    assert names == {news["subjects"][0]["name"] for news in NEWS}


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_a_file_is_readable_json_in_nfc(path: Path) -> None:
    text = path.read_text()
    assert unicodedata.is_normalized("NFC", text)
    assert text == json.dumps(json.loads(text), ensure_ascii=False, indent=2) + "\n"


@each
def test_an_item_keeps_to_the_wire_format(news: dict[str, Any]) -> None:
    found, article = parse_article(news)
    assert news["uri"] == f"urn:uuid:{found}"
    assert article.title
    assert article.summary
    assert article.language == "vi"
    assert 1 <= len(article.subjects) - 1 <= 4
    assert news["contentCreated"].endswith("+07:00")


@each
def test_a_body_is_well_formed_and_of_allowed_elements(news: dict[str, Any]) -> None:
    outline = Outline(body(news))
    assert set(outline.tags) <= ALLOWED
    assert 1500 <= len(body(news)) <= 4000
    assert 4 <= outline.tags.count("p") <= 9


@each
def test_sanitising_takes_nothing_from_a_body(news: dict[str, Any]) -> None:
    assert Outline(sanitise(body(news))).tags == Outline(body(news)).tags
    assert sanitise(body(news)).count(" href=") == body(news).count(" href=")


@each
def test_a_lead_picture_has_caption_credit_and_alternative_text(news: dict[str, Any]) -> None:
    for picture in parse_article(news)[1].associations:
        assert picture.text("caption")
        assert picture.text("alt")
        assert picture.by


def test_every_picture_that_is_named_is_drawn_and_every_drawn_one_is_named() -> None:
    leads = [picture for news in NEWS for picture in lead_pictures(news)]
    inside = [picture for news in NEWS for picture in Outline(body(news)).pictures]
    assert len(leads) >= 20
    assert len(inside) >= 3
    assert {*leads, *inside} == set(PICTURES.values())


def test_tables_lists_quotations_links_and_old_addresses_occur() -> None:
    tags = [set(Outline(body(news)).tags) for news in NEWS]
    assert sum({"table", "th", "caption"} <= found for found in tags) >= 2
    for tag in ("ul", "ol", "h2", "h3", "blockquote", "a"):
        assert any(tag in found for found in tags), tag
    addresses = [old for news in NEWS for old in parse_article(news)[1].legacy_urls]
    assert "/Default.aspx?tid=123" in addresses
    assert len(set(addresses)) == len(addresses) >= 2


@pytest.mark.parametrize("word", ["má", "mạ", "mã", "muối", "muỗi", "khỏe", "khoẻ", "hòa", "hoà"])
def test_words_that_differ_only_by_accents_occur(word: str) -> None:
    text = " ".join(body(news) for news in NEWS).lower()
    assert f" {word} " in text
