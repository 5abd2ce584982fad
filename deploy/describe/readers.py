"""The addresses for readers: search and visits. Pure."""

from typing import Final

from deploy.describe import examples
from deploy.describe.form import Json, number, text
from deploy.describe.parts import answers, operation, query, takes, told
from services.search.query import DEFAULT_PER_PAGE, LONGEST, MOST_PER_PAGE
from shared.http import Kind
from shared.index import Sort

_DAY: Final = text(format="date")
_SEARCH: Final = "Search"
_VISITS: Final = "Visits"


def paths() -> Json:
    """Return every path item of search and visits."""
    return {
        "/api/search": {"get": _search()},
        "/api/suggest": {"get": _suggest()},
        "/tim-kiem": {"get": _search_page()},
        "/api/visits": {"get": _totals(), "post": _view()},
        "/api/visits.svg": {"get": _picture()},
    }


def _asked() -> tuple[Json, ...]:
    words = text(maxLength=LONGEST)
    pages = number(minimum=1, default=1)
    per_page = number(minimum=1, maximum=MOST_PER_PAGE, default=DEFAULT_PER_PAGE)
    sorts = text(enum=[sort.value for sort in Sort], default="relevance")
    return (
        query("q", words, "The words, with their marks or without; none: every article."),
        query("from", _DAY, "The first day, in Vietnam time."),
        query("to", _DAY, "The last day, inclusive."),
        query("category", text(maxLength=200), "The category's slug."),
        query("sort", sorts, "Without words, the newest come first."),
        query("page", pages, "`page` times `per_page` is at most 10,000."),
        query("per_page", per_page, "Results on a page."),
    )


def _search() -> Json:
    return operation(
        "search",
        "Search the news",
        "Unknown, repeated or malformed parameters are refused with 422.",
        answers({"200": told("What was found.", "SearchResults", examples.RESULTS)}, Kind.INVALID),
        tag=_SEARCH,
        parameters=_asked(),
    )


def _suggest() -> Json:
    words = query("q", text(maxLength=LONGEST), "What the reader has typed so far.")
    return operation(
        "suggest",
        "Complete what a reader types",
        "At most 8 titles.",
        answers({"200": told("The titles.", "Completions", examples.COMPLETIONS)}, Kind.INVALID),
        tag=_SEARCH,
        parameters=(words,),
    )


def _html(description: str) -> Json:
    return {"description": description, "content": {"text/html": {"schema": text()}}}


def _search_page() -> Json:
    found = answers({"200": _html("The page."), "422": _html("The page says what is wrong.")})
    found["503"] = _html("The index cannot be read now; the page says so.")
    return operation(
        "searchPage",
        "The search page",
        "The parameters of `/api/search`; here an empty one is as good as none.",
        found,
        tag=_SEARCH,
        parameters=tuple({**one, "schema": _or_empty(one["schema"])} for one in _asked()),
    )


def _or_empty(schema: Json) -> Json:
    """Return the schema of the same or nothing, as forms send it."""
    return {"anyOf": [schema, {"const": ""}]}


def _totals() -> Json:
    page = query("path", text(), "One page of the site instead of all of it.")
    return operation(
        "readVisits",
        "Read the totals",
        "Every view by a reader counts exactly once; robots are counted apart.",
        answers({"200": told("The totals.", "VisitTotals", examples.TOTALS)}, Kind.INVALID),
        tag=_VISITS,
        parameters=(page,),
    )


def _view() -> Json:
    beacon = takes("Beacon", examples.VIEW, "JSON, whatever type it claims to be.")
    beacon["content"]["text/plain"] = beacon["content"]["application/json"]
    return operation(
        "countView",
        "Count a view",
        "The same `id` again is the same view. No cookie; no address of a reader is kept. At most "
        "`BANTIN_VISITS_RATE` a minute from one network.",
        answers(
            {"202": told("The view is durable in the queue.", "ViewQueued", examples.QUEUED)},
            Kind.MALFORMED,
            Kind.TOO_LARGE,
            Kind.INVALID,
            Kind.TOO_MANY,
        ),
        tag=_VISITS,
        body=beacon,
    )


def _picture() -> Json:
    drawn = {"image/svg+xml": {"schema": text()}}
    page = query("path", text(), "The page it stands on.") | {"required": True, "example": "/"}
    return operation(
        "countViewByPicture",
        "Count a view and show the totals, without script",
        "A picture comes whatever becomes of the view, so that no page shows a broken one.",
        answers({"200": {"description": "The totals, drawn.", "content": drawn}}, Kind.INVALID),
        tag=_VISITS,
        parameters=(page,),
    )
