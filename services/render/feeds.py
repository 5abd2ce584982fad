"""RSS, sitemaps and robots.txt. Pure: the same state gives the same bytes.

Formats: RSS 2.0 with ``atom:link rel=self`` (https://www.rssboard.org/rss-specification),
sitemaps 0.9 (https://www.sitemaps.org/protocol.html).
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from email.utils import format_datetime
from xml.etree.ElementTree import Element, SubElement, tostring

from services.render import paths
from services.render.state import Card, Section
from shared.i18n import text

_ATOM = "http://www.w3.org/2005/Atom"
_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Feeds:
    """Writes what programs read. ``public_url`` begins every address."""

    def __init__(self, *, site_name: str, public_url: str) -> None:
        self._site_name = site_name
        self._public_url = public_url

    def rss(
        self, cards: Sequence[Card], names: Mapping[str, str], section: Section | None
    ) -> bytes:
        """Return the newest news as RSS, of one category or of all."""
        page = paths.HOME if section is None else paths.category(section.slug)
        feed = paths.FEED if section is None else paths.category_feed(section.slug)
        title = self._site_name if section is None else f"{section.name} – {self._site_name}"
        root = Element("rss", {"version": "2.0", "xmlns:atom": _ATOM})
        channel = SubElement(root, "channel")
        _add(channel, "title", title)
        _add(channel, "link", self._public_url + page)
        _add(channel, "description", text("Latest news of %(site)s", site=title))
        _add(channel, "language", "vi")
        reference = {"href": self._public_url + feed, "rel": "self", "type": "application/rss+xml"}
        SubElement(channel, "atom:link", reference)
        for card in cards:
            item = SubElement(channel, "item")
            _add(item, "title", card.title)
            _add(item, "link", self._public_url + card.url)
            _add(item, "guid", f"urn:uuid:{card.id}", isPermaLink="false")
            _add(item, "pubDate", format_datetime(card.moment))
            _add(item, "category", names.get(card.category, card.category))
            _add(item, "description", card.summary)
        return _document(root)

    def sitemap(self, months: Iterable[str]) -> bytes:
        """Return the index: one map for the lists, and one for the news of each month."""
        root = Element("sitemapindex", {"xmlns": _SITEMAP})
        for path in (paths.SITEMAP_PAGES, *(paths.sitemap_month(month) for month in months)):
            _add(SubElement(root, "sitemap"), "loc", self._public_url + path)
        return _document(root)

    def sitemap_pages(self, sections: Sequence[Section]) -> bytes:
        """Return the map of the home page and the categories."""
        lists = [paths.HOME, *(paths.category(section.slug) for section in sections)]
        return self._map((path, None) for path in lists)

    def sitemap_month(self, updates: Iterable[tuple[str, str]]) -> bytes:
        """Return the map of a month's news, each with the time of its last change."""
        return self._map(updates)

    def robots(self) -> bytes:
        """Return robots.txt: everything but searches may be read."""
        return (
            "User-agent: *\n"
            "Disallow: /tim-kiem\n"
            "Disallow: /api/\n"
            "Disallow: /v1/\n"
            f"Sitemap: {self._public_url}{paths.SITEMAP}\n"
        ).encode()

    def _map(self, entries: Iterable[tuple[str, str | None]]) -> bytes:
        root = Element("urlset", {"xmlns": _SITEMAP})
        for path, changed in entries:
            url = SubElement(root, "url")
            _add(url, "loc", self._public_url + path)
            if changed:
                _add(url, "lastmod", changed)
        return _document(root)


def _add(parent: Element, name: str, content: str, **attributes: str) -> None:
    """Add an element; characters that XML 1.0 cannot hold are left out."""
    SubElement(parent, name, attributes).text = _NOT_XML.sub("", content)


def _document(root: Element) -> bytes:
    written: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"
