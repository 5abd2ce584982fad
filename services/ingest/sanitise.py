"""What of an article's HTML readers may see. Script goes; no word does. Pure."""

import re
from dataclasses import dataclass
from html import unescape
from typing import Final
from uuid import UUID

import nh3

from shared.contracts.article import media_id
from shared.text.html import plain_text

_INLINE = {"a", "b", "br", "em", "i", "img", "q", "strong", "sub", "sup", "u"}
_BLOCKS = {"blockquote", "figcaption", "figure", "h2", "h3", "h4", "li", "ol", "p", "ul"}
_TABLE = {"caption", "col", "colgroup", "table", "tbody", "td", "tfoot", "th", "thead", "tr"}
_FOREIGN = {"address", "article", "aside", "center", "dd", "div", "dl", "dt", "footer", "header"}
_FOREIGN |= {"main", "nav", "pre", "section"}
"""Blocks that readers do not get; each becomes a paragraph, so that words do not run together."""
_RENAMED: Final = {"h1": "h2", "h5": "h4", "h6": "h4"} | dict.fromkeys(_FOREIGN, "div")
_PASSES: Final = 5
_CELL = {"colspan", "rowspan"}
_LINK = re.compile(r"(?:https?:|mailto:|tel:|/(?![/\\]))", re.IGNORECASE)
_NUMBER = re.compile(r"[1-9]\d{0,2}")
_TAG = re.compile(rf"(</?)({'|'.join(sorted(_RENAMED))})>")
_DIV = re.compile(rf"<div>((?:[^<]|</?(?:{'|'.join(sorted(_INLINE))})(?: [^>]*)?>)*)</div>")
_LEFT_OVER = re.compile(r"</?div>|<p>\s*</p>")
_IMG = re.compile(r'<img((?: [a-z]+="[^"]*")*)>')
_ATTRIBUTE = re.compile(r' ([a-z]+)="([^"]*)"')
_BLOCK_TAG = re.compile(
    r"<(/?)(?:address|article|aside|blockquote|center|details|dialog|dir|div|dl|fieldset"
    r"|figcaption|figure|footer|form|header|hgroup|listing|main|menu|nav|ol|optgroup|pre|search"
    r"|section|summary|table|ul)\b",
    re.IGNORECASE,
)
DEPTH: Final = 200
"""Blocks inside one another; the parser's time grows with the square of it."""
_FIGURE = re.compile(r"<figure>(.*?)</figure>", re.DOTALL)
_CAPTION = re.compile(r"<figcaption>(.*?)</figcaption>", re.DOTALL)
_ANY_TAG = re.compile(r"<[^>]*>")


@dataclass(frozen=True, slots=True)
class BodyPicture:
    """A picture named in the text; caption and alternative text as plain text."""

    media: UUID
    caption: str
    alt: str


def _attribute(tag: str, name: str, value: str) -> str | None:
    if tag == "a":
        return value if _LINK.match(value.strip()) else None
    if name == "src":
        found = media_id(value.strip())
        return f"/media/{found}" if found else None
    if name in _CELL:
        return value if _NUMBER.fullmatch(value) else None
    return value


_CLEANER = nh3.Cleaner(
    tags=_INLINE | _BLOCKS | _TABLE | _FOREIGN | {"h1", "h5", "h6"},
    clean_content_tags={"script", "style", "template", "noscript", "iframe", "object", "title"},
    attributes={"a": {"href"}, "img": {"src", "alt"}, "td": _CELL, "th": _CELL},
    attribute_filter=_attribute,
    link_rel=None,
    url_schemes={"http", "https", "mailto", "tel"},
)


class TooDeepError(ValueError):
    """Blocks stand inside one another deeper than any article needs."""


def sanitise(html: str) -> str:
    """Return HTML of the allowed tags alone; a second pass changes nothing. Raises TooDeepError.

    Attribute values come out of the cleaner with ``<``, ``>`` and quotes escaped, so that what
    looks like a tag in its answer is one.
    """
    depth = 0
    for tag in _BLOCK_TAG.finditer(html):
        depth = max(depth - 1, 0) if tag[1] else depth + 1
        if depth > DEPTH:
            raise TooDeepError(f"blocks are nested deeper than {DEPTH}")
    for _ in range(_PASSES):
        before, html = html, _pass(html)
        if html == before:
            break
    return html


def _pass(html: str) -> str:
    """Clean once, and put our tags for foreign ones, which may need cleaning in their turn."""
    clean = _CLEANER.clean(html)
    clean = _TAG.sub(lambda tag: f"{tag[1]}{_RENAMED[tag[2]]}>", clean)
    if "<div>" in clean:
        clean = _LEFT_OVER.sub("\n", _DIV.sub(r"<p>\1</p>", clean))
    return _IMG.sub(lambda image: image[0] if ' src="' in image[1] else "", clean).strip()


def body_pictures(html: str) -> tuple[BodyPicture, ...]:
    """Return the pictures in sanitised HTML, each once, in the order of the text."""
    captions: dict[str, str] = {}
    for figure in _FIGURE.finditer(html):
        caption = _CAPTION.search(figure[1])
        if caption:
            words = plain_text(caption[1])
            captions |= {image[0]: words for image in _IMG.finditer(figure[1])}
    found: dict[UUID, BodyPicture] = {}
    for image in _IMG.finditer(html):
        attributes = dict(_ATTRIBUTE.findall(image[1]))
        media = media_id(attributes.get("src", ""))
        if media is not None and media not in found:
            words = captions.get(image[0], "")
            found[media] = BodyPicture(media, words, unescape(attributes.get("alt", "")) or words)
    return tuple(found.values())


def is_empty(html: str) -> bool:
    """Tell whether neither a word nor a picture is left."""
    return "<img" not in html and not unescape(_ANY_TAG.sub("", html)).strip()
