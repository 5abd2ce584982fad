"""What the pages are made of: plain frozen records between the page database and the templates."""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

from shared.contracts.documents import ArticleBody, Picture
from shared.contracts.events import ArticlePublished, ArticleUnpublished, UnpublishType
from shared.i18n import local

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
THUMBNAIL_WIDTH = 320
"""The narrowest rendition, in pixels, that still looks sharp in a list."""


@dataclass(frozen=True, slots=True)
class Section:
    """A category as readers see it."""

    slug: str
    name: str


@dataclass(frozen=True, slots=True)
class Thumbnail:
    href: str
    alt: str
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """What lists and feeds show of an article. ``created`` is microseconds since 1970."""

    id: str
    url: str
    title: str
    summary: str
    category: str
    created: int
    picture: Thumbnail | None

    @property
    def moment(self) -> datetime:
        """Return when the article was made, in readers' time."""
        return local(_EPOCH + timedelta(microseconds=self.created))

    def encode(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True)


def decode_card(text: str) -> Card:
    """Read back what ``Card.encode`` wrote."""
    fields = json.loads(text)
    picture = fields.pop("picture")
    return Card(**fields, picture=Thumbnail(**picture) if picture else None)


def microseconds(moment: datetime) -> int:
    """Return exact microseconds since 1970."""
    return (moment - _EPOCH) // _MICROSECOND


def card_of(article_id: str, url: str, body: ArticleBody) -> Card:
    return Card(
        id=article_id,
        url=url,
        title=body.title,
        summary=body.summary,
        category=body.category.slug,
        created=microseconds(body.created),
        picture=thumbnail(body.pictures[0]) if body.pictures else None,
    )


def thumbnail(picture: Picture) -> Thumbnail:
    """Return the smallest rendition that is wide enough for a list, or the widest there is."""
    alt = picture.alt or picture.caption
    by_width = sorted(picture.renditions, key=lambda rendition: rendition.width)
    if not by_width:
        return Thumbnail(picture.href, alt)
    chosen = next((r for r in by_width if r.width >= THUMBNAIL_WIDTH), by_width[-1])
    return Thumbnail(chosen.href, alt, chosen.width, chosen.height)


@dataclass(frozen=True, slots=True)
class Shown:
    """An article's page: the article, and what else it needs to be drawn."""

    id: str
    url: str
    body: ArticleBody
    updated: str
    withdrawn: bool
    explanation: str | None
    others: tuple[Card, ...]


def body_of(data: ArticlePublished | ArticleUnpublished) -> ArticleBody | None:
    """Return the article that readers may see, or None if its page is gone."""
    if isinstance(data, ArticlePublished):
        return data.article
    return data.article if data.unpublish_type is UnpublishType.WITHDRAWAL else None
