"""``/v1/media``, where pictures come in, and ``/media``, where readers get them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, Response, request, send_file

from services.ingest.api.requests import Gate, answer, read_body
from services.ingest.media import OtherPicture, save_media
from services.ingest.pictures import BrokenPictureError, NotAPictureError, TooManyPixelsError
from services.ingest.records import Media
from services.ingest.store.files import Files
from services.ingest.store.store import Store
from services.ingest.store.tokens import Scope
from shared.http import FieldError, Kind, Problem

_LIMIT: Final = 20 * 1024 * 1024
_YEAR: Final = 31_536_000
_NEUTRAL: Final = {"", "application/octet-stream", "application/x-www-form-urlencoded"}
"""What clients say that say nothing: the last is what curl sends unasked."""


def _shown(media: Media) -> dict[str, Any]:
    return {
        "id": str(media.id),
        "href": media.href,
        "media_type": media.media_type,
        "width": media.width,
        "height": media.height,
        "renditions": [file.model_dump() for file in media.files],
    }


def blueprint(store: Store, files: Files, gate: Gate, *, pixels: int) -> Blueprint:
    """Return the route for editors; it needs the scope ``draft``."""
    routes = Blueprint("media", __name__, url_prefix="/v1/media")
    routes.before_request(gate.need(Scope.DRAFT))

    @routes.put("/<uuid:media_id>")
    def put_media(media_id: UUID) -> Response:
        """201 or 200: the picture and every rendition are on disk."""
        declared = request.mimetype
        if declared not in _NEUTRAL and not declared.startswith("image/"):
            raise Problem(
                Kind.MEDIA_TYPE, f"Send the picture's bytes as the body, not {declared[:100]}."
            )
        with _refusals():
            saved = save_media(store, files, media_id, read_body(_LIMIT), pixels)
        return answer(_shown(saved.media), 201 if saved.created else 200)

    @routes.get("/<uuid:media_id>")
    def get_media(media_id: UUID) -> Response:
        return answer(_shown(_known(store, media_id)))

    return routes


def public_blueprint(store: Store, files: Files) -> Blueprint:
    """Return the routes for readers. What is at an address never changes, so it may be kept."""
    routes = Blueprint("public_media", __name__, url_prefix="/media")

    @routes.get("/<uuid:media_id>")
    @routes.get("/<uuid:media_id>/<name>")
    def get_file(media_id: UUID, name: str = "original") -> Response:
        media = _known(store, media_id)
        file = next((file for file in media.files if file.name == name), None)
        if file is None:
            raise Problem(Kind.NOT_FOUND, "The picture has no such rendition.")
        response = send_file(
            files.path(media.digest, file.name).resolve(),
            mimetype=file.media_type,
            conditional=True,
            etag=f"{media.digest[:20]}-{file.name}",
            max_age=_YEAR,
        )
        response.cache_control.public = True
        response.cache_control.immutable = True
        return response

    return routes


def _known(store: Store, media_id: UUID) -> Media:
    found = store.media(media_id)
    if found is None:
        raise Problem(Kind.NOT_FOUND, "There is no such picture.")
    return found


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except NotAPictureError as error:
        raise Problem(Kind.MEDIA_TYPE, f"The bytes are no picture: {error}.") from error
    except TooManyPixelsError as error:
        raise Problem(Kind.TOO_LARGE, f"The picture is too large: {error}.") from error
    except BrokenPictureError as error:
        wrong = FieldError("", str(error)[:300])
        raise Problem(Kind.INVALID, "The picture is broken.", errors=(wrong,)) from error
    except OtherPicture as error:
        detail = "This uuid belongs to another picture, which never changes; use a new uuid."
        raise Problem(Kind.CONFLICT, detail) from error
