"""The addresses of ingest for pictures and for the documentation. Pure."""

from typing import Final

from deploy.describe import examples
from deploy.describe.form import Json, text
from deploy.describe.parts import ETAG, answers, operation, path, told
from shared.http import Kind

_MEDIA_ID: Final = path("media_id", "The picture's uuid, chosen by the client.", examples.MEDIA_ID)
_WRITES: Final = (Kind.UNAUTHORIZED, Kind.FORBIDDEN)
_PICTURES: Final = "Pictures"


def paths() -> Json:
    """Return every path item."""
    return {
        "/v1/media/{media_id}": {"get": _media(), "put": _put_media()},
        "/media/{media_id}": {"get": _file("getPicture", "The picture")},
        "/media/{media_id}/{name}": {"get": _file("getRendition", "A rendition", named=True)},
        "/docs/": {"get": _docs()},
        "/docs/openapi.json": {"get": _document()},
        "/docs/style.css": {"get": _style()},
    }


def _media() -> Json:
    return operation(
        "describePicture",
        "Read what is known of a picture",
        "",
        answers({"200": told("The picture.", "Media", examples.MEDIA)}, *_WRITES, Kind.NOT_FOUND),
        tag=_PICTURES,
        scopes=("draft",),
        parameters=(_MEDIA_ID,),
    )


def _put_media() -> Json:
    kinds = ("image/jpeg", "image/png", "image/webp", "image/gif", "image/avif")
    binary = {"schema": text(format="binary")}
    return operation(
        "savePicture",
        "Send a picture",
        "The bytes are the body, at most 20 MiB; the type is found by looking, and metadata are "
        "taken out. A uuid keeps its picture for ever: other bytes are refused with 409.",
        answers(
            {
                "200": told("These bytes were there.", "Media", examples.MEDIA),
                "201": told("The picture and its files are durable.", "Media", examples.MEDIA),
            },
            *_WRITES,
            Kind.MALFORMED,
            Kind.NOT_FOUND,
            Kind.CONFLICT,
            Kind.TOO_LARGE,
            Kind.MEDIA_TYPE,
            Kind.INVALID,
        ),
        tag=_PICTURES,
        scopes=("draft",),
        parameters=(_MEDIA_ID,),
        body={"required": True, "content": dict.fromkeys(kinds, binary)},
    )


def _file(name: str, what: str, *, named: bool = False) -> Json:
    rendition = path("name", "`original`, `web`, `thumb`: those that it has.", "web")
    image = {"image/*": {"schema": text(format="binary")}}
    responses = {
        "200": {"description": "The bytes. They never change.", "content": image, "headers": ETAG},
        "206": {"description": "The bytes of `Range`.", "content": image},
        "304": {"description": "The reader has them (`If-None-Match`)."},
        "412": {"description": "`If-Match` names other bytes."},
    }
    return operation(
        name,
        what,
        "For everybody; may be kept for ever.",
        answers(responses, Kind.NOT_FOUND, Kind.RANGE),
        tag=_PICTURES,
        parameters=(_MEDIA_ID, rendition) if named else (_MEDIA_ID,),
    )


def _plain(name: str, summary: str, media_type: str) -> Json:
    found = {
        "200": {"description": summary, "content": {media_type: {"schema": {}}}},
        "304": {"description": "The reader has it (`If-None-Match`)."},
    }
    return operation(name, summary, "", answers(found), tag="Documentation")


def _docs() -> Json:
    return _plain("readDocs", "This document, for people", "text/html")


def _document() -> Json:
    return _plain("readOpenapi", "This document, for programs", "application/json")


def _style() -> Json:
    return _plain("readDocsStyle", "The look of the documentation", "text/css")
