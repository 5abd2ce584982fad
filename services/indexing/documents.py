"""From an event to what the index keeps. Pure: the same event always gives the same write."""

from shared.contracts.documents import Picture
from shared.contracts.events import ArticlePublished, ArticleUnpublished, CategoryChanged
from shared.index import CategoryName, SearchDocument, Write
from shared.text.html import plain_text
from shared.text.normalise import nfc

THUMBNAIL = 320
"""Pixels: the narrowest picture that still looks sharp in a list of results."""


def to_write(event: ArticlePublished | ArticleUnpublished) -> Write:
    """Return the write. Whatever the reason an article was taken back, readers find it no more."""
    if isinstance(event, ArticleUnpublished):
        return Write(event.id, event.version, None, event.unpublish_type.value)
    return Write(event.id, event.version, _document(event))


def to_name(event: CategoryChanged) -> CategoryName:
    name = nfc(event.category.name)
    return CategoryName(event.category.slug, name, event.version, event.position)


def _document(event: ArticlePublished) -> SearchDocument:
    article = event.article
    pictures = (*article.pictures, *article.body_pictures)
    return SearchDocument(
        title=nfc(article.title),
        summary=nfc(article.summary),
        body=plain_text(article.body_html),
        url=event.url,
        category=article.category.slug,
        category_label=nfc(article.category.name),
        published_at=article.created,
        tags=tuple(nfc(tag) for tag in article.tags),
        by=nfc(article.by) if article.by else None,
        image=_thumbnail(pictures[0]) if pictures else None,
    )


def _thumbnail(picture: Picture) -> str:
    """Return the narrowest rendition that is wide enough, else the widest, else the original."""
    by_width = sorted(picture.renditions, key=lambda rendition: rendition.width)
    wide_enough = [rendition for rendition in by_width if rendition.width >= THUMBNAIL]
    chosen = wide_enough[0] if wide_enough else by_width[-1] if by_width else None
    return chosen.href if chosen else picture.href
