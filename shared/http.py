"""One error shape for every HTTP answer: ``application/problem+json`` (RFC 9457).

The types are a closed list, :class:`Kind`; ``docs/api.md`` explains each.
"""

import json
import time
from dataclasses import dataclass
from enum import Enum
from typing import Any

from flask import Flask, Response, g, request
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException

from shared import log, metrics, request_ids

_logger = log.get("http")


class Kind(Enum):
    """Every problem type: its name in ``urn:bantin:problem:<name>``, its status and title."""

    MALFORMED = ("malformed", 400, "The request cannot be read")
    UNAUTHORIZED = ("unauthorized", 401, "A valid token is needed")
    FORBIDDEN = ("forbidden", 403, "The token lacks the scope")
    NOT_FOUND = ("not-found", 404, "There is nothing here")
    METHOD = ("method-not-allowed", 405, "The method is not allowed here")
    CONFLICT = ("conflict", 409, "The state does not allow this")
    PRECONDITION = ("precondition-failed", 412, "Somebody else has changed it since")
    TOO_LARGE = ("too-large", 413, "The body is too large")
    MEDIA_TYPE = ("unsupported-media-type", 415, "This kind of content is not taken")
    RANGE = ("range-not-satisfiable", 416, "There are no such bytes")
    INVALID = ("invalid", 422, "The content is not valid")
    TOO_MANY = ("too-many-requests", 429, "Too many requests")
    INTERNAL = ("internal", 500, "Something went wrong here")
    UNAVAILABLE = ("unavailable", 503, "The service cannot do this now")

    def __init__(self, slug: str, status: int, title: str) -> None:
        self.slug = slug
        self.status = status
        self.title = title


_BY_STATUS = {kind.status: kind for kind in Kind}
_OURS = 500
"""From this status on it is no fault of the caller's."""
_KEPT_HEADERS = frozenset({"Allow", "Content-Range", "Retry-After", "WWW-Authenticate"})
"""What the framework's own refusals say in headers, and the problem cannot."""


@dataclass(frozen=True, slots=True)
class FieldError:
    """One wrong field: a JSON pointer (RFC 6901) or a parameter's name, and what is wrong."""

    pointer: str
    detail: str


class Problem(Exception):  # noqa: N818 - RFC 9457's own word
    """Raise it anywhere below a view; it becomes the answer. ``extra`` joins the body."""

    def __init__(
        self,
        kind: Kind,
        detail: str,
        *,
        errors: tuple[FieldError, ...] = (),
        headers: dict[str, str] | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.errors = errors
        self.headers = headers or {}
        self.extra = extra

    def body(self) -> dict[str, Any]:
        """Return the problem as RFC 9457 writes it.

        Where the fault is ours it names the request: who quotes it leads an operator to the log.
        """
        body: dict[str, Any] = {
            "type": f"urn:bantin:problem:{self.kind.slug}",
            "title": self.kind.title,
            "status": self.kind.status,
            "detail": self.detail,
        }
        if self.errors:
            body["errors"] = [{"pointer": e.pointer, "detail": e.detail} for e in self.errors]
        number = request_ids.current()
        if self.kind.status >= _OURS and number is not None:
            body["request_id"] = number
        return body | self.extra

    def response(self) -> Response:
        """Return the answer; what is no text (a lone surrogate) is shown as a question mark."""
        return Response(
            json.dumps(self.body(), ensure_ascii=False).encode(errors="replace"),
            self.kind.status,
            {"Cache-Control": "no-store", **self.headers},
            content_type="application/problem+json",
        )


def invalid(error: ValidationError, *, at: str = "") -> Problem:
    """Turn a model's complaint into a 422 that points at every wrong field."""
    errors = tuple(
        FieldError(at + "".join(f"/{_escape(part)}" for part in found["loc"]), found["msg"])
        for found in error.errors(include_url=False, include_input=False, include_context=False)
    )
    return Problem(Kind.INVALID, f"{len(errors)} field(s) are wrong.", errors=errors)


def _escape(part: int | str) -> str:
    return str(part).replace("~", "~0").replace("/", "~1")


def install(app: Flask, service: str) -> None:
    """Give an application the error shape, the request metric and a number for each request."""
    app.wsgi_app = request_ids.Numbered(app.wsgi_app)  # type: ignore[method-assign]

    @app.errorhandler(Problem)
    def _problem(problem: Problem) -> Response:
        if problem.kind.status >= _OURS:
            reason = repr(problem.__cause__ or problem)
            _logger.warning("request_not_served", path=request.path, reason=reason)
        return problem.response()

    @app.errorhandler(HTTPException)
    def _http(error: HTTPException) -> Response:
        code = error.code or 500
        if 300 <= code < 400:  # noqa: PLR2004 - redirects are answers, not problems
            return Response(error.get_body(), code, dict(error.get_headers()))
        kind = _BY_STATUS.get(code, Kind.MALFORMED if code < 500 else Kind.INTERNAL)  # noqa: PLR2004
        kept = {n: v for n, v in error.get_headers() if n in _KEPT_HEADERS}
        return Problem(kind, error.description or kind.title, headers=kept).response()

    @app.errorhandler(Exception)
    def _unexpected(error: Exception) -> Response:
        _logger.error("request_failed", path=request.path, exc_info=error)
        return Problem(Kind.INTERNAL, "The error was logged; please try again later.").response()

    @app.before_request
    def _start() -> None:
        g.started = time.perf_counter()

    @app.after_request
    def _measure(response: Response) -> Response:
        route = request.url_rule.rule if request.url_rule else "none"
        started = g.get("started")
        if started is not None:
            metrics.HTTP_DURATION.labels(
                service, route, request.method, str(response.status_code)
            ).observe(time.perf_counter() - started)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        return response
