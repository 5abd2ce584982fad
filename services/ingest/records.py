"""What ingest keeps, as plain frozen records between the database and the use cases."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from services.ingest.edition import Facts, Standing
from shared.contracts.article import Article
from shared.contracts.documents import CategoryLabel, Picture, Rendition


@dataclass(frozen=True, slots=True)
class Record:
    """How an article stands. Editions are named by their numbers; ``version`` orders changes.

    ``live_edition`` is what readers get, or got before it was taken back; ``public_version`` is
    the version of the last event that consumers were sent.
    """

    id: UUID
    version: int
    edition: int
    title: str
    category: str
    created_at: datetime
    changed_at: datetime
    standing: str = Standing.NEVER.value
    state: str = "none"
    draft_edition: int | None = None
    scheduled_edition: int | None = None
    scheduled_at: datetime | None = None
    scheduled_slug: str | None = None
    scheduled_by: str | None = None
    scheduled_minor: bool = False
    scheduled_note: str | None = None
    live_edition: int | None = None
    public_version: int | None = None
    public_at: datetime | None = None
    first_published_at: datetime | None = None
    updated_at: datetime | None = None
    expires_at: datetime | None = None
    url: str | None = None
    short_id: str | None = None
    unpublish_type: str | None = None
    location: str | None = None
    explanation: str | None = None
    imported_digest: str | None = None

    @property
    def facts(self) -> Facts:
        return Facts(
            Standing(self.standing),
            draft=self.draft_edition is not None,
            scheduled=self.scheduled_edition is not None,
        )

    @property
    def newest_edition(self) -> int | None:
        """Return the edition that an editor sees as the article's text now."""
        return self.draft_edition or self.scheduled_edition or self.live_edition

    def row(self) -> dict[str, Any]:
        """Return the columns of its row."""
        return {name: getattr(self, name) for name in RECORD_FIELDS}


RECORD_FIELDS: Final = tuple(field.name for field in fields(Record))


@dataclass(frozen=True, slots=True)
class Draft:
    """A checked and sanitised document on its way into the database."""

    article_id: UUID
    article: Article
    text: str
    digest: str
    media: tuple[tuple[str, UUID], ...]
    """Every picture it names, each with the JSON pointer where."""
    legacy: tuple[tuple[str, str], ...]
    """Every address of an old portal as a path, each with the JSON pointer where."""


@dataclass(frozen=True, slots=True)
class Edition:
    """One text of an article that was saved; never changed, never deleted."""

    article_id: UUID
    edition: int
    version: int
    digest: str
    category: str
    body: str
    saved_at: datetime
    saved_by: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of an article's history."""

    article_id: UUID
    version: int
    action: str
    edition: int | None
    who: str
    at: datetime
    details: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Category:
    slug: str
    name: str
    position: int
    version: int

    @property
    def label(self) -> CategoryLabel:
        return CategoryLabel(slug=self.slug, name=self.name)


@dataclass(frozen=True, slots=True)
class Media:
    """A picture that was sent; sizes in pixels. ``renditions`` are the files made of it."""

    id: UUID
    digest: str
    media_type: str
    width: int
    height: int
    renditions: tuple[Rendition, ...]
    created_at: datetime

    @property
    def href(self) -> str:
        return f"/media/{self.id}"

    @property
    def files(self) -> tuple[Rendition, ...]:
        """Return the original and the renditions."""
        original = Rendition(
            name="original",
            href=self.href,
            width=self.width,
            height=self.height,
            media_type=self.media_type,
        )
        return (original, *self.renditions)

    def picture(self, *, caption: str, alt: str, credit: str | None) -> Picture:
        """Return it as readers see it at one place."""
        return Picture(
            href=self.href, caption=caption, alt=alt, credit=credit, renditions=self.files
        )
