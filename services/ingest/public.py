"""From a stored edition to what events carry. Pure."""

import base64
from collections.abc import Mapping
from typing import Final
from uuid import UUID

from services.ingest.records import Media, Record
from services.ingest.sanitise import body_pictures
from shared.contracts.article import Article
from shared.contracts.documents import ArticleBody, CategoryLabel
from shared.contracts.events import (
    ArticlePublished,
    ArticleUnpublished,
    ManifestState,
    UnpublishType,
)
from shared.text.slugs import slugify

SOURCE: Final = "/ingest"
"""The CloudEvents source of what ingest sends."""
_SHORT: Final = 10


def short_ids(article_id: UUID) -> list[str]:
    """Return the candidates for an article's short id, the shortest first.

    They are the last characters of the uuid's base32 form (RFC 4648, lower case): where random
    (version 4), hashed (5) and time-ordered (7) uuids all differ; ordered ones begin alike.
    """
    whole = base64.b32encode(article_id.bytes).decode().rstrip("=").lower()
    return [whole[-length:] for length in (_SHORT, 16, len(whole))]


def url_of(short_id: str, *, title: str, slug: str | None = None) -> str:
    """Return an article's address, a path."""
    return f"/tin/{slug or slugify(title)}-{short_id}/"


def public_body(
    article: Article, category: CategoryLabel, media: Mapping[UUID, Media]
) -> ArticleBody:
    """Return what readers see. ``media`` has every picture that the article names."""
    beside = []
    for association in article.associations:
        caption = association.text("caption") or ""
        alt = association.text("alt") or caption
        beside.append(
            media[association.media].picture(caption=caption, alt=alt, credit=association.by)
        )
    inside = (
        media[found.media].picture(caption=found.caption, alt=found.alt, credit=None)
        for found in body_pictures(article.body)
    )
    return ArticleBody(
        title=article.title,
        summary=article.summary,
        body_html=article.body,
        created=article.content_created,
        language=article.language,
        by=article.by,
        sources=tuple(source.name for source in article.info_sources),
        category=category,
        tags=tuple(subject.name for subject in article.subjects[1:]),
        pictures=tuple(beside),
        body_pictures=tuple(inside),
    )


def state_event(
    record: Record, body: ArticleBody | None, former_urls: tuple[str, ...]
) -> ArticlePublished | ArticleUnpublished:
    """Return the event that tells how an article stands, live or taken back.

    ``body`` is needed where readers still get the page: live, or withdrawn with a banner.
    """
    if record.public_version is None or record.url is None or record.live_edition is None:
        raise ValueError(f"{record.id} was never published")
    if record.unpublish_type is not None:
        return ArticleUnpublished(
            id=record.id,
            version=record.public_version,
            url=record.url,
            former_urls=former_urls,
            unpublish_type=UnpublishType(record.unpublish_type),
            location=record.location,
            explanation=record.explanation,
            article=body if record.unpublish_type == UnpublishType.WITHDRAWAL else None,
        )
    if body is None or record.first_published_at is None or record.updated_at is None:
        raise ValueError(f"{record.id} is live without a text")
    return ArticlePublished(
        id=record.id,
        version=record.public_version,
        edition=record.live_edition,
        url=record.url,
        former_urls=former_urls,
        first_published_at=record.first_published_at,
        updated_at=record.updated_at,
        article=body,
    )


def needs_body(record: Record) -> bool:
    """Tell whether the event of how it stands carries the article."""
    return record.unpublish_type in {None, UnpublishType.WITHDRAWAL.value}


def manifest_state(unpublish_type: str | None) -> ManifestState:
    """Return how manifests call it."""
    return ManifestState(unpublish_type or "live")
