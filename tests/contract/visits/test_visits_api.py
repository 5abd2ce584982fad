import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from xml.etree import ElementTree as ET

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from services.visits.bootstrap import build_app
from services.visits.consumer import handle
from services.visits.settings import Settings
from services.visits.store import Store
from shared.bus import BusUnavailable
from shared.contracts.events import Event, PageViewed, decode
from tests.factories import NOON, an_id

ARTICLE = "/tin/cau-ben-da-3xk5n2q7ab/"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
START = 9_827_966


class MemoryBus:
    """Takes events as the bus does, through their wire form; may be down."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.down = False

    def publish(self, events: Sequence[Event], *, bulk_for: str | None = None) -> None:
        assert bulk_for is None
        if self.down:
            raise BusUnavailable("the disk is full")
        self.events += [decode(event.encode()) for event in events]

    @property
    def views(self) -> list[PageViewed]:
        return [event.data for event in self.events]


class World:
    """A collector over a store, with a clock and a reader's browser."""

    def __init__(self, store: Store, folder: Path, **given: Any) -> None:
        self.now = NOON
        self.bus = MemoryBus()
        self.store = store
        self.settings = Settings(_env_file=None, data_dir=folder, visits_start=START, **given)
        self.client: FlaskClient = build_app(
            self.settings, bus=self.bus, store=store, now=lambda: self.now, fresh=0
        ).test_client()

    def post(
        self, body: Any, *, peer: str = "203.0.113.9", agent: str = FIREFOX, **headers: str
    ) -> TestResponse:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.client.post(
            "/api/visits",
            data=data,
            environ_base={"REMOTE_ADDR": peer},
            headers={"User-Agent": agent, **{k.replace("_", "-"): v for k, v in headers.items()}},
        )

    def get(self, path: str, *, peer: str = "203.0.113.9", agent: str = FIREFOX) -> TestResponse:
        return self.client.get(
            path, environ_base={"REMOTE_ADDR": peer}, headers={"User-Agent": agent}
        )

    def count(self) -> None:
        """Let the counter work off the queue."""
        handle(self.bus.events, self.store, lambda: self.now)
        self.bus.events.clear()


@pytest.fixture
def world(store: Store, tmp_path: Path) -> World:
    return World(store, tmp_path)


def problem(answer: TestResponse) -> tuple[int, str, list[str]]:
    assert answer.content_type == "application/problem+json"
    body = answer.get_json(force=True)
    assert body["status"] == answer.status_code
    return (
        answer.status_code,
        body["type"].rpartition(":")[2],
        [error["pointer"] for error in body.get("errors", [])],
    )


def test_a_beacon_is_accepted_once_it_is_queued(world: World) -> None:
    answer = world.post({"path": ARTICLE, "id": str(an_id(1)), "referrer": "https://a.vn/"})
    assert answer.status_code == 202
    assert answer.get_json() == {"id": str(an_id(1)), "status": "queued"}
    (view,) = world.bus.views
    assert (view.id, view.path, view.received_at, view.filtered) == (an_id(1), ARTICLE, NOON, None)
    assert "Set-Cookie" not in answer.headers


def test_a_text_beacon_is_taken_as_json_is(world: World) -> None:
    answer = world.post({"path": "/"}, Content_Type="text/plain;charset=UTF-8")
    assert answer.status_code == 202
    assert world.bus.views[0].id == UUID(answer.get_json()["id"])


def test_a_query_is_never_kept(world: World) -> None:
    world.post({"path": "/tim-kiem?q=chuy%E1%BB%87n+ri%C3%AAng"})
    assert world.bus.views[0].path == "/tim-kiem"
    assert b"ri%C3%AAng" not in world.bus.events[0].encode()


def test_no_address_and_no_user_agent_travels(world: World) -> None:
    world.post({"path": "/", "referrer": "https://a.vn/x"}, peer="203.0.113.77")
    sent = world.bus.events[0].encode()
    for secret in (b"203.0.113", b"Firefox", b"a.vn"):
        assert secret not in sent


def test_the_same_beacon_again_counts_once(world: World) -> None:
    for _ in range(3):
        assert world.post({"path": "/", "id": str(an_id(1))}).status_code == 202
    world.count()
    assert world.get("/api/visits").get_json()["total"] == START + 1


def test_totals_of_the_site_hold_the_starting_total_and_those_of_a_page_do_not(
    world: World,
) -> None:
    world.post({"path": ARTICLE})
    world.post({"path": "/"}, peer="203.0.113.10")
    world.count()
    answer = world.get("/api/visits")
    assert answer.get_json() == {
        "total": START + 2,
        "current": 2,
        "today": 2,
        "yesterday": 0,
        "this_month": 2,
        "as_of": "2026-03-14T05:00:00.000+00:00",
    }
    assert answer.headers["Cache-Control"] == "max-age=1"
    page = world.get(f"/api/visits?path={ARTICLE}").get_json()
    assert (page["total"], page["current"]) == (1, 1)


@pytest.mark.parametrize("agent", ["", "curl/8.5.0", "Googlebot/2.1"])
def test_a_bot_is_accepted_and_counted_apart(world: World, agent: str) -> None:
    assert world.post({"path": "/"}, agent=agent).status_code == 202
    world.count()
    assert world.get("/api/visits").get_json()["total"] == START
    assert world.store.filtered() == {"bot": 1}


def test_a_page_fetched_ahead_is_counted_apart(world: World) -> None:
    assert world.post({"path": "/"}, Sec_Purpose="prefetch;prerender").status_code == 202
    assert world.bus.views[0].filtered == "prefetch"


def test_a_reader_has_another_name_the_next_day(world: World) -> None:
    world.post({"path": "/"})
    world.now += timedelta(days=1)
    world.post({"path": "/"})
    first, second = world.bus.views
    assert first.visitor != second.visitor


def test_the_salt_survives_a_restart_so_that_a_reader_stays_one(
    world: World, tmp_path: Path
) -> None:
    world.post({"path": "/"})
    again = World(world.store, tmp_path)
    again.post({"path": "/"})
    assert again.bus.views[0].visitor == world.bus.views[0].visitor


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b"", (400, "malformed", [])),
        (b"{", (400, "malformed", [])),
        (b"\xff\xfe\x00", (400, "malformed", [])),
        (b'{"path": "\\ud800"}', (400, "malformed", [])),
        (b"[" * 5000, (400, "malformed", [])),
        (b"null", (422, "invalid", [""])),
        (b"[]", (422, "invalid", [""])),
        ({}, (422, "invalid", ["/path"])),
        ({"path": 5}, (422, "invalid", ["/path"])),
        ({"path": "/nowhere"}, (422, "invalid", ["/path"])),
        ({"path": "https://evil.example/"}, (422, "invalid", ["/path"])),
        ({"path": "/", "id": "7"}, (422, "invalid", ["/id"])),
        ({"path": "/", "id": 7}, (422, "invalid", ["/id"])),
        ({"path": "/", "referrer": []}, (422, "invalid", ["/referrer"])),
        ({"path": "/", "a/b~": 1}, (422, "invalid", ["/a~1b~0"])),
        ({"path": "/", "referrer": "x" * 8192}, (413, "too-large", [])),
    ],
)
def test_nonsense_is_refused_with_a_reason_and_queues_nothing(
    world: World, body: Any, found: tuple[int, str, list[str]]
) -> None:
    assert problem(world.post(body)) == found
    assert world.bus.events == []


@pytest.mark.parametrize(
    "query", ["q=1", "path=/&x=1", "path=/&path=/", "path=/nowhere", "path=", "path=%00"]
)
def test_wrong_parameters_are_refused(world: World, query: str) -> None:
    for where in ("/api/visits", "/api/visits.svg"):
        assert problem(world.get(f"{where}?{query}"))[:2] == (422, "invalid")
    assert world.bus.events == []


def test_a_picture_must_say_which_page_it_stands_on(world: World) -> None:
    assert problem(world.get("/api/visits.svg")) == (422, "invalid", ["path"])


def test_it_answers_only_its_own_paths_and_methods(world: World) -> None:
    assert problem(world.client.get("/"))[:2] == (404, "not-found")
    assert problem(world.client.delete("/api/visits"))[:2] == (405, "method-not-allowed")


def test_a_full_queue_is_a_503_that_says_when_to_come_again(world: World) -> None:
    world.bus.down = True
    answer = world.post({"path": "/", "id": str(an_id(1))})
    assert problem(answer) == (503, "unavailable", [])
    assert int(answer.headers["Retry-After"]) > 0
    world.bus.down = False
    assert world.post({"path": "/", "id": str(an_id(1))}).status_code == 202
    world.count()
    assert world.get("/api/visits").get_json()["total"] == START + 1


def test_without_its_database_it_answers_503_and_the_picture_shows_dashes(
    broken: Store, tmp_path: Path
) -> None:
    world = World(broken, tmp_path)
    assert problem(world.post({"path": "/"}))[:2] == (503, "unavailable")
    answer = world.get("/api/visits")
    assert problem(answer)[:2] == (503, "unavailable")
    assert "Retry-After" in answer.headers
    picture = world.get("/api/visits.svg?path=/")
    assert picture.status_code == 200
    assert "Truy cập tổng: –" in picture.text


def test_the_picture_counts_the_view_and_shows_the_totals_in_vietnamese(world: World) -> None:
    world.post({"path": "/"})
    world.count()
    answer = world.get(f"/api/visits.svg?path={ARTICLE}")
    assert answer.status_code == 200
    assert answer.content_type == "image/svg+xml; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    assert world.bus.views[0].path == ARTICLE
    root = ET.fromstring(answer.text)  # noqa: S314 - our own picture
    texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert texts == ["Truy cập tổng", "Truy cập hiện tại", "9.827.967", "1"]


def test_every_picture_is_a_view_of_its_own(world: World) -> None:
    for _ in range(2):
        world.get("/api/visits.svg?path=/")
    world.client.head("/api/visits.svg?path=/", headers={"User-Agent": FIREFOX})
    world.count()
    assert world.get("/api/visits").get_json()["total"] == START + 2


def test_a_picture_for_a_bot_is_counted_apart(world: World) -> None:
    world.get("/api/visits.svg?path=/", agent="Googlebot-Image/1.0")
    assert world.bus.views[0].filtered == "bot"


def test_the_picture_shows_the_totals_when_the_queue_is_down(world: World) -> None:
    world.bus.down = True
    assert "9.827.966" in world.get("/api/visits.svg?path=/").text


def test_a_network_above_its_rate_must_wait_and_others_need_not(
    store: Store, tmp_path: Path
) -> None:
    world = World(store, tmp_path, visits_rate=3)
    for last in (1, 2, 3):
        assert world.post({"path": "/"}, peer=f"203.0.113.{last}").status_code == 202
    answer = world.post({"path": "/"}, peer="203.0.113.4")
    assert problem(answer) == (429, "too-many-requests", [])
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert world.post({"path": "/"}, peer="203.0.114.1").status_code == 202
    assert len(world.bus.events) == 4
    assert world.get("/api/visits.svg?path=/", peer="203.0.113.4").status_code == 200
    assert len(world.bus.events) == 4


def test_an_ipv6_network_is_limited_together(store: Store, tmp_path: Path) -> None:
    world = World(store, tmp_path, visits_rate=1)
    assert world.post({"path": "/"}, peer="2001:db8::1").status_code == 202
    assert world.post({"path": "/"}, peer="2001:db8::2:3").status_code == 429
    assert world.post({"path": "/"}, peer="2001:db8:0:1::1").status_code == 202


def test_loopback_is_never_limited(store: Store, tmp_path: Path) -> None:
    world = World(store, tmp_path, visits_rate=1)
    for peer in ("127.0.0.1", "::1", "127.0.0.1"):
        assert world.post({"path": "/"}, peer=peer).status_code == 202


def test_a_forwarded_address_counts_only_when_a_trusted_proxy_says_it(
    store: Store, tmp_path: Path
) -> None:
    plain = World(store, tmp_path, visits_rate=1)
    assert plain.post({"path": "/"}, X_Forwarded_For="198.51.100.1").status_code == 202
    assert plain.post({"path": "/"}, X_Forwarded_For="192.0.2.1").status_code == 429
    behind = World(store, tmp_path, visits_rate=1, trusted_proxies="203.0.113.9, 10.0.0.0/8")
    assert behind.post({"path": "/"}, X_Forwarded_For="198.51.100.1").status_code == 202
    assert behind.post({"path": "/"}, X_Forwarded_For="192.0.2.1").status_code == 202
    made_up = "192.0.2.99, 192.0.2.1"
    assert behind.post({"path": "/"}, X_Forwarded_For=made_up).status_code == 429
    first, second = behind.bus.views
    assert first.visitor != second.visitor


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
BEACONS = st.one_of(
    st.binary(max_size=200),
    JSON.map(lambda value: json.dumps(value).encode()),
    st.fixed_dictionaries(
        {},
        optional={
            "path": JSON | st.sampled_from(["/", ARTICLE, "/tim-kiem?q=\x00"]),
            "id": JSON | st.uuids().map(str),
            "referrer": JSON,
            "\ud800": JSON,
        },
    ).map(lambda value: json.dumps(value).encode()),
)
HEADER = st.text(alphabet=st.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=60)
NONSENSE = settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@NONSENSE
@given(BEACONS, HEADER, HEADER, HEADER)
def test_nonsense_beacons_get_a_documented_answer(
    world: World, body: bytes, agent: str, content_type: str, purpose: str
) -> None:
    answer = world.post(body, agent=agent, Content_Type=content_type, Sec_Purpose=purpose)
    assert answer.status_code in {202, 400, 413, 422, 429}
    assert answer.get_json(force=True)


@NONSENSE
@given(st.dictionaries(st.sampled_from(["path", "q", "x"]) | st.text(), st.text(), max_size=3))
def test_nonsense_parameters_get_a_documented_answer(world: World, given: dict[str, str]) -> None:
    for where in ("/api/visits", "/api/visits.svg"):
        try:
            answer = world.client.get(where, query_string=given)
        except UnicodeEncodeError:  # the test client cannot say a lone surrogate
            return
        assert answer.status_code in {200, 422}
