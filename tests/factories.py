"""Made-up articles and events for tests; every field may be given by name."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

from shared.contracts.documents import ArticleBody, CategoryLabel
from shared.contracts.events import (
    ArticlePublished,
    ArticleUnpublished,
    Event,
    Payload,
    UnpublishType,
    new_event,
)

NAMESPACE = UUID("6b1f2c1e-52f7-4b9e-9c53-0d6b7f1f7a11")
NOON = datetime(2026, 3, 14, 5, 0, tzinfo=UTC)
"""Noon of 14 March 2026 in Vietnam."""
NEWS = CategoryLabel(slug="tin-tuc", name="Tin tức")


def an_id(number: int) -> UUID:
    return uuid5(NAMESPACE, str(number))


def body(**fields: Any) -> ArticleBody:
    given: dict[str, Any] = {
        "title": "Khánh thành cầu Bến Đá",
        "summary": "Cây cầu nối hai thôn sau ba năm xây dựng.",
        "body_html": "<p>Sáng nay, xã tổ chức lễ khánh thành cầu Bến Đá.</p>",
        "created": NOON,
        "category": NEWS,
    }
    return ArticleBody.model_validate(given | fields)


def published(number: int = 1, *, version: int = 1, url: str | None = None, **fields: Any) -> Event:
    """An article.published event; ``fields`` go to the body, and ``former_urls`` to the event."""
    former = tuple(fields.pop("former_urls", ()))
    return event(
        ArticlePublished(
            id=an_id(number),
            version=version,
            edition=version,
            url=url or f"/tin/bai-viet-so-{number}-{str(number) * 10}/",
            former_urls=former,
            first_published_at=NOON,
            updated_at=NOON,
            article=body(**fields),
        ),
        subject=str(an_id(number)),
    )


def unpublished(number: int = 1, *, version: int = 2, **fields: Any) -> Event:
    given: dict[str, Any] = {
        "id": an_id(number),
        "version": version,
        "url": f"/tin/bai-viet-so-{number}-{str(number) * 10}/",
        "unpublish_type": UnpublishType.GONE,
    }
    return event(ArticleUnpublished.model_validate(given | fields), subject=str(an_id(number)))


def event(data: Payload, *, subject: str) -> Event:
    return new_event(data, subject=subject, source="/test", time=NOON)
