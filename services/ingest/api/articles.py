"""``/v1/articles``: drafts, publishing, taking back, history."""

import json
from typing import Annotated, Any, Literal
from uuid import UUID

from flask import Blueprint, Response
from pydantic import AfterValidator, Field

from services.ingest.api.app import refused_problem
from services.ingest.api.requests import (
    Gate,
    Strict,
    answer,
    caller,
    checked,
    precondition,
    query,
    read_json,
    require,
)
from services.ingest.commands import SLUG, SLUG_LENGTH, Publish, Result, Unpublish
from services.ingest.drafting import discard, save_draft
from services.ingest.drafts import prepare
from services.ingest.edition import NONE, Refused, Why
from services.ingest.publishing import publish, unpublish
from services.ingest.records import Record
from services.ingest.store.store import Delivery, Store, Wanted, decode_cursor, encode_cursor
from services.ingest.store.tokens import Scope
from shared.contracts.article import Moment, one_line
from shared.contracts.events import UnpublishType
from shared.http import FieldError, Kind, Problem


def _no_article() -> Problem:
    return refused_problem(Refused(Why.NO_ARTICLE, NONE))


def _slug(value: str) -> str:
    if not SLUG.fullmatch(value):
        raise ValueError("a slug is words of a-z and 0-9 with single hyphens between them")
    return value


def _location(value: str) -> str:
    path = value.startswith("/") and not value.startswith(("//", "/\\"))
    if " " in value or not (path or value.startswith(("http://", "https://"))):
        raise ValueError("where readers are sent is a path or http(s)://…")
    return value


Slug = Annotated[str, Field(max_length=SLUG_LENGTH), AfterValidator(_slug)]
Line = Annotated[str, AfterValidator(one_line), Field(max_length=2000)]


class PublishBody(Strict):
    at: Moment | None = None
    slug: Slug | None = None
    update_type: Literal["major", "minor"] = "major"
    change_note: Line | None = None


class UnpublishBody(Strict):
    type: UnpublishType
    location: Annotated[Line, AfterValidator(_location)] | None = None
    explanation: Line | None = None


class GetQuery(Strict):
    state: Literal["draft", "live"] | None = None


class ListQuery(Strict):
    state: Literal["draft", "scheduled", "published", "unpublished", "live"] | None = None
    category: Annotated[str, Field(pattern=r"^[^\x00]*$")] | None = None
    """Whatever is no slug finds nothing; PostgreSQL cannot even be asked for a NUL."""
    updated_since: Moment | None = None
    cursor: str | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50


def summary(record: Record) -> dict[str, Any]:
    """Return what every answer says of an article; moments in UTC, null while there is none."""
    return {
        "id": str(record.id),
        "version": record.version,
        "edition": record.edition,
        "state": record.state,
        "url": record.url,
        "title": record.title,
        "category": record.category,
        "draft": record.draft_edition is not None,
        "live": record.facts.standing == "live",
        "scheduled_at": record.scheduled_at,
        "unpublish": None
        if record.unpublish_type is None
        else {
            "type": record.unpublish_type,
            "location": record.location,
            "explanation": record.explanation,
        },
        "first_published_at": record.first_published_at,
        "created_at": record.created_at,
        "updated_at": record.changed_at,
    }


def etag(record: Record) -> dict[str, str]:
    return {"ETag": f'"{record.version}"'}


def _told(result: Result) -> Response:
    status = 201 if result.created else 200
    return answer(summary(result.record), status, etag(result.record))


def blueprint(store: Store, gate: Gate) -> Blueprint:
    """Return the routes; each needs a good token, and those that write the scope for it."""
    routes = Blueprint("articles", __name__, url_prefix="/v1/articles")
    routes.before_request(gate.enter)
    _reading(routes, store)
    _writing(routes, store)
    return routes


def _reading(routes: Blueprint, store: Store) -> None:
    @routes.get("")
    def list_articles() -> Response:
        asked = query(ListQuery)
        try:
            after = decode_cursor(asked.cursor) if asked.cursor is not None else None
        except ValueError:
            wrong = FieldError("/cursor", "was not given out by this list")
            raise Problem(Kind.INVALID, "The cursor is wrong.", errors=(wrong,)) from None
        wanted = Wanted(asked.state, asked.category, asked.updated_since, after, asked.limit + 1)
        found = store.page(wanted)
        shown = found[: asked.limit]
        more = encode_cursor(shown[-1]) if len(found) > asked.limit else None
        return answer({"articles": [summary(record) for record in shown], "cursor": more})

    @routes.get("/<uuid:article_id>")
    def get_article(article_id: UUID) -> Response:
        """Give the newest text, or with ``state`` the draft's or what readers get."""
        asked = query(GetQuery)
        record = store.record(article_id)
        if record is None:
            raise _no_article()
        number = _edition_for(record, asked.state)
        if number is None:
            raise Problem(Kind.NOT_FOUND, f"The article has no text that is {asked.state}.")
        edition = store.edition(article_id, number)
        body = summary(record) | {
            "edition": number,
            "article": json.loads(edition.body),
            "saved_at": edition.saved_at,
            "saved_by": edition.saved_by,
            "delivery": _delivery(store.delivery(record)),
        }
        return answer(body, 200, etag(record))

    @routes.get("/<uuid:article_id>/history")
    def get_history(article_id: UUID) -> Response:
        if store.record(article_id) is None:
            raise _no_article()
        entries = [
            {
                "version": entry.version,
                "action": entry.action,
                "edition": entry.edition,
                "who": entry.who,
                "at": entry.at,
                **entry.details,
                "delivery": _delivery(delivery),
            }
            for entry, delivery in store.history(article_id)
        ]
        return answer({"id": str(article_id), "history": entries})


def _writing(routes: Blueprint, store: Store) -> None:
    @routes.put("/<uuid:article_id>")
    def put_draft(article_id: UUID) -> Response:
        """201 or 200: the draft is on disk. Readers see nothing until it is published."""
        require(Scope.DRAFT)
        draft = prepare(read_json(), article_id)
        with store.unit() as unit:
            result = save_draft(unit, draft, caller().name, precondition())
        return _told(result)

    @routes.post("/<uuid:article_id>/publish")
    def publish_article(article_id: UUID) -> Response:
        """200: it is live, or scheduled, on disk; its event goes out at once, or when due."""
        require(Scope.PUBLISH)
        asked = checked(PublishBody, read_json(empty={}))
        how = Publish(
            who=caller().name,
            at=asked.at,
            slug=asked.slug,
            minor=asked.update_type == "minor",
            note=asked.change_note or None,
        )
        with store.unit() as unit:
            result = publish(unit, article_id, how, precondition())
        return _told(result)

    @routes.post("/<uuid:article_id>/unpublish")
    def unpublish_article(article_id: UUID) -> Response:
        """200: taken back, on disk; readers get 410, 301 or the banner within moments."""
        require(Scope.PUBLISH)
        asked = checked(UnpublishBody, read_json())
        redirects = asked.type is UnpublishType.REDIRECT
        if redirects != (asked.location is not None):
            detail = "is needed with a redirect" if redirects else "belongs to a redirect only"
            wrong = FieldError("/location", detail)
            raise Problem(Kind.INVALID, "1 field(s) are wrong.", errors=(wrong,))
        how = Unpublish(caller().name, asked.type, asked.location, asked.explanation or None)
        with store.unit() as unit:
            result = unpublish(unit, article_id, how, precondition())
        return _told(result)

    @routes.delete("/<uuid:article_id>/draft")
    def discard_draft(article_id: UUID) -> Response:
        """204: the schedule is cancelled, or else the draft is gone; the history keeps it."""
        require(Scope.DRAFT)
        with store.unit() as unit:
            result = discard(unit, article_id, caller().name, precondition())
        return Response(status=204, headers=etag(result.record))


def _edition_for(record: Record, state: str | None) -> int | None:
    if state == "live":
        return record.live_edition if record.facts.standing == "live" else None
    if state == "draft":
        return record.draft_edition or record.scheduled_edition
    return record.newest_edition


def _delivery(delivery: Delivery) -> dict[str, Any]:
    return {
        "accepted": delivery.accepted,
        "indexed": delivery.indexed,
        "rendered": delivery.rendered,
    }
