"""The addresses of ingest for articles and categories. Pure."""

from typing import Final

from deploy.describe import examples
from deploy.describe.form import Json, moment, number, text
from deploy.describe.parts import (
    ETAG,
    MATCHING,
    answers,
    operation,
    path,
    query,
    takes,
    told,
)
from deploy.describe.schemas import STATES
from shared.http import Kind

_ID: Final = path("article_id", "The article's uuid, chosen by the client.", examples.ARTICLE_ID)
_SLUG: Final = path("slug", "Words of a-z and 0-9 with single hyphens between them.", "tin-tuc")
_TOKEN: Final = (Kind.UNAUTHORIZED,)
_WRITES: Final = (Kind.UNAUTHORIZED, Kind.FORBIDDEN)
_BODY: Final = (Kind.MALFORMED, Kind.TOO_LARGE, Kind.INVALID)
_ARTICLES: Final = "Articles"
_CATEGORIES: Final = "Categories"


def paths() -> Json:
    """Return every path item."""
    return {
        "/v1/articles": {"get": _list()},
        "/v1/articles/{article_id}": {"get": _get(), "put": _put()},
        "/v1/articles/{article_id}/history": {"get": _history()},
        "/v1/articles/{article_id}/publish": {"post": _publish()},
        "/v1/articles/{article_id}/unpublish": {"post": _unpublish()},
        "/v1/articles/{article_id}/draft": {"delete": _discard()},
        "/v1/import": {"post": _import()},
        "/v1/categories": {"get": _categories()},
        "/v1/categories/{slug}": {"get": _category(), "put": _put_category()},
    }


def _standing(description: str) -> Json:
    return told(description, "ArticleSummary", examples.SUMMARY, ETAG)


def _list() -> Json:
    listed = {"articles": [examples.SUMMARY], "cursor": None}
    return operation(
        "listArticles",
        "List articles",
        "The last changed first, page by page with `cursor`.",
        answers({"200": told("A page of the list.", "ArticleList", listed)}, *_TOKEN, Kind.INVALID),
        tag=_ARTICLES,
        scopes=(),
        parameters=(
            query("state", text(enum=[*STATES, "live"]), "`live`: readers get it."),
            query("category", text(), "The category's slug."),
            query("updated_since", moment(), "Changed at this moment or later."),
            query("cursor", text(), "From the page before."),
            query("limit", number(minimum=1, maximum=200, default=50), "Articles on a page."),
        ),
    )


def _get() -> Json:
    found = told("The article.", "ArticleFull", examples.FULL, ETAG)
    state = query("state", text(enum=["draft", "live"]), "Which text; without it the newest.")
    return operation(
        "getArticle",
        "Read an article in full",
        "With `delivery`: when the last public change was accepted, found by search, on its page.",
        answers({"200": found}, *_TOKEN, Kind.NOT_FOUND, Kind.INVALID),
        tag=_ARTICLES,
        scopes=(),
        parameters=(_ID, state),
    )


def _put() -> Json:
    return operation(
        "saveDraft",
        "Save a draft",
        "Creates or replaces the draft; readers see nothing of it. The same body again changes "
        "nothing. HTML is sanitised: script and event handlers are dropped, not refused.",
        answers(
            {
                "200": _standing("The draft is durable."),
                "201": _standing("There was no such article; the draft is durable."),
            },
            *_WRITES,
            *_BODY,
            Kind.NOT_FOUND,
            Kind.CONFLICT,
            Kind.PRECONDITION,
        ),
        tag=_ARTICLES,
        scopes=("draft",),
        parameters=(_ID, *MATCHING),
        body=takes("Article", examples.ARTICLE, "IPTC ninjs 3.1 in a stricter profile."),
    )


def _history() -> Json:
    found = told("The history.", "History", examples.HISTORY)
    return operation(
        "getHistory",
        "Who did what, when, with each edition",
        "Nothing is ever taken out of it.",
        answers({"200": found}, *_TOKEN, Kind.NOT_FOUND),
        tag=_ARTICLES,
        scopes=(),
        parameters=(_ID,),
    )


def _change(
    name: str, summary: str, description: str, found: Json, *, scope: str, body: Json | None = None
) -> Json:
    own = (*_WRITES, Kind.NOT_FOUND, Kind.CONFLICT, Kind.PRECONDITION)
    return operation(
        name,
        summary,
        description,
        answers(found, *own, *(_BODY if body else ())),
        tag=_ARTICLES,
        scopes=(scope,),
        parameters=(_ID, *MATCHING),
        body=body,
    )


def _publish() -> Json:
    return _change(
        "publish",
        "Publish now or at a time",
        "The draft becomes what readers get. With another `slug` the article moves, and its old "
        "address answers 301. An `at` in the past is now. 409 where there is nothing to publish.",
        {"200": _standing("It is live or scheduled, durably; its event is on its way.")},
        scope="publish",
        body=takes("PublishBody", examples.PUBLISH, "May be left out.", required=False),
    )


def _unpublish() -> Json:
    return _change(
        "unpublish",
        "Take an article back",
        "`gone`: readers get 410. `redirect`: 301 to `location`. `withdrawal`: the page stays, "
        "with a banner. 409 where nothing was ever live.",
        {"200": _standing("It is taken back, durably; its event is on its way.")},
        scope="publish",
        body=takes("UnpublishBody", examples.UNPUBLISH, "`location` belongs to a redirect alone."),
    )


def _discard() -> Json:
    return _change(
        "discardDraft",
        "Discard the draft, or cancel the schedule",
        "A schedule goes first, and its text stays as a draft. 409 where there is neither.",
        {"204": {"description": "It is gone, durably; the history keeps it.", "headers": ETAG}},
        scope="draft",
    )


def _import() -> Json:
    line = "One `ImportResult` a line, in order, each once it is durable."
    answer = {"schema": text(line), "example": examples.RESULT_LINES}
    taken = {"schema": text("One `Article` a line."), "example": examples.LINES}
    flag = {"type": "boolean", "default": False}
    return operation(
        "importArticles",
        "Import many articles",
        "One ninjs document a line, whose `uri` carries the uuid. Streamed in and out; a bad line "
        "stops none of the others; an unchanged line changes nothing. A line has at most 1 MiB.",
        answers(
            {"200": {"description": line, "content": {"application/x-ndjson": answer}}},
            *_WRITES,
            Kind.INVALID,
        ),
        tag=_ARTICLES,
        scopes=("draft",),
        parameters=(
            query("publish", flag, "Publish what changed; needs the scope `publish` too."),
            query("create_categories", flag, "Make unknown ones; needs the scope `admin` too."),
        ),
        body={"required": False, "content": {"application/x-ndjson": taken}},
    )


def _categories() -> Json:
    listed = {"categories": [examples.CATEGORY_SHOWN]}
    return operation(
        "listCategories",
        "List the categories",
        "In the order in which readers see them.",
        answers({"200": told("All of them.", "CategoryList", listed)}, *_TOKEN),
        tag=_CATEGORIES,
        scopes=(),
    )


def _category() -> Json:
    return operation(
        "getCategory",
        "Read a category",
        "",
        answers(
            {"200": told("The category.", "Category", examples.CATEGORY_SHOWN)},
            *_TOKEN,
            Kind.NOT_FOUND,
        ),
        tag=_CATEGORIES,
        scopes=(),
        parameters=(_SLUG,),
    )


def _put_category() -> Json:
    shown = examples.CATEGORY_SHOWN
    return operation(
        "saveCategory",
        "Make, name or move a category",
        "Every page and search result follows. 409 where another category has the name.",
        answers(
            {
                "200": told("It is as asked, durably.", "Category", shown),
                "201": told("It was made, durably.", "Category", shown),
            },
            *_WRITES,
            *_BODY,
            Kind.NOT_FOUND,
            Kind.CONFLICT,
        ),
        tag=_CATEGORIES,
        scopes=("admin",),
        parameters=(_SLUG,),
        body=takes("CategoryBody", examples.CATEGORY, "Without `position` it keeps its own."),
    )
