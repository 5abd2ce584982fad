from xml.etree import ElementTree as ET

import pytest

from services.render.feeds import Feeds
from services.render.state import Section, card_of
from tests.factories import an_id, body

NAMES = {"tin-tuc": "Tin tức"}


def _read(feed: bytes) -> ET.Element:
    return ET.fromstring(feed)  # noqa: S314 - we have just written it ourselves


@pytest.fixture
def feeds() -> Feeds:
    return Feeds(site_name="Cổng thông tin", public_url="https://xa.example")


def test_a_feed_names_each_news_item_for_ever(feeds: Feeds) -> None:
    card = card_of(str(an_id(1)), "/tin/a/", body(title="Cầu & <đường>"))
    channel = _read(feeds.rss([card], NAMES, None)).find("channel")
    assert channel is not None
    item = channel.find("item")
    assert item is not None
    assert item.findtext("title") == "Cầu & <đường>"
    assert item.findtext("link") == "https://xa.example/tin/a/"
    assert item.findtext("guid") == f"urn:uuid:{an_id(1)}"
    assert item.findtext("pubDate") == "Sat, 14 Mar 2026 12:00:00 +0700"
    assert item.findtext("category") == "Tin tức"


def test_characters_that_xml_cannot_hold_are_left_out(feeds: Feeds) -> None:
    card = card_of(str(an_id(1)), "/tin/a/", body(title="Cầu\x00\x0b\ufffe mới"))
    root = _read(feeds.rss([card], NAMES, None))
    assert root.findtext("channel/item/title") == "Cầu mới"


def test_a_categorys_feed_names_the_category(feeds: Feeds) -> None:
    root = _read(feeds.rss([], NAMES, Section("tin-tuc", "Tin tức")))
    assert root.findtext("channel/title") == "Tin tức – Cổng thông tin"
    assert root.findtext("channel/link") == "https://xa.example/chuyen-muc/tin-tuc/"


def test_the_sitemap_is_an_index_of_months(feeds: Feeds) -> None:
    written = feeds.sitemap(["2026-03", "2026-01"]).decode()
    assert "https://xa.example/sitemap-2026-03.xml" in written
    assert "https://xa.example/sitemap-pages.xml" in written
    month = feeds.sitemap_month([("/tin/a/", "2026-03-14T12:00:00+07:00")]).decode()
    assert "<lastmod>2026-03-14T12:00:00+07:00</lastmod>" in month


def test_robots_may_read_the_news_but_not_search(feeds: Feeds) -> None:
    written = feeds.robots().decode()
    assert "Disallow: /tim-kiem" in written
    assert "Sitemap: https://xa.example/sitemap.xml" in written
