"""The shapes of the HTTP API: what is taken, from its models, and what is answered."""

from typing import Any, Final

from deploy.describe.form import Json, array, moment, nullable, number, obj, of_models, ref, text
from deploy.describe.form import uuid as an_id
from services.ingest.api.articles import PublishBody, UnpublishBody
from services.ingest.api.categories import CategoryBody
from services.visits.api import Beacon
from shared.contracts.article import Article
from shared.contracts.events import UnpublishType
from shared.http import Kind

VERSION: Final = number("Rises with every change of the article; also its ETag.")
STATES: Final = ("draft", "scheduled", "published", "unpublished")


def components() -> Json:
    """Return every schema by name."""
    taken = of_models(Article, PublishBody, UnpublishBody, CategoryBody, Beacon)
    taken["Article"]["properties"] |= {
        "standard": {"description": "What the document says of its own format; not kept."},
        "$schema": {"description": "Likewise."},
    }
    answered = {
        **_problems(),
        **_articles(),
        **_imports(),
        **_categories_and_media(),
        **_search(),
        **_visits(),
    }
    both = taken.keys() & answered.keys()
    if both:
        raise ValueError(f"described twice: {both}")
    return dict(sorted((taken | answered).items()))


def _problems() -> Json:
    slugs = [f"urn:bantin:problem:{kind.slug}" for kind in Kind]
    errors = array(ref("FieldError"), "With a 422: every wrong field.")
    fields: Json = {
        "type": text("One of a closed list.", enum=slugs),
        "title": text("The same for every problem of this type."),
        "status": number("The HTTP status.", 400),
        "detail": text("What is wrong this time, for a person to read."),
        "errors": errors,
        "state": text("With a 409 from the state table: how the article stands."),
        "version": nullable(VERSION) | {"description": "With a 412: the current version."},
        "request_id": text("With a 5xx of a service: by this the log can be searched."),
    }
    optional = ("errors", "state", "version", "request_id")
    pointer = text("A JSON pointer (RFC 6901) into the body, or a parameter's name.")
    return {
        "Problem": obj("RFC 9457; `application/problem+json`.", fields, optional=optional),
        "FieldError": obj("One wrong field.", {"pointer": pointer, "detail": text()}),
    }


def _articles() -> Json:
    unpublish = {
        "type": text(enum=[kind.value for kind in UnpublishType]),
        "location": nullable(text("Where readers are sent instead.")),
        "explanation": nullable(text()),
    }
    common: Json = {
        "id": an_id(),
        "version": VERSION,
        "edition": number("Counts the saved texts, for people; null if it has none.", 1),
        "state": text(enum=[*STATES, "none"]),
        "url": nullable(text("A path, fixed at first publication.")),
        "title": text(),
        "category": text("The category's slug."),
        "draft": {"type": "boolean", "description": "A draft waits that readers do not see."},
        "live": {"type": "boolean", "description": "Readers get the article."},
        "scheduled_at": nullable(moment()),
        "unpublish": nullable(ref("Unpublished")),
        "first_published_at": nullable(moment()),
        "created_at": moment(),
        "updated_at": moment("When anything about it was changed last."),
    }
    full = common | {
        "article": ref("Article"),
        "saved_at": moment(),
        "saved_by": text("The name of the token that saved this edition."),
        "delivery": ref("Delivery"),
    }
    listed = {
        "articles": array(ref("ArticleSummary")),
        "cursor": nullable(text("For the next page; null on the last.")),
    }
    stage = {"accepted": "in the database", "indexed": "found by search", "rendered": "on its page"}
    delivery = {name: nullable(moment(f"When it was {what}.")) for name, what in stage.items()}
    return {
        "Unpublished": obj("How the article was taken back.", unpublish),
        "ArticleSummary": obj("How an article stands.", common),
        "ArticleFull": obj("How an article stands, with one of its texts.", full),
        "ArticleList": obj("The last changed first.", listed),
        "Delivery": obj("How far the last public change has come; null: not yet.", delivery),
        "HistoryEntry": _entry(),
        "History": obj("The newest first.", {"id": an_id(), "history": array(ref("HistoryEntry"))}),
    }


def _entry() -> Json:
    actions = ["saved", "scheduled", "published", "unpublished"]
    fields: dict[str, Any] = {
        "version": VERSION,
        "action": text(enum=[*actions, "draft discarded", "schedule cancelled"]),
        "edition": nullable(number(minimum=0)),
        "who": text("The token's name."),
        "at": {"type": "string", "format": "date-time"},
        "delivery": ref("Delivery"),
        "imported": {"type": "boolean"},
        "update_type": text(enum=["major", "minor"]),
        "change_note": text(),
        "url": text("The address since then."),
        "type": text(enum=[kind.value for kind in UnpublishType]),
        "location": nullable(text()),
        "explanation": nullable(text()),
    }
    optional = tuple(list(fields)[6:])
    return obj("Who did what, when, with which edition.", fields, optional=optional)


def _imports() -> Json:
    fields: Json = {
        "line": number("Counted from 1.", 1),
        "id": nullable(an_id()),
        "status": number("The HTTP status it would have had alone.", 200),
        "version": VERSION,
        "url": nullable(text()),
        "errors": array(ref("FieldError")),
    }
    optional = ("version", "url", "errors")
    return {"ImportResult": obj("What became of one line.", fields, optional=optional)}


def _categories_and_media() -> Json:
    category = {
        "slug": text(),
        "name": text(),
        "position": number("Categories are shown in this order."),
        "version": number(),
    }
    pixels = {"width": number("Pixels.", 1), "height": number("Pixels.", 1)}
    media_type = {"media_type": text()}
    media = {"id": an_id(), "href": text("`/media/<uuid>`")} | media_type | pixels
    media |= {"renditions": array(ref("MediaFile"))}
    return {
        "Category": obj("A category.", category),
        "CategoryList": obj("In the order of readers.", {"categories": array(ref("Category"))}),
        "Media": obj("A picture and every file made of it.", media),
        "MediaFile": obj("One file.", {"name": text(), "href": text()} | pixels | media_type),
    }


def _search() -> Json:
    highlights = {
        "title": text("HTML with only `<mark>`."),
        "body": array(text(), "Pieces of the text, HTML with only `<mark>`."),
    }
    result = {
        "id": an_id(),
        "url": text(),
        "title": text(),
        "summary": text(),
        "highlights": obj("Where the words were found.", highlights),
        "category": text("The category's slug."),
        "published_at": moment("In Vietnam time."),
        "image": nullable(text("A path.")),
    }
    facets = {"category": array(ref("FacetValue")), "year": array(ref("FacetValue"))}
    results = {
        "total": number("Exact."),
        "page": number(minimum=1),
        "per_page": number(minimum=1, maximum=50),
        "suggestion": nullable(text("Another spelling that finds more.")),
        "results": array(ref("SearchResult")),
        "facets": obj("Complete; each sums to `total`.", facets),
    }
    value = {"value": text(), "label": text(), "count": number(minimum=1)}
    return {
        "FacetValue": obj("How many results have this value.", value),
        "SearchResult": obj("One article found.", result),
        "SearchResults": obj("What was found.", results),
        "Completions": obj("Titles to go on with.", {"completions": array(ref("Completion"))}),
        "Completion": obj("A title and its page.", {"title": text(), "url": text()}),
    }


def _visits() -> Json:
    totals = {
        "total": number("Views by readers; of the site, the starting total is in it."),
        "current": number("Distinct visitors in the last 5 minutes."),
        "today": number(),
        "yesterday": number(),
        "this_month": number(),
        "as_of": moment(),
    }
    queued = {"id": an_id("The view's id; sent again it is the same view."), "status": text()}
    queued["status"] = {"const": "queued"}
    return {
        "VisitTotals": obj("The counts of the site or of one page.", totals),
        "ViewQueued": obj("The view is durable in the queue.", queued),
    }
