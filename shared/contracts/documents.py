"""The public article as events carry it: already checked, sanitised and resolved by ingest."""

from pydantic import AwareDatetime, BaseModel, ConfigDict


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
    width: int
    height: int
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
    created: AwareDatetime
    language: str = "vi"
    by: str | None = None
    sources: tuple[str, ...] = ()
    category: CategoryLabel
    tags: tuple[str, ...] = ()
    pictures: tuple[Picture, ...] = ()
    """The pictures beside the text; the first leads the page."""
    body_pictures: tuple[Picture, ...] = ()
    """Renditions of the pictures named inside ``body_html``, for ``srcset`` and sizes."""
