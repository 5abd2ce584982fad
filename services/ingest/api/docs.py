"""``/docs/``: the HTTP API's description, for people and for programs, from this machine alone."""

from functools import cache
from pathlib import Path
from typing import Final

from flask import Blueprint, Response, request

from services.ingest.docpage import page

_DOCUMENT: Final = Path(__file__).parents[3] / "docs" / "openapi.json"
_STYLE: Final = Path(__file__).parent.parent / "templates" / "docs.css"
_POLICY: Final = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'"


def blueprint(document: Path = _DOCUMENT) -> Blueprint:
    """Return the routes, for everybody; the files are read once, when they are first asked for."""
    routes = Blueprint("docs", __name__, url_prefix="/docs")

    @cache
    def described() -> bytes:
        return document.read_bytes()

    @cache
    def shown() -> bytes:
        return page(described())

    @routes.get("/")
    def read_docs() -> Response:
        response = _answer(shown(), "text/html; charset=utf-8")
        response.headers["Content-Security-Policy"] = _POLICY
        return response

    @routes.get("/openapi.json")
    def read_openapi() -> Response:
        return _answer(described(), "application/json")

    @routes.get("/style.css")
    def read_style() -> Response:
        return _answer(_STYLE.read_bytes(), "text/css; charset=utf-8")

    return routes


def _answer(content: bytes, kind: str) -> Response:
    response = Response(content, content_type=kind, headers={"Cache-Control": "no-cache"})
    response.add_etag()
    response.make_conditional(request)
    return response
