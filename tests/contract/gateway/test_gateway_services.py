"""Services behind the gateway: who they hear of, what reaches them, and what does not."""

import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.contract.gateway.conftest import CONNECTIONS, TRUSTED
from tests.contract.gateway.harness import Behind, Gateway, client, closes, settings_of
from tests.deployment import wait_for
from tests.servers.reporting import started

MIB = 1024 * 1024
VIEW = {"path": "/"}


@pytest.fixture
def ingest(services: dict[str, Behind]) -> Behind:
    return services["INGEST_API"]


def _problem(answer: httpx.Response, status: int, name: str) -> bool:
    kind = answer.headers["Content-Type"].split(";")[0]
    assert (answer.status_code, kind) == (status, "application/problem+json")
    assert answer.json()["status"] == status
    return bool(answer.json()["type"] == f"urn:bantin:problem:{name}")


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("INGEST_API", "/v1/articles?limit=2"),
        ("INGEST_API", "/docs/"),
        ("INGEST_API", "/media/1/320"),
        ("SEARCH_WEB", "/api/search?q=h%E1%BB%8Dc%20ph%C3%AD"),
        ("SEARCH_WEB", "/api/suggest?q=h"),
        ("SEARCH_WEB", "/tim-kiem?q=a+b"),
        ("VISITS_COLLECTOR", "/api/visits.svg?path=/"),
        ("GRAFANA", "/grafana/d/abc?orgId=1"),
    ],
)
def test_a_path_goes_to_its_service_as_it_came(
    gateway: Gateway, services: dict[str, Behind], name: str, path: str
) -> None:
    assert gateway.raw("GET", path).status == 200
    assert services[name].last.path == path


def test_what_a_service_says_for_itself_is_kept_and_said_once(
    gateway: Gateway, ingest: Behind
) -> None:
    says = {
        "Content-Security-Policy": "default-src 'none'; style-src 'self'",
        "Cache-Control": "public, max-age=31536000, immutable",
        "X-Content-Type-Options": "nosniff",
        "ETag": '"7"',
    }
    ingest.says = says
    try:
        with client(gateway) as http:
            answer = http.get("/media/1/320", headers={"Accept-Encoding": "gzip"})
    finally:
        ingest.says = {}
    for name, value in says.items():
        assert answer.headers.get_list(name) == [value]


def test_an_answer_in_json_may_load_nothing_and_is_kept_only_if_its_service_says_so(
    gateway: Gateway,
) -> None:
    with client(gateway) as http:
        answer = http.get("/api/search")
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert answer.headers["Cache-Control"] == "no-store"


def test_an_address_that_a_reader_makes_up_counts_for_nothing(
    gateway: Gateway, services: dict[str, Behind]
) -> None:
    made_up = {
        "X-Forwarded-For": "198.51.100.7",
        "X-Real-IP": "198.51.100.7",
        "Forwarded": "for=198.51.100.7",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "https",
        "X-Request-Id": "mine",
    }
    with client(gateway, "127.0.0.2") as http:
        http.post("/api/visits", json=VIEW, headers=made_up)
    heard = services["VISITS_COLLECTOR"].last.headers
    assert heard.get_all("X-Forwarded-For") == ["127.0.0.2"]
    assert heard["X-Forwarded-Proto"] == "http"
    assert not any(heard[name] for name in ("X-Real-IP", "Forwarded", "X-Forwarded-Host"))
    assert heard["X-Request-Id"] != "mine"


def test_a_trusted_proxy_is_believed_as_far_as_it_wrote_itself(
    gateway: Gateway, services: dict[str, Behind]
) -> None:
    with client(gateway, TRUSTED) as http:
        chain = {"X-Forwarded-For": f"203.0.113.1, 198.51.100.7, {TRUSTED}"}
        http.post("/api/visits", json=VIEW, headers=chain)
    assert services["VISITS_COLLECTOR"].last.headers.get_all("X-Forwarded-For") == ["198.51.100.7"]


@pytest.mark.parametrize(
    ("address", "method", "path"),
    [
        ("127.0.0.11", "POST", "/api/visits"),
        ("127.0.0.12", "GET", "/api/search?q=a"),
        ("127.0.0.13", "PUT", "/v1/articles/1"),
        ("127.0.0.18", "GET", "/media/0f8fad5b-d9cb-469f-a165-70867728950e"),
    ],
)
def test_too_many_calls_of_one_address_are_refused_for_a_while(
    gateway: Gateway, address: str, method: str, path: str
) -> None:
    with client(gateway, address) as http:
        answers = (
            # A made-up address for each call makes nobody another reader.
            http.request(method, path, headers={"X-Forwarded-For": f"198.51.100.{number}"})
            for number in range(200)
        )
        taken = 0
        for answer in answers:
            if answer.status_code != 200:
                break
            taken += 1
        assert taken >= 10
        assert _problem(answer, 429, "too-many-requests")
        assert int(answer.headers["Retry-After"]) >= 1
        assert answer.headers["Cache-Control"] == "no-store"
        assert http.get("/").status_code == 200
    with client(gateway, "127.0.0.14") as http:
        assert http.request(method, path).status_code == 200


def test_too_many_searches_of_a_person_are_answered_with_a_page(gateway: Gateway) -> None:
    with client(gateway, "127.0.0.15") as http:
        answer = next(a for a in (http.get("/tim-kiem") for _ in range(200)) if a.is_error)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "1")
    assert "Quá nhiều yêu cầu" in answer.text
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; img-src")


def test_who_is_exempt_is_not_limited(gateway: Gateway) -> None:
    with client(gateway) as http:
        assert {http.get("/api/search").status_code for _ in range(30)} == {200}


def test_one_address_may_keep_only_so_many_calls_open(gateway: Gateway, ingest: Behind) -> None:
    ingest.released.clear()
    ingest.begun.clear()
    with client(gateway, "127.0.0.16") as http, ThreadPoolExecutor(CONNECTIONS) as pool:
        try:
            held = [pool.submit(http.get, "/v1/hold") for _ in range(CONNECTIONS)]
            wait_for(lambda: ingest.begun.count("/v1/hold") == CONNECTIONS)
            assert _problem(http.get("/api/visits"), 429, "too-many-requests")
        finally:
            ingest.released.set()
        assert {one.result().status_code for one in held} == {200}


@pytest.mark.parametrize(
    ("method", "path", "size", "is_taken"),
    [
        ("PUT", "/v1/articles/1", MIB, True),
        ("PUT", "/v1/articles/1", MIB + 1, False),
        ("PUT", "/v1/media/1", 2 * MIB, True),
        ("PUT", "/v1/media/1", 20 * MIB + 1, False),
        ("POST", "/v1/import", 3 * MIB, True),
        ("POST", "/api/visits", 64 * 1024 + 1, False),
        ("POST", "/api/search", 16 * 1024 + 1, False),
    ],
)
def test_a_body_may_be_as_long_as_its_call_needs(
    gateway: Gateway,
    services: dict[str, Behind],
    method: str,
    path: str,
    size: int,
    *,
    is_taken: bool,
) -> None:
    before = sum(len(one.seen) for one in services.values())
    with client(gateway) as http:
        answer = http.request(method, path, content=b"x" * size)
    if is_taken:
        assert (answer.status_code, len(services["INGEST_API"].last.body)) == (200, size)
    else:
        assert _problem(answer, 413, "too-large")
        assert sum(len(one.seen) for one in services.values()) == before


def test_an_import_is_passed_on_as_it_comes(gateway: Gateway, ingest: Behind) -> None:
    with socket.create_connection(("127.0.0.1", gateway.port)) as one:
        one.sendall(b"POST /v1/import?n=1 HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab")
        wait_for(lambda: "/v1/import?n=1" in ingest.begun)
        one.sendall(b"cd")
        assert one.recv(65536).startswith(b"HTTP/1.1 200")
    assert ingest.last.body == b"abcd"


@pytest.mark.parametrize(
    "said",
    [
        b"GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ",
        b"PUT /v1/articles/1 HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nab",
    ],
    ids=["headers", "body"],
)
def test_who_stops_in_the_middle_is_let_go(gateway: Gateway, ingest: Behind, said: bytes) -> None:
    before = len(ingest.begun)
    with socket.create_connection(("127.0.0.1", gateway.port)) as slow:
        slow.sendall(said)
        assert closes(slow)
    assert len(ingest.begun) == before


def test_connections_to_a_service_are_used_again(gateway: Gateway, ingest: Behind) -> None:
    before = len(ingest.seen)
    for _ in range(20):
        assert gateway.raw("GET", "/v1/articles").status == 200
    assert len({one.connection for one in ingest.seen[before:]}) == 1


def test_the_log_tells_of_a_request_without_telling_of_a_person(
    gateway: Gateway, services: dict[str, Behind]
) -> None:
    services["SEARCH_WEB"].says = {"X-Request-Id": "as-the-service-says-it"}
    try:
        with client(gateway, "127.0.0.17") as http:
            answer = http.get(
                "/api/search?q=private",
                headers={"User-Agent": "private", "Referer": "http://private/"},
            )
    finally:
        services["SEARCH_WEB"].says = {}
    (number,) = answer.headers.get_list("X-Request-Id")
    assert services["SEARCH_WEB"].last.headers["X-Request-Id"] == number
    line = gateway.logged(number)
    assert (line["network"], line["path"], line["status"]) == ("127.0.0.0", "/api/search", 200)
    assert "private" not in str(line)
    assert "127.0.0.17" not in str(line)


def test_grafana_keeps_its_own_policy_and_its_open_line(
    gateway: Gateway, services: dict[str, Behind]
) -> None:
    grafana = services["GRAFANA"]
    with client(gateway) as http:
        filled_in = http.get("/grafana/").headers["Content-Security-Policy"]
        grafana.says = {"Content-Security-Policy": "script-src 'nonce-1'"}
        own = http.get("/grafana/").headers.get_list("Content-Security-Policy")
        http.get("/grafana/api/live/ws", headers={"Connection": "Upgrade", "Upgrade": "websocket"})
        led = http.get("/grafana").headers["Location"]
    grafana.says = {}
    assert "frame-ancestors 'self'" in filled_in
    assert own == ["script-src 'nonce-1'"]
    heard = grafana.last.headers
    assert (heard["Upgrade"], heard["Connection"]) == ("websocket", "upgrade")
    assert led == "/grafana/"


@pytest.mark.parametrize(
    ("public", "expected"),
    [
        ("http://news.example", "grafana_session=1; Path=/grafana; HttpOnly"),
        ("https://news.example", "grafana_session=1; Path=/grafana; HttpOnly; Secure"),
    ],
)
def test_grafanas_cookies_are_for_https_alone_where_readers_use_it(
    services: dict[str, Behind], tmp_path: Path, public: str, expected: str
) -> None:
    """A proxy before the gateway may be what speaks TLS: the address decides, not a certificate."""
    settings = settings_of(services) | {"BANTIN_PUBLIC_URL": public}
    services["GRAFANA"].says = {"Set-Cookie": "grafana_session=1; Path=/grafana; HttpOnly"}
    try:
        with (
            started(lambda folder: Gateway(folder, settings), tmp_path) as gateway,
            client(gateway) as http,
        ):
            assert http.get("/grafana/").headers.get_list("Set-Cookie") == [expected]
    finally:
        services["GRAFANA"].says = {}
