"""The events of Bản Tin: CloudEvents 1.0 envelopes in JSON, one payload model for each type.

Format: CloudEvents 1.0, JSON format, structured mode (https://cloudevents.io, spec v1.0.2).
Readers are tolerant: fields they do not know are ignored, so that a newer sender does no harm.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Final, Literal
from uuid import UUID, uuid4

import orjson
from pydantic import BaseModel, ConfigDict, Field, StrictInt, TypeAdapter, ValidationError

from shared.contracts.documents import ArticleBody, CategoryLabel, Instant, Whole

LARGEST: Final = 16 * 1024 * 1024
"""Bytes of the longest event; more than any broker takes."""


class EventError(ValueError):
    """The bytes are not an event that this version understands; the text says why."""


class Payload(BaseModel):
    """What every payload has in common: frozen, and tolerant of fields added later."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class ArticlePublished(Payload):
    """The whole public article. ``version`` orders events of one article; higher is newer."""

    id: UUID
    version: Whole
    edition: Annotated[Whole, Field(ge=1)]
    url: str
    former_urls: tuple[str, ...] = ()
    first_published_at: Instant
    updated_at: Instant
    article: ArticleBody


class UnpublishType(StrEnum):
    """What readers get at the address of an article that was taken back."""

    GONE = "gone"
    REDIRECT = "redirect"
    WITHDRAWAL = "withdrawal"


class ArticleUnpublished(Payload):
    """The article is taken back: 410, a 301 to ``location``, or a banner over its page."""

    id: UUID
    version: Whole
    url: str
    former_urls: tuple[str, ...] = ()
    unpublish_type: UnpublishType
    location: str | None = None
    explanation: str | None = None
    article: ArticleBody | None = None
    """The article as it stood; only with a withdrawal, whose page stays."""


class CategoryChanged(Payload):
    """A category was made, renamed or moved. ``position`` orders categories, lowest first."""

    category: CategoryLabel
    position: Annotated[StrictInt, Field(ge=-(2**31), lt=2**31)]
    version: Whole


class ManifestState(StrEnum):
    """How an article stands, as manifests tell it."""

    LIVE = "live"
    GONE = "gone"
    REDIRECT = "redirect"
    WITHDRAWAL = "withdrawal"


class ManifestEntry(Payload):
    id: UUID
    version: Whole
    state: ManifestState


class ArticlesManifest(Payload):
    """Every article ever published whose id is in ``[first, last]``, both inclusive."""

    first: UUID
    last: UUID
    entries: tuple[ManifestEntry, ...]


class ReplayRequested(Payload):
    """A consumer asks for current state again: of these ids, or of every article ever published."""

    consumer: str
    ids: tuple[UUID, ...] | None = None


class ArticleDelivered(Payload):
    """``consumer`` has made this version of the article durable and visible."""

    consumer: Literal["indexing", "render"]
    id: UUID
    version: Whole


class PageViewed(Payload):
    """A page was looked at once. ``id`` is deduplicated; ``visitor`` is a hash of the day."""

    id: UUID
    path: str
    received_at: Instant
    visitor: str
    filtered: str | None = None
    """Why this view counts apart (``bot``); None for a reader's view."""


EVENT_TYPES: Final[dict[str, type[Payload]]] = {
    "vn.bantin.article.published.v1": ArticlePublished,
    "vn.bantin.article.unpublished.v1": ArticleUnpublished,
    "vn.bantin.category.changed.v1": CategoryChanged,
    "vn.bantin.articles.manifest.v1": ArticlesManifest,
    "vn.bantin.replay.requested.v1": ReplayRequested,
    "vn.bantin.article.delivered.v1": ArticleDelivered,
    "vn.bantin.page.viewed.v1": PageViewed,
}
TYPE_OF: Final[dict[type[Payload], str]] = {model: name for name, model in EVENT_TYPES.items()}


class Event(BaseModel):
    """A CloudEvents envelope. ``time`` is when the cause was accepted; lag is measured from it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    specversion: Literal["1.0"] = "1.0"
    id: str = Field(min_length=1)
    source: str = Field(min_length=1)
    type: str
    subject: str
    time: Instant
    datacontenttype: Literal["application/json"] = "application/json"
    data: Any

    def encode(self) -> bytes:
        """Return the envelope as UTF-8 JSON."""
        return _ENVELOPE.dump_json(self)


_ENVELOPE: Final = TypeAdapter(Event)
"""Writes bytes at once; a model's own method makes a text of them, which costs three times that."""


def new_event(
    data: Payload, *, subject: str, source: str, time: datetime, event_id: str | None = None
) -> Event:
    """Wrap a payload; ``subject`` is the id of its article or view, or its category's slug."""
    return Event.model_construct(
        specversion="1.0",
        id=event_id or str(uuid4()),
        source=source,
        type=TYPE_OF[type(data)],
        subject=subject,
        time=time,
        datacontenttype="application/json",
        data=data,
    )


def decode(body: bytes) -> Event:
    """Read an envelope and its payload. Raises EventError for anything that is not one."""
    if len(body) > LARGEST:
        raise EventError(f"{len(body)} bytes; an event has at most {LARGEST}")
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise EventError(f"not JSON: {error}") from error
    try:
        envelope = Event.model_validate(found)
    except ValidationError as error:
        raise EventError(f"not a CloudEvents envelope: {_first(error)}") from error
    model = EVENT_TYPES.get(envelope.type)
    if model is None:
        raise EventError(f"unknown event type {envelope.type[:100]!r}")
    try:
        data = model.model_validate(envelope.data)
    except ValidationError as error:
        raise EventError(f"{envelope.type}: {_first(error)}") from error
    envelope.__dict__["data"] = data  # nobody else has seen it; a copy would cost more
    return envelope


def _first(error: ValidationError) -> str:
    found = error.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(map(str, found['loc']))}: {found['msg']}"
