"""The article's HTML, made ready for the page: picture sizes, and tables that scroll. Pure.

The HTML comes sanitised from ingest, in the one form its serialiser writes (attributes in double
quotes, elements closed), so patterns suffice here.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape, unescape

from shared.contracts.documents import ArticleBody, Picture
from shared.i18n import text

_IMAGE = re.compile(r'<img((?:\s+[a-z-]+(?:="[^"]*")?)*)\s*/?>')
_ATTRIBUTE = re.compile(r'([a-z-]+)(?:="([^"]*)")?')
_SIZES = "(min-width: 72rem) 48rem, 94vw"
PREFERRED_WIDTH = 1280
"""The width in pixels up to which a picture is worth loading where no choice is offered."""


@dataclass(frozen=True, slots=True)
class Image:
    """A picture as a template needs it; sizes in pixels, None where they are not known."""

    src: str
    srcset: str
    width: int | None
    height: int | None
    alt: str
    caption: str
    credit: str | None


def image(picture: Picture) -> Image:
    """Return a picture with all its renditions to choose from."""
    renditions = sorted(picture.renditions, key=lambda rendition: rendition.width)
    alt = picture.alt or picture.caption
    if not renditions:
        return Image(picture.href, "", None, None, alt, picture.caption, picture.credit)
    fitting = [one for one in renditions if one.width <= PREFERRED_WIDTH]
    chosen = fitting[-1] if fitting else renditions[0]
    widths = {one.width: one for one in renditions}
    srcset = ", ".join(f"{one.href} {width}w" for width, one in widths.items())
    return Image(
        src=chosen.href,
        srcset=srcset if len(widths) > 1 else "",
        width=chosen.width,
        height=chosen.height,
        alt=alt,
        caption=picture.caption,
        credit=picture.credit,
    )


def html(body: ArticleBody) -> str:
    """Return ``body_html`` with sizes on its pictures and a scrolling box round its tables."""
    pictures = {picture.href: picture for picture in (*body.pictures, *body.body_pictures)}
    found = _IMAGE.sub(lambda match: _with_sizes(match[1], pictures), body.body_html)
    label = escape(text("Table; scroll sideways to see all of it"))
    return found.replace(
        "<table", f'<div class="scroll" role="region" tabindex="0" aria-label="{label}"><table'
    ).replace("</table>", "</table></div>")


def _with_sizes(attributes: str, pictures: Mapping[str, Picture]) -> str:
    given = {name: unescape(value) for name, value in _ATTRIBUTE.findall(attributes)}
    picture = pictures.get(given.get("src", ""))
    if picture is not None:
        shown = image(picture)
        given |= {"src": shown.src, "alt": given.get("alt") or shown.alt}
        if shown.srcset:
            given |= {"srcset": shown.srcset, "sizes": _SIZES}
        if shown.width and shown.height:
            given |= {"width": str(shown.width), "height": str(shown.height)}
    given |= {"loading": "lazy", "decoding": "async"}
    given.setdefault("alt", "")
    written = " ".join(f'{name}="{escape(value)}"' for name, value in given.items())
    return f"<img {written}>"


def byline(body: ArticleBody) -> str:
    """Return «Ngọc Hân (Nguồn: …)», or what of it there is."""
    source = text("(Source: %(names)s)", names=", ".join(body.sources)) if body.sources else ""
    return " ".join(part for part in (body.by or "", source) if part)
