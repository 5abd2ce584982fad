"""Events as rows of the page database, and rows as places in the site. Pure."""

from collections.abc import Mapping
from typing import Any

from services.render import paths
from services.render.dirty import Standing
from services.render.state import body_of, card_of
from services.render.tables import Delivery
from shared.contracts.events import ArticlePublished, ArticleUnpublished
from shared.i18n import local

LIVE = "live"


def record(data: ArticlePublished | ArticleUnpublished) -> dict[str, Any]:
    """Return the row of an article as this event leaves it."""
    body = body_of(data)
    article_id = str(data.id)
    row: dict[str, Any] = {
        "id": article_id,
        "version": data.version,
        "state": _state(data),
        "url": data.url,
        "created": 0,
        "day": "",
        "category": "",
        "updated": "",
        "card": "",
        "payload": data.model_dump_json(),
        "delivery": Delivery.PENDING.value,
    }
    if body is not None:
        card = card_of(article_id, data.url, body)
        updated = data.updated_at if isinstance(data, ArticlePublished) else body.created
        row |= {
            "created": card.created,
            "day": local(body.created).date().isoformat(),
            "category": body.category.slug,
            "updated": local(updated).isoformat(timespec="seconds"),
            "card": card.encode(),
        }
    return row


def _state(data: ArticlePublished | ArticleUnpublished) -> str:
    return LIVE if isinstance(data, ArticlePublished) else data.unpublish_type.value


def standing(row: Mapping[str, Any], former: tuple[str, ...]) -> Standing:
    """Return where a row's article stands in the site."""
    return Standing(
        url=row["url"],
        former=tuple(paths.address(url) for url in former),
        listed=row["state"] == LIVE,
        category=row["category"],
        day=row["day"],
        created=row["created"],
        shown=row["card"],
        updated=row["updated"],
    )


def unfit(data: ArticlePublished | ArticleUnpublished) -> str | None:
    """Return why this event can never become a page, or None if it can."""
    if not paths.is_article(data.url):
        return f"{data.url[:100]!r} is no address of an article"
    try:
        for former in data.former_urls:
            paths.address(former)
    except ValueError:
        return "a former address is no address"
    body = body_of(data)
    if body is None:
        return None
    if not paths.is_slug(body.category.slug):
        return f"{body.category.slug[:100]!r} is no slug of a category"
    return None
