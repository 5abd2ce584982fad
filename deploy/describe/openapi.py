"""The HTTP API as an OpenAPI 3.1 document (https://spec.openapis.org/oas/v3.1.1). Pure."""

from typing import Final

from deploy.describe import ingest, parts, pictures, readers, schemas
from deploy.describe.form import Json

_INTRODUCTION: Final = """\
Bản Tin is the news system of a public-sector portal. Editors and other systems publish \
through `/v1`; readers' pages search through `/api/search` and are counted through `/api/visits`.

An answer that says that something was saved is true: it is on disk. Nothing that was accepted \
is lost, and every call may be repeated.

Moments are RFC 3339 with a zone. An article's date everywhere is its `contentCreated`, as a day \
in Vietnam time.

Every error is a problem as in RFC 9457, of one of the types listed under Problems. Bytes that \
are no HTTP request at all are answered by the server itself, in plain text: 400, 413 over 1 GiB, \
431 for headers over 256 KiB, 501 for a transfer coding other than chunked. A method that an \
address does not take is a 405."""

_TAGS: Final = {
    "Articles": "Drafts, publishing, taking back, history, import.",
    "Categories": "Their names and their order.",
    "Pictures": "Sent by editors, read by everybody.",
    "Search": "For readers: no token is needed.",
    "Visits": "For readers: no token is needed.",
    "Documentation": "This document.",
}


def document() -> Json:
    """Return the document."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "Bản Tin", "version": "1", "description": _INTRODUCTION},
        "servers": [{"url": "/", "description": "Below the one front door."}],
        "tags": [{"name": name, "description": what} for name, what in _TAGS.items()],
        "paths": ingest.paths() | pictures.paths() | readers.paths(),
        "components": {
            "securitySchemes": {"bearer": _bearer()},
            "responses": parts.problem_responses(),
            "schemas": schemas.components(),
        },
    }


def _bearer() -> Json:
    return {
        "type": "http",
        "scheme": "bearer",
        "description": "A token with scopes: `draft`, `publish`, `admin`; none includes another. "
        "`make token` prints one. It is shown once, and may expire or be revoked.",
    }
