"""The public article as events carry it: already checked, sanitised and resolved by ingest."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictInt,
)

_EARLIEST: Final = datetime.min.replace(tzinfo=UTC) + timedelta(days=2)
_LATEST: Final = datetime.max.replace(tzinfo=UTC) - timedelta(days=2)


def _written(value: object) -> object:
    if not isinstance(value, str | datetime):
        raise ValueError("a moment is written as in RFC 3339")  # noqa: TRY004 - pydantic asks for it
    return value


def _in_the_calendar(value: datetime) -> datetime:
    """Refuse what has no day in every zone; to work out its day would raise."""
    # Comparing asks for both offsets, which took a tenth of the time of reading an event.
    if _EARLIEST.year < value.year < _LATEST.year or _EARLIEST < value < _LATEST:
        return value
    raise ValueError("the moment lies outside the calendar")


Instant = Annotated[AwareDatetime, BeforeValidator(_written), AfterValidator(_in_the_calendar)]
Whole = Annotated[StrictInt, Field(ge=0, le=2**63 - 1)]
"""A whole number that every store can hold."""


class Document(BaseModel):
    """Frozen, and tolerant of fields added later."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class CategoryLabel(Document):
    slug: str
    name: str


class Rendition(Document):
    """One file of a picture; width and height in pixels."""

    name: str
    href: str
    width: Whole
    height: Whole
    media_type: str


class Picture(Document):
    """A picture with its renditions. ``href`` is ``/media/<uuid>``, the original."""

    href: str
    caption: str = ""
    alt: str = ""
    credit: str | None = None
    renditions: tuple[Rendition, ...] = ()


class ArticleBody(Document):
    """What readers see. ``body_html`` is sanitised; ``created`` dates the article everywhere."""

    title: str
    summary: str
    body_html: str
    created: Instant
    language: str = "vi"
    by: str | None = None
    sources: tuple[str, ...] = ()
    category: CategoryLabel
    tags: tuple[str, ...] = ()
    pictures: tuple[Picture, ...] = ()
    """The pictures beside the text; the first leads the page."""
    body_pictures: tuple[Picture, ...] = ()
    """Renditions of the pictures named inside ``body_html``, for ``srcset`` and sizes."""
