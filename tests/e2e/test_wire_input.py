"""Bytes that are hardly HTTP, on a bare socket: never a 5xx for a request that is only wrong."""

import socket

import pytest

from tests.deployment import Deployment, Editor

ARTICLE = b"/v1/articles/9c1d9a3e-7a0a-4b7e-8c6e-6f0b1f1a0799"


def ask(deployment: Deployment, request: bytes) -> tuple[int, bytes]:
    """Send the bytes and nothing more; return the status and all that came."""
    with socket.create_connection(("127.0.0.1", deployment.port), timeout=60) as connection:
        connection.sendall(request)
        answer = b""
        while piece := _some(connection):
            answer += piece
    assert answer.startswith(b"HTTP/1."), answer[:200]
    return int(answer.split(b" ", 2)[1]), answer


def _some(connection: socket.socket) -> bytes:
    try:
        return connection.recv(65536)
    except ConnectionResetError:  # the server had enough of a body that it did not read
        return b""


def request(method: bytes, target: bytes, *headers: bytes, body: bytes = b"") -> bytes:
    lines = [method + b" " + target + b" HTTP/1.1", b"Host: x", b"Connection: close", *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


BROKEN = {
    "no request line": (b"GARBAGE\r\n\r\n", 400),
    "no address": (b"GET\r\n\r\n", 400),
    "a method in small letters": (request(b"get", b"/"), 400),
    "a header without a colon": (request(b"GET", b"/", b"nonsense"), 400),
    "a blank before the colon": (request(b"GET", b"/", b"X : y"), 400),
    "a control character in a header": (request(b"GET", b"/", b"X: \x01"), 400),
    "300 KB of headers": (request(b"GET", b"/", b"X: " + b"a" * 300_000), 431),
    "bytes outside ASCII in the query": (request(b"GET", b"/api/search?q=\xff"), 400),
    "a length below zero": (request(b"PUT", ARTICLE, b"Content-Length: -3"), 400),
    "two lengths": (request(b"PUT", ARTICLE, b"Content-Length: 2", b"Content-Length: 3"), 400),
    "2 GB announced": (request(b"PUT", ARTICLE, b"Content-Length: 2000000000"), 413),
    "a chunk without a size": (
        request(b"POST", b"/api/visits", b"Transfer-Encoding: chunked", body=b"zz\r\nabc"),
        400,
    ),
}


NGINX = {
    "a header without a colon": 200,
    "a control character in a header": 200,
    "300 KB of headers": 400,
    "a token of 50 KB": 400,
}
"""Where the gateway answers otherwise: what is no header it leaves out."""


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_http_is_answered_with_what_is_wrong(deployment: Deployment, name: str) -> None:
    sent, status = BROKEN[name]
    if deployment.kind == "servers":
        status = NGINX.get(name, status)
    assert ask(deployment, sent)[0] == status


def test_a_transfer_coding_that_nobody_knows_is_the_501_that_http_asks_for(
    deployment: Deployment,
) -> None:
    sent = request(b"POST", b"/api/visits", b"Transfer-Encoding: gzip")
    assert ask(deployment, sent)[0] == 501


def test_a_body_in_chunks_without_a_length_is_read_like_any_other(deployment: Deployment) -> None:
    chunked = b"Transfer-Encoding: chunked"
    good = request(b"POST", b"/api/visits", chunked, body=b'c\r\n{"path":"/"}\r\n0\r\n\r\n')
    assert ask(deployment, good)[0] == 202
    bad = request(b"POST", b"/api/visits", chunked, body=b"3\r\n[1]\r\n0\r\n\r\n")
    assert ask(deployment, bad)[0] == 422


QUERIES = {
    "a surrogate": b"%ed%a0%80",
    "no UTF-8": b"%ff%fe",
    "NUL": b"%00",
    "half an escape": b"%a",
    "no escape": b"%zz",
    "5,000 digits": b"9" * 5000,
    "digits of another script": b"%D9%A1",
    "5,000 ampersands": b"&" * 5000,
    "separators": b"=;&=&&;",
}
PARAMETERS = {
    b"/api/search": (b"q", b"from", b"category", b"sort", b"page", b"per_page", b"x"),
    b"/api/suggest": (b"q", b"x"),
    b"/api/visits": (b"path", b"x"),
    b"/api/visits.svg": (b"path", b"x"),
    b"/tim-kiem": (b"q", b"from", b"page"),
    b"/v1/articles": (b"state", b"category", b"cursor", b"limit", b"updated_since", b"x"),
}


@pytest.mark.parametrize("kind", QUERIES)
@pytest.mark.parametrize("path", PARAMETERS, ids=bytes.decode)
def test_any_bytes_as_a_parameter_are_answered_below_500(
    deployment: Deployment, editor: Editor, path: bytes, kind: str
) -> None:
    token = editor.http.headers["Authorization"].encode()
    for name in PARAMETERS[path]:
        given = name + b"=" + QUERIES[kind]
        for query in (given, given + b"&" + given, QUERIES[kind] + b"=1"):
            sent = request(b"GET", path + b"?" + query, b"Authorization: " + token)
            status, answer = ask(deployment, sent)
            assert status in {200, 422}, answer[:300]


BODIES = {
    "a lone surrogate": rb'{"path": "\ud800"}',
    "a lone surrogate as a name": rb'{"\udfff": 1}',
    "a surrogate in UTF-8": b'{"\xed\xa0\x80": 1}',
    "NaN": b'{"path": NaN}',
    "a number of 5,000 digits": b'{"path": ' + b"9" * 5000 + b"}",
    "5,000 brackets": b"[" * 5000,
    "NUL": b"\0",
    "nothing": b"",
}
KINDS = (
    b"application/json",
    b"application/json; charset=nonsense",
    b"multipart/form-data",
    b"multipart/form-data; boundary=x",
    b"application/x-www-form-urlencoded",
    b"\xff",
    b"",
)
TARGETS = (
    (b"PUT", ARTICLE),
    (b"POST", ARTICLE + b"/publish"),
    (b"POST", ARTICLE + b"/unpublish"),
    (b"PUT", b"/v1/categories/x"),
    (b"POST", b"/v1/import"),
    (b"POST", b"/api/visits"),
    (b"PUT", b"/v1/media/9c1d9a3e-7a0a-4b7e-8c6e-6f0b1f1a0799"),
)


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize(("method", "path"), TARGETS)
def test_any_bytes_as_a_body_of_any_kind_are_answered_below_500(
    deployment: Deployment, editor: Editor, method: bytes, path: bytes, name: str
) -> None:
    token = editor.http.headers["Authorization"].encode()
    for kind in KINDS:
        length = b"Content-Length: %d" % len(BODIES[name])
        headers = (b"Authorization: " + token, b"Content-Type: " + kind, length)
        status, answer = ask(deployment, request(method, path, *headers, body=BODIES[name]))
        assert 200 <= status < 500, answer[:300]
        assert status not in {201, 202}, "nothing of it is good"


TOKENS = {
    "nothing": b"",
    "only the scheme": b"Bearer",
    "a byte outside ASCII": b"Bearer \xff",
    "a token of 50 KB": b"Bearer " + b"a" * 50_000,
    "a word": b"x",
}


@pytest.mark.parametrize("name", TOKENS)
def test_any_bytes_as_a_token_are_refused(deployment: Deployment, name: str) -> None:
    sent = request(b"GET", b"/v1/articles", b"Authorization: " + TOKENS[name])
    status, answer = ask(deployment, sent)
    if deployment.kind == "servers" and name in NGINX:
        assert status == NGINX[name]
        return
    assert status == 401
    assert b"application/problem+json" in answer


def test_a_method_that_an_address_does_not_take_is_told_which_it_does(
    deployment: Deployment,
) -> None:
    answered_by_nginx = {"TRACE"} if deployment.kind == "servers" else set()
    for method in {"PATCH", "DELETE", "TRACE"} - answered_by_nginx:
        answer = deployment.http.request(method, "/api/search")
        assert answer.status_code == 405
        assert "GET" in answer.headers["allow"]
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "target",
    ["/v1/articles?limit=1&limit=2", "/api/search?page=1&page=1", "/api/visits?path=/&path=/"],
)
def test_a_parameter_given_twice_is_refused_by_name(editor: Editor, target: str) -> None:
    answer = editor.http.get(target)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"].strip("/") in target
