"""Nonsense at the front door gets the contract's status and changes nothing."""

import json
from http.client import HTTPConnection
from uuid import uuid4

import httpx
import pytest

from tests.deployment import Deployment, Editor, document, wait_for


def _is_problem(answer: httpx.Response, status: int) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert problem["type"].startswith("urn:bantin:problem:")
    assert problem["detail"]


BAD_BODIES = {
    "broken JSON": (b'{"type": "text",', 400),
    "not UTF-8": (b'{"type": "\xff\xfe"}', 400),
    "unknown field": (json.dumps(document("a", nonsense=1)).encode(), 422),
    "date without a zone": (
        json.dumps(document("a", contentCreated="2026-03-14T08:00:00")).encode(),
        422,
    ),
    "unknown category": (json.dumps(document("a", subjects=[{"name": "không có"}])).encode(), 422),
    "a list": (b"[]", 422),
    "nothing": (b"", 400),
    "deep brackets": (b"[" * 100_000, 400),
    "20 MB": (b'"' + b"x" * 20_000_000 + b'"', 413),
}


@pytest.mark.parametrize(("body", "status"), BAD_BODIES.values(), ids=BAD_BODIES.keys())
def test_a_bad_article_is_refused_and_nothing_is_saved(
    editor: Editor, body: bytes, status: int
) -> None:
    article_id = uuid4()
    answer = editor.http.put(
        f"/v1/articles/{article_id}", content=body, headers={"Content-Type": "application/json"}
    )
    _is_problem(answer, status)
    if status == 422:
        assert all({"pointer", "detail"} <= set(e) for e in answer.json()["errors"])
    assert editor.http.get(f"/v1/articles/{article_id}").status_code == 404


def test_script_in_the_body_is_dropped_and_the_rest_kept(
    deployment: Deployment, editor: Editor
) -> None:
    article_id = uuid4()
    html = "<p onclick='x()'>Giữ lại</p><script>alert('bo-di')</script><a href='javascript:x'>l</a>"
    body = [{"contentType": "text/html", "value": html}]
    assert editor.put(article_id, document("Có mã độc", bodies=body)).status_code == 201
    url = editor.publish(article_id).json()["url"]
    page = wait_for(lambda: (r := deployment.http.get(url)).status_code == 200 and r.text)
    assert isinstance(page, str)
    assert "Giữ lại" in page
    for dropped in ("onclick", "bo-di", "javascript:"):
        assert dropped not in page


def test_without_a_good_token_nothing_is_written(deployment: Deployment) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic eDp5"}):
        answer = deployment.http.put(f"/v1/articles/{uuid4()}", json=document("a"), headers=headers)
        _is_problem(answer, 401)


def test_a_token_without_the_scope_may_not_publish(deployment: Deployment, editor: Editor) -> None:
    article_id = uuid4()
    writer = Editor(deployment, "draft")
    assert writer.put(article_id, document("Chỉ được viết nháp")).status_code == 201
    _is_problem(writer.publish(article_id), 403)
    assert editor.http.get(f"/v1/articles/{article_id}").json()["state"] == "draft"


def test_a_stale_if_match_is_refused_with_the_current_version(editor: Editor) -> None:
    article_id = uuid4()
    first = editor.put(article_id, document("Bản một"))
    second = editor.put(article_id, document("Bản hai"))
    answer = editor.put(article_id, document("Bản ba"), **{"If-Match": first.headers["etag"]})
    _is_problem(answer, 412)
    assert answer.json()["version"] == second.json()["version"]
    kept = editor.http.get(f"/v1/articles/{article_id}").json()
    assert "Bản hai" in json.dumps(kept, ensure_ascii=False)


BEACONS = {
    "no path": (b"{}", 422),
    "outside the site": (b'{"path": "/etc/passwd"}', 422),
    "another host": (b'{"path": "https://example.org/"}', 422),
    "id that is none": (b'{"path": "/", "id": "7"}', 422),
    "unknown field": (b'{"path": "/", "x": 1}', 422),
    "broken": (b'{"path": ', 400),
    "a list": (b"[]", 422),
    "empty": (b"", 400),
    "large": (b'{"path": "/' + b"a" * 100_000 + b'"}', 413),
}


@pytest.mark.parametrize(("body", "status"), BEACONS.values(), ids=BEACONS.keys())
def test_a_nonsense_beacon_is_refused_and_not_counted(
    deployment: Deployment, body: bytes, status: int
) -> None:
    before = deployment.total()
    for kind in ("application/json", "text/plain;charset=UTF-8"):
        answer = deployment.http.post("/api/visits", content=body, headers={"Content-Type": kind})
        _is_problem(answer, status)
    assert deployment.total() == before


HOSTILE = ['"chưa đóng', "*:*", "(" * 500, "a\x00b", "🎉🎊", "AND OR NOT", "title:x^9~", "\\", "'"]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_query_is_only_words(deployment: Deployment, text: str) -> None:
    found = deployment.search(q=text)
    assert found["total"] == len(found["results"]) or found["total"] > 20
    page = deployment.http.get("/tim-kiem", params={"q": text})
    assert page.status_code == 200


WRONG = [
    {"page": "0"},
    {"page": "x"},
    {"per_page": "51"},
    {"sort": "best"},
    {"from": "14/03/2026"},
    {"from": "2026-03-02", "to": "2026-03-01"},
    {"q": "x" * 513},
    {"colour": "red"},
]


@pytest.mark.parametrize("parameters", WRONG, ids="-".join)
def test_a_wrong_search_parameter_is_named(
    deployment: Deployment, parameters: dict[str, str]
) -> None:
    answer = deployment.http.get("/api/search", params=parameters)
    _is_problem(answer, 422)
    assert deployment.http.get("/tim-kiem", params=parameters).status_code == 422


@pytest.mark.parametrize(
    "path", ["/..%2f..%2fetc/passwd", "/%00", "/tin/%ff%fe/", "/" + "a" * 5000, "//x", "/media/x"]
)
def test_a_hostile_path_is_not_found(deployment: Deployment, path: str) -> None:
    connection = HTTPConnection("127.0.0.1", deployment.port, timeout=30)
    connection.request("GET", path)
    assert connection.getresponse().status in {400, 404}
    connection.close()
