"""Where readers' questions come in: a page in Vietnamese, and JSON."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from flask import Blueprint, Flask, Response, jsonify, request
from flask.json.provider import DefaultJSONProvider
from flask.typing import ResponseReturnValue
from jinja2 import Environment

from services.search import pages
from services.search.query import LONGEST, PARAMETERS, parse, parse_prefix
from shared import http, log
from shared.i18n import local
from shared.index import Engine, FacetValue, Hit, IndexUnavailable, Query, Results
from shared.theme import environment

_logger = log.get("search")
COMPLETIONS: Final = 8
_RETRY_AFTER: Final = {"Retry-After": "5"}
_TEMPLATES: Final = Path(__file__).parent / "templates"
_PAGE_HEADERS: Final = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "strict-origin-when-cross-origin",
}


def build(engine: Engine, *, site_name: str, public_url: str) -> Flask:
    """Return the application; it answers ``/api/search``, ``/api/suggest`` and ``/tim-kiem``."""
    app = Flask(__name__, static_folder=None)
    http.install(app, "search")
    app.json = _Json(app)
    app.register_blueprint(_json(engine))
    template = environment(_TEMPLATES, site_name=site_name, public_url=public_url)
    app.register_blueprint(_page(engine, template))

    @app.errorhandler(IndexUnavailable)
    def _unavailable(error: IndexUnavailable) -> Response:
        _note(error)
        return http.Problem(
            http.Kind.UNAVAILABLE, "The search index cannot be read now.", headers=_RETRY_AFTER
        ).response()

    return app


class _Json(DefaultJSONProvider):
    """Vietnamese as it is written, in the order of the contract."""

    ensure_ascii = False
    sort_keys = False


def _json(engine: Engine) -> Blueprint:
    blueprint = Blueprint("json", __name__, url_prefix="/api")

    @blueprint.get("/search")
    def search() -> ResponseReturnValue:
        query = parse(_given())
        return jsonify(answer(query, engine.search(query))), {"Cache-Control": "no-cache"}

    @blueprint.get("/suggest")
    def suggest() -> ResponseReturnValue:
        found = engine.suggest(parse_prefix(_given()), COMPLETIONS)
        completions = [{"title": item.title, "url": item.url} for item in found]
        return jsonify({"completions": completions}), {"Cache-Control": "no-cache"}

    return blueprint


def answer(query: Query, results: Results) -> dict[str, Any]:
    """Return the JSON answer of ``/api/search``."""
    return {
        "total": results.total,
        "page": query.page,
        "per_page": query.per_page,
        "suggestion": results.suggestion,
        "results": [_result(hit) for hit in results.hits],
        "facets": {name: _values(results.facets.get(name, ())) for name in ("category", "year")},
    }


def _result(hit: Hit) -> dict[str, Any]:
    return {
        "id": str(hit.id),
        "url": hit.url,
        "title": hit.title,
        "summary": hit.summary,
        "highlights": {"title": hit.highlight_title, "body": list(hit.highlight_body)},
        "category": hit.category,
        "published_at": local(hit.published_at).isoformat(),
        "image": hit.image,
    }


def _values(values: tuple[FacetValue, ...]) -> list[dict[str, Any]]:
    return [{"value": v.value, "label": v.label, "count": v.count} for v in values]


def _note(error: IndexUnavailable) -> None:
    _logger.warning("index_unavailable", reason=str(error))


def _page(engine: Engine, template: Environment) -> Blueprint:
    blueprint = Blueprint("page", __name__)

    @blueprint.errorhandler(Exception)
    def unexpected(error: Exception) -> ResponseReturnValue:
        """Who came to read gets a page, whatever went wrong."""
        _logger.error("request_failed", path=request.path, exc_info=error)
        body = _render(template, _form(_given()), Results(0, ()), unavailable=True)
        return body, 500, _PAGE_HEADERS

    def unavailable(
        form: Mapping[str, str], everything: Results, error: IndexUnavailable
    ) -> ResponseReturnValue:
        _note(error)
        body = _render(template, form, everything, unavailable=True)
        return body, 503, {**_PAGE_HEADERS, **_RETRY_AFTER}

    @blueprint.get(pages.PATH)
    def search_page() -> ResponseReturnValue:
        given = _given()
        form = _form(given)
        try:
            everything = engine.search(Query(per_page=1))
        except IndexUnavailable as error:
            return unavailable(form, Results(0, ()), error)
        try:
            query = parse(given, blanks=True)
        except http.Problem as problem:
            body = _render(template, form, everything, errors=problem.errors)
            return body, problem.kind.status, _PAGE_HEADERS
        try:
            results = engine.search(query)
        except IndexUnavailable as error:
            return unavailable(form, everything, error)
        return _render(template, form, everything, query=query, results=results), _PAGE_HEADERS

    return blueprint


def _render(
    template: Environment,
    form: Mapping[str, str],
    everything: Results,
    *,
    query: Query | None = None,
    results: Results | None = None,
    errors: tuple[http.FieldError, ...] = (),
    unavailable: bool = False,
) -> str:
    categories = pages.in_order(everything.facets.get("category", ()))
    shown: dict[str, Any] = {}
    if query is not None and results is not None:
        shown = {
            "categories_found": pages.category_links(query, results.facets["category"]),
            "years_found": pages.year_links(query, results.facets["year"]),
            "paging": pages.paging(query, results),
            "suggestion_url": pages.address(query, q=results.suggestion),
            "everywhere_url": pages.address(Query(text=query.text)),
        }
    return template.get_template("search.html").render(
        path=pages.PATH,
        navigation=[{"name": v.label, "url": f"/chuyen-muc/{v.value}/"} for v in categories],
        categories=categories,
        form=form,
        longest=LONGEST,
        errors=errors,
        unavailable=unavailable,
        query=query,
        results=results,
        iso=lambda moment: local(moment).isoformat(),
        **shown,
    )


def _given() -> dict[str, list[str]]:
    return {name: list(values) for name, values in request.args.lists()}


def _form(given: Mapping[str, list[str]]) -> dict[str, str]:
    """Return what was typed into each field of the form."""
    return {name: (given.get(name) or [""])[0] for name in PARAMETERS}
