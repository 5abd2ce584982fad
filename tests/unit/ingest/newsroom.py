"""A newsroom for tests: the real API on a real database, a clock and a bus of our own."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from services.ingest import bootstrap
from services.ingest.settings import Settings
from services.ingest.store.outbox import Outbox
from services.ingest.store.published import Published
from services.ingest.store.store import Store
from services.ingest.store.tokens import Scope, Tokens
from shared.bus import BusUnavailable
from shared.contracts.events import Event, decode
from shared.database import Database
from tests.factories import NOON, an_id


class SteppingClock:
    """Stands still until it is told to move; may be set back."""

    def __init__(self) -> None:
        self.moment = NOON

    def __call__(self) -> datetime:
        return self.moment

    def forward(self, **by: float) -> None:
        self.moment += timedelta(**by)


@dataclass
class RecordingBus:
    """Keeps what it was given; refuses while it is ``down``, or takes and then fails to confirm."""

    events: list[tuple[Event, str | None]] = field(default_factory=list)
    down: bool = False
    silent: bool = False

    def publish(self, events: Sequence[Event], *, bulk_for: str | None = None) -> None:
        if self.down:
            raise BusUnavailable("down")
        self.events += [(event, bulk_for) for event in events]
        if self.silent:
            raise BusUnavailable("taken, and never confirmed")


class Newsroom:
    """An API on a real database, somebody with a token, and what went into the outbox."""

    def __init__(self, settings: Settings, clock: SteppingClock) -> None:
        self.settings = settings
        self.clock = clock
        self.store = Store(Database(settings.ingest_database_url), clock=clock)
        self.outbox = Outbox(self.store.database)
        self.published = Published(self.store.database)
        self.tokens = Tokens(self.store.database, clock)
        self.app = bootstrap.build_app(settings, store=self.store)
        self.http: FlaskClient = self.app.test_client()
        self.token = self.tokens.create("Lan", frozenset(Scope))

    def call(self, method: str, path: str, **request: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.token}"} | request.pop("headers", {})
        return self.http.open(path, method=method, headers=headers, **request)

    def put(self, article_id: UUID, headers: dict[str, str] | None = None, **fields: Any) -> Any:
        path = f"/v1/articles/{article_id}"
        return self.call("PUT", path, json=document(**fields), headers=headers or {})

    def publish(self, article_id: UUID, **body: Any) -> TestResponse:
        return self.call("POST", f"/v1/articles/{article_id}/publish", json=body)

    def unpublish(self, article_id: UUID, kind: str = "gone", **body: Any) -> TestResponse:
        path = f"/v1/articles/{article_id}/unpublish"
        return self.call("POST", path, json={"type": kind} | body)

    def discard(self, article_id: UUID) -> TestResponse:
        return self.call("DELETE", f"/v1/articles/{article_id}/draft")

    def get(self, article_id: UUID, state: str | None = None) -> TestResponse:
        query = {"state": state} if state else {}
        return self.call("GET", f"/v1/articles/{article_id}", query_string=query)

    def category(self, slug: str, name: str, **fields: Any) -> TestResponse:
        return self.call("PUT", f"/v1/categories/{slug}", json={"name": name} | fields)

    def import_lines(self, *lines: object, query: str = "") -> list[dict[str, Any]]:
        raw = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
        return self.import_body(b"\n".join(raw), query)

    def import_body(self, body: bytes, query: str = "") -> list[dict[str, Any]]:
        answer = self.call("POST", f"/v1/import{query}", data=body)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return [json.loads(line) for line in answer.get_data().splitlines()]

    def sent(self) -> list[Event]:
        """Return every event in the outbox but the categories', the oldest first."""
        found = [decode(pending.body) for pending in self.outbox.pending(10_000)]
        return [event for event in found if "article" in event.type]


def document(title: str = "Khánh thành cầu Bến Đá", **fields: Any) -> dict[str, Any]:
    return {
        "type": "text",
        "language": "vi",
        "headlines": [{"value": title}],
        "descriptions": [{"role": "summary", "value": "Cây cầu nối hai thôn."}],
        "bodies": [{"contentType": "text/html", "value": f"<p>Nội dung: {title}.</p>"}],
        "contentCreated": "2026-03-14T08:00:00+07:00",
        "by": "Minh Châu",
        "infoSources": [{"name": "Đài truyền thanh xã"}],
        "subjects": [{"name": "tin-tuc"}, {"name": "cầu đường"}],
    } | fields


def line(number: int, title: str = "Tin nhập", **fields: Any) -> dict[str, Any]:
    return document(title, uri=f"urn:uuid:{an_id(number)}", **fields)


def is_problem(answer: TestResponse, status: int) -> dict[str, object]:
    assert answer.status_code == status, answer.get_data(as_text=True)
    assert answer.content_type == "application/problem+json"
    body: dict[str, object] = answer.get_json()
    assert body["status"] == status
    assert str(body["type"]).startswith("urn:bantin:problem:")
    return body
