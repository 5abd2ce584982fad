"""The collector: takes views in over HTTP and answers with the totals.

A 202 means that the view is durable in the queue. Nothing about a reader is kept but the visitor's
hash of the day; no cookie is set and no address is logged.
"""

import contextlib
import json
from dataclasses import asdict
from typing import Final
from uuid import UUID, uuid4

from flask import Blueprint, Flask, Response, request
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy.exc import SQLAlchemyError

from services.visits import bots, picture
from services.visits.counting import SITE, local_day
from services.visits.limiter import Limiter
from services.visits.paths import canonical
from services.visits.readings import Readings
from services.visits.visitors import Network, Visitors, client_address
from shared import http
from shared.bus import BusUnavailable, Publisher
from shared.clock import Clock
from shared.contracts.events import PageViewed, new_event
from shared.http import FieldError, Kind, Problem

LARGEST_BODY: Final = 8 * 1024
_SOURCE = "/visits/collector"
_AGAIN_SECONDS = 2


class Beacon(BaseModel):
    """What a page sends. ``referrer`` is taken so that pages may send it, and not kept."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    id: UUID | None = None
    referrer: str | None = None


class Taker:
    """Puts views into the queue."""

    def __init__(
        self,
        publisher: Publisher,
        visitors: Visitors,
        limiter: Limiter,
        clock: Clock,
        trusted: tuple[Network, ...],
    ) -> None:
        self._publisher = publisher
        self._visitors = visitors
        self._limiter = limiter
        self._clock = clock
        self._trusted = trusted

    def admit(self) -> str:
        """Return the client's address, or raise the 429."""
        address = client_address(
            request.environ.get("REMOTE_ADDR", ""),
            request.headers.getlist("X-Forwarded-For"),
            self._trusted,
        )
        wait = self._limiter.wait(address)
        if wait is not None:
            raise Problem(
                Kind.TOO_MANY,
                "Too many views come from this network; please wait.",
                headers={"Retry-After": str(wait)},
            )
        return address

    def take(self, view_id: UUID, path: str, address: str) -> None:
        """Return once the view is durable in the queue; otherwise raise the 503."""
        now = self._clock()
        agent = request.headers.get("User-Agent", "")
        try:
            view = PageViewed(
                id=view_id,
                path=path,
                received_at=now,
                visitor=self._visitors.name(address, agent, local_day(now)),
                filtered=bots.filtered(agent, request.headers.get("Sec-Purpose", "")),
            )
            event = new_event(view, subject=str(view_id), source=_SOURCE, time=now)
            self._publisher.publish([event])
        except (BusUnavailable, SQLAlchemyError, OSError) as error:
            raise _unavailable("The view cannot be taken now; send it again.") from error


def collector(taker: Taker, readings: Readings) -> Blueprint:
    blueprint = Blueprint("visits", __name__, url_prefix="/api")

    @blueprint.post("/visits")
    def take() -> ResponseReturnValue:
        """202: the view is safely queued. The same id again is the same view."""
        address = taker.admit()
        beacon = _beacon(request.get_data(cache=False))
        view_id = beacon.id or uuid4()
        taker.take(view_id, _page(beacon.path, "/path"), address)
        return _json({"id": str(view_id), "status": "queued"}, 202, "no-store")

    @blueprint.get("/visits")
    def show() -> ResponseReturnValue:
        """200: totals of the site, or with ``path`` of one page."""
        path = _only_path()
        page = SITE if path is None else _page(path, "path")
        try:
            reading = readings.get(page)
        except (SQLAlchemyError, OSError) as error:
            raise _unavailable("The totals cannot be read now.") from error
        as_of = reading.as_of.isoformat(timespec="milliseconds")
        return _json({**asdict(reading.totals), "as_of": as_of}, 200, "max-age=1")

    @blueprint.get("/visits.svg")
    def show_picture() -> ResponseReturnValue:
        """200, whatever becomes of the view: a page never shows a broken picture."""
        path = _only_path()
        if path is None:
            raise _wrong("path", "Say which page it stands on.")
        page = _page(path, "path")
        if request.method == "GET":
            with contextlib.suppress(Problem):
                taker.take(uuid4(), page, taker.admit())
        try:
            totals = readings.get().totals
        except (SQLAlchemyError, OSError):
            totals = None
        answer = Response(picture.draw(totals), content_type="image/svg+xml; charset=utf-8")
        answer.headers["Cache-Control"] = "no-store"
        return answer

    return blueprint


def build(taker: Taker, readings: Readings) -> Flask:
    """Return the application; it answers only the paths above."""
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    http.install(app, "visits")
    app.register_blueprint(collector(taker, readings))
    return app


def _beacon(body: bytes) -> Beacon:
    """Read the body as JSON whatever type it claims to be: sendBeacon says text/plain."""
    try:
        return Beacon.model_validate_json(body)
    except ValidationError as error:
        if error.errors(include_url=False, include_input=False)[0]["type"] == "json_invalid":
            raise Problem(Kind.MALFORMED, "The body is not JSON.") from error
        raise http.invalid(error) from error


def _page(path: str, pointer: str) -> str:
    found = canonical(path)
    if found is None:
        raise _wrong(pointer, "This is not the address of a page of this site.")
    return found


def _only_path() -> str | None:
    """Return the parameter ``path``; refuse any other, and a second one."""
    unknown = sorted(set(request.args) - {"path"})
    if unknown:
        raise _wrong(unknown[0], "There is no such parameter.")
    given = request.args.getlist("path")
    if len(given) > 1:
        raise _wrong("path", "Give it once.")
    return given[0] if given else None


def _wrong(pointer: str, detail: str) -> Problem:
    return Problem(Kind.INVALID, detail, errors=(FieldError(pointer, detail),))


def _unavailable(detail: str) -> Problem:
    return Problem(Kind.UNAVAILABLE, detail, headers={"Retry-After": str(_AGAIN_SECONDS)})


def _json(body: dict[str, object], status: int, cache: str) -> Response:
    answer = Response(json.dumps(body), status, content_type="application/json")
    answer.headers["Cache-Control"] = cache
    return answer
