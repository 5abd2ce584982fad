"""The pieces that operations are made of: parameters, bodies and answers. Pure."""

from typing import Any, Final

from deploy.describe.form import Json, ref, text
from deploy.describe.form import uuid as an_id
from shared.http import Kind

JSON: Final = "application/json"
PROBLEM: Final = "application/problem+json"
ALWAYS: Final = (Kind.INTERNAL, Kind.UNAVAILABLE)
"""What any address can answer when something is broken here."""
_HEADERS: Final[dict[Kind, Json]] = {
    Kind.UNAUTHORIZED: {"WWW-Authenticate": {"schema": text("RFC 6750.")}},
    Kind.FORBIDDEN: {"WWW-Authenticate": {"schema": text("Names the scope that lacks.")}},
    Kind.METHOD: {"Allow": {"schema": text("The methods that are allowed.")}},
    Kind.TOO_MANY: {"Retry-After": {"schema": text("Seconds.")}},
    Kind.UNAVAILABLE: {"Retry-After": {"schema": text("Seconds.")}},
}
_WHEN: Final[dict[Kind, str]] = {
    Kind.MALFORMED: "The body is no JSON (RFC 8259), or the request is broken.",
    Kind.UNAUTHORIZED: "There is no token, or it is unknown, expired or revoked.",
    Kind.FORBIDDEN: "The token is good and lacks the scope.",
    Kind.NOT_FOUND: "There is nothing at this address.",
    Kind.METHOD: "The address exists; the header `Allow` says what it takes.",
    Kind.CONFLICT: "The state table, or something that another article owns, is in the way.",
    Kind.PRECONDITION: "`If-Match` or `If-None-Match` does not hold; nothing was changed.",
    Kind.TOO_LARGE: "The body is over 1 MiB, a picture over 20 MiB, a beacon over 8 KiB.",
    Kind.MEDIA_TYPE: "The content is of none of the kinds that are taken.",
    Kind.RANGE: "The picture has no such bytes.",
    Kind.INVALID: "Fields or parameters are unknown or wrong; `errors` names every one.",
    Kind.TOO_MANY: "More than the limit of a network; wait for `Retry-After`.",
    Kind.INTERNAL: "A fault of the service; it is logged.",
    Kind.UNAVAILABLE: "A database, a disk or the index cannot be used; nothing was changed.",
}
ETAG: Final[Json] = {"ETag": {"schema": text("The version, in quotation marks.")}}


def problem_responses() -> Json:
    """Return the closed list of problems as responses, by their short names."""
    return {kind.slug: _problem(kind) for kind in Kind}


def _problem(kind: Kind) -> Json:
    example: Json = {
        "type": f"urn:bantin:problem:{kind.slug}",
        "title": kind.title,
        "status": kind.status,
        "detail": _WHEN[kind],
    }
    if kind is Kind.INVALID:
        error = {"pointer": "/contentCreated", "detail": "a moment with a zone is needed"}
        example |= {"detail": "1 field(s) are wrong.", "errors": [error]}
    found: Json = {
        "description": _WHEN[kind],
        "content": {PROBLEM: {"schema": ref("Problem"), "example": example}},
    }
    return found | ({"headers": _HEADERS[kind]} if kind in _HEADERS else {})


def answers(found: Json, *kinds: Kind) -> Json:
    """Return the responses of an operation: its own, and the problems it can have."""
    problems = {
        str(kind.status): {"$ref": f"#/components/responses/{kind.slug}"}
        for kind in (*kinds, *ALWAYS)
    }
    return dict(sorted((found | problems).items()))


def told(description: str, schema: str, example: Any, headers: Json | None = None) -> Json:
    """Return a JSON answer."""
    content = {JSON: {"schema": ref(schema), "example": example}}
    found: Json = {"description": description, "content": content}
    return found | ({"headers": headers} if headers else {})


def takes(schema: str, example: Any, description: str, *, required: bool = True) -> Json:
    """Return a JSON body that is taken."""
    return {
        "description": description,
        "required": required,
        "content": {JSON: {"schema": ref(schema), "example": example}},
    }


def path(name: str, description: str, example: str) -> Json:
    """Return a path parameter; an example that is a uuid says that all must be."""
    is_id = len(example.split("-")) == 5 and len(example) == 36  # noqa: PLR2004 - a uuid's form
    schema = an_id() if is_id else text(minLength=1)
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": description,
        "schema": schema,
        "example": example,
    }


def query(name: str, schema: Json, description: str) -> Json:
    return {"name": name, "in": "query", "description": description, "schema": schema}


def header(name: str, description: str) -> Json:
    schema = text()
    return {"name": name, "in": "header", "description": description, "schema": schema}


MATCHING: Final = (
    header("If-Match", "The version that is expected; otherwise 412 and nothing is changed."),
    header("If-None-Match", "`*`: only if there is no such article."),
)


def operation(
    name: str,
    summary: str,
    description: str,
    responses: Json,
    *,
    tag: str,
    parameters: tuple[Json, ...] = (),
    body: Json | None = None,
    scopes: tuple[str, ...] | None = None,
) -> Json:
    """Return one operation. ``scopes``: None for everybody, empty for any good token."""
    found: Json = {
        "operationId": name,
        "tags": [tag],
        "summary": summary,
        "description": description,
        "security": [] if scopes is None else [{"bearer": list(scopes)}],
    }
    if parameters:
        found["parameters"] = list(parameters)
    if body is not None:
        found["requestBody"] = body
    return found | {"responses": responses}
