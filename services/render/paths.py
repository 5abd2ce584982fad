"""The addresses of the site's pages: built, read back, and turned into file names. Pure."""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final
from unicodedata import normalize
from urllib.parse import quote, unquote, urlsplit

HOME: Final = "/"
FEED: Final = "/rss.xml"
SITEMAP: Final = "/sitemap.xml"
SITEMAP_PAGES: Final = "/sitemap-pages.xml"
ROBOTS: Final = "/robots.txt"
FIXED: Final = (HOME, FEED, SITEMAP, SITEMAP_PAGES, ROBOTS)
"""Pages there is one of."""
CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
"""Characters that no address has which is asked for in earnest."""


class Kind(StrEnum):
    HOME = "home"
    ARTICLE = "article"
    CATEGORY = "category"
    CATEGORY_MONTH = "category month"
    CATEGORY_FEED = "category feed"
    DAY = "day"
    MONTH = "month"
    FEED = "feed"
    SITEMAP = "sitemap"
    SITEMAP_PAGES = "sitemap of lists"
    SITEMAP_MONTH = "sitemap of a month"
    ROBOTS = "robots"


@dataclass(frozen=True, slots=True)
class Page:
    """What a path names. ``slug`` is a category's; ``when`` is ``yyyy-mm`` or ``yyyy-mm-dd``."""

    kind: Kind
    path: str
    slug: str = ""
    when: str = ""


_SLUG = r"[a-z0-9][a-z0-9-]{0,199}"
_MONTH = r"\d{4}/(?:0[1-9]|1[0-2])"
_PATTERNS: Final = tuple(
    (kind, re.compile(pattern, re.ASCII))
    for kind, pattern in (
        (Kind.HOME, "/"),
        (Kind.ARTICLE, f"/tin/{_SLUG}/"),
        (Kind.CATEGORY, f"/chuyen-muc/(?P<slug>{_SLUG})/"),
        (Kind.CATEGORY_MONTH, f"/chuyen-muc/(?P<slug>{_SLUG})/(?P<when>{_MONTH})/"),
        (Kind.CATEGORY_FEED, f"/chuyen-muc/(?P<slug>{_SLUG})/rss\\.xml"),
        (Kind.DAY, f"/ngay/(?P<when>{_MONTH}/[0-3]\\d)/"),
        (Kind.MONTH, f"/ngay/(?P<when>{_MONTH})/"),
        (Kind.FEED, r"/rss\.xml"),
        (Kind.SITEMAP, r"/sitemap\.xml"),
        (Kind.SITEMAP_PAGES, r"/sitemap-pages\.xml"),
        (Kind.SITEMAP_MONTH, r"/sitemap-(?P<when>\d{4}-(?:0[1-9]|1[0-2]))\.xml"),
        (Kind.ROBOTS, r"/robots\.txt"),
    )
)
_CATEGORY_SLUG = re.compile(_SLUG, re.ASCII)


def parse(path: str) -> Page | None:
    """Return what a path names, or None if no page of the site can have it."""
    for kind, pattern in _PATTERNS:
        if match := pattern.fullmatch(path):
            found = match.groupdict()
            when = found.get("when", "").replace("/", "-")
            if kind is Kind.DAY and not is_day(when):
                return None
            return Page(kind, path, found.get("slug", ""), when)
    return None


def is_article(path: str) -> bool:
    """Tell whether an article's page may have this address."""
    page = parse(path)
    return page is not None and page.kind is Kind.ARTICLE


def is_slug(slug: str) -> bool:
    """Tell whether a category may have this slug."""
    return _CATEGORY_SLUG.fullmatch(slug) is not None


def is_day(text: str) -> bool:
    """Tell whether ``text`` is a day that exists, as ``yyyy-mm-dd``."""
    try:
        return len(text) == len("yyyy-mm-dd") and date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def file_name(path: str) -> str:
    """Return the file of a page, relative to the site's folder."""
    return path.lstrip("/") + ("index.html" if path.endswith("/") else "")


def category(slug: str) -> str:
    return f"/chuyen-muc/{slug}/"


def category_feed(slug: str) -> str:
    return f"/chuyen-muc/{slug}/rss.xml"


def category_month(slug: str, month: str) -> str:
    return f"/chuyen-muc/{slug}/{month.replace('-', '/')}/"


def month(month: str) -> str:
    return f"/ngay/{month.replace('-', '/')}/"


def day(day: str) -> str:
    return f"/ngay/{day.replace('-', '/')}/"


def sitemap_month(month: str) -> str:
    return f"/sitemap-{month}.xml"


def address(url: str) -> str:
    """Return the form under which an address is kept and looked up, query string and all.

    Old portals' addresses come as whole URLs or as paths, escaped or not. Raises ValueError for
    what is no URL.
    """
    parts = urlsplit(url)
    return address_of(unquote(parts.path) or "/", parts.query)


def address_of(path: str, query: str = "") -> str:
    """Return the same form for a path that is not escaped, and its query string as it came.

    Control characters are escaped: databases need not take them, and nobody is served by them.
    """
    path = normalize("NFC", path)
    return CONTROLS.sub(lambda found: quote(found[0]), f"{path}?{query}" if query else path)
