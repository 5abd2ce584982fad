"""The synthetic corpus as the events that the server adapters carry."""

from datetime import UTC, datetime
from typing import Final
from uuid import UUID, uuid4

from samples.generate import articles
from services.ingest.public import SOURCE, public_body, short_ids, url_of
from shared.contracts.article import parse_article
from shared.contracts.documents import CategoryLabel
from shared.contracts.events import ArticlePublished, Event, PageViewed, new_event
from shared.text.slugs import slugify

_NOW: Final = datetime(2026, 11, 23, 5, tzinfo=UTC)


def published(count: int) -> list[Event]:
    """Return ``article.published`` of the first ``count`` articles, bodies of about 4 KB."""
    events = []
    for document in articles(count):
        article_id, article = parse_article(document)
        label = article.subjects[0].name
        category = CategoryLabel(slug=slugify(label), name=label)
        data = ArticlePublished(
            id=article_id,
            version=1,
            edition=1,
            url=url_of(short_ids(article_id)[0], title=article.title),
            first_published_at=article.content_created,
            updated_at=article.content_created,
            article=public_body(article, category, {}),
        )
        events.append(_event(data, article_id))
    return events


def viewed(count: int) -> list[Event]:
    """Return ``count`` times ``page.viewed``, of the pages of a small site."""
    events = []
    for number in range(count):
        view = PageViewed(
            id=uuid4(),
            path=f"/tin/lam-duong-lien-thon-{number % 500:010}/",
            received_at=_NOW,
            visitor=f"{number:032x}",
        )
        events.append(_event(view, view.id))
    return events


def _event(data: ArticlePublished | PageViewed, subject: UUID) -> Event:
    return new_event(data, subject=str(subject), source=SOURCE, time=_NOW)
