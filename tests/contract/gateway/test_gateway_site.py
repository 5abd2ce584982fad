"""The site's files through the gateway: their headers, their caching, and what is none of them."""

import gzip
import re

import httpx
import pytest

from tests.contract.gateway.harness import PAGE, Behind, Gateway, client

ARTICLE = "/tin/bai-1111111111/"
STYLE = "/assets/site.0123456789.css"


@pytest.fixture
def render(services: dict[str, Behind]) -> Behind:
    return services["RENDER_WEB"]


def test_a_page_comes_with_a_strict_policy_and_is_kept_for_seconds_only(gateway: Gateway) -> None:
    with client(gateway) as http:
        page = http.get(ARTICLE)
    assert (page.status_code, page.content) == (200, PAGE)
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    policy = dict(
        part.split(" ", 1) for part in page.headers["Content-Security-Policy"].split("; ")
    )
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert "camera=()" in page.headers["Permissions-Policy"]
    assert page.headers["Cache-Control"] == "public, max-age=10"
    assert page.headers["Server"] == "nginx"
    assert "Strict-Transport-Security" not in page.headers


def test_a_page_that_the_reader_has_is_not_sent_again(gateway: Gateway) -> None:
    with client(gateway) as http:
        first = http.get(ARTICLE)
        again = http.get(ARTICLE, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["Cache-Control"] == first.headers["Cache-Control"]
    assert again.headers["Content-Security-Policy"]


def test_an_asset_is_kept_for_good(gateway: Gateway) -> None:
    with client(gateway) as http:
        style = http.get(STYLE)
    assert style.headers["Content-Type"] == "text/css; charset=utf-8"
    assert style.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert style.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"


def test_a_file_compressed_beforehand_goes_to_those_who_take_it(gateway: Gateway) -> None:
    small = gateway.folder / "site" / f"{STYLE}.gz".lstrip("/")
    small.write_bytes(gzip.compress(b"/* beforehand */"))
    try:
        with client(gateway) as http:
            taken = http.get(STYLE, headers={"Accept-Encoding": "gzip"})
            plain = http.get(STYLE, headers={"Accept-Encoding": "identity"})
    finally:
        small.unlink()
    assert (taken.text, taken.headers["Content-Encoding"]) == ("/* beforehand */", "gzip")
    assert not taken.headers["ETag"].startswith("W/")
    assert plain.text.startswith("a { color")
    assert taken.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"


def test_a_file_that_is_not_compressed_is_on_its_way(gateway: Gateway) -> None:
    with client(gateway) as http:
        page = http.get(ARTICLE, headers={"Accept-Encoding": "gzip"})
        again = http.get(
            ARTICLE,
            headers={"Accept-Encoding": "gzip", "If-None-Match": page.headers["ETag"]},
        )
    assert (page.content, page.headers["Content-Encoding"]) == (PAGE, "gzip")
    assert again.status_code == 304


def test_what_is_no_file_is_left_to_render(gateway: Gateway, render: Behind) -> None:
    with client(gateway) as http:
        asked = ["/tin/khong-co-2222222222/", "/chi-tiet/7.html?id=3", "/ngay/?d=2018-07-03"]
        for path in asked:
            http.get(path)
            assert render.last.path == path


def test_an_article_that_was_the_home_page_with_a_query_is_renders_to_find(
    gateway: Gateway, render: Behind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(render, "status", 301)
    monkeypatch.setattr(render, "says", {"Location": ARTICLE})
    with client(gateway) as http:
        answer = http.get("/?id=5")
    assert (answer.status_code, answer.headers["Location"]) == (301, ARTICLE)
    assert render.last.path == "/?id=5"


@pytest.mark.parametrize("status", [404, 500, 503])
def test_with_any_other_query_the_home_page_is_todays_as_without_one(
    gateway: Gateway, render: Behind, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(render, "status", status)
    monkeypatch.setattr(render, "says", {"Cache-Control": "no-store"})
    kept = ("Cache-Control", "Content-Type", "ETag", "Content-Security-Policy")
    with client(gateway) as http:
        plain, asked = http.get("/"), http.get("/?utm_source=zalo")
        again = http.get("/?utm_source=zalo", headers={"If-None-Match": asked.headers["ETag"]})
    assert (asked.status_code, asked.content) == (200, PAGE)
    assert {name: asked.headers[name] for name in kept} == {
        name: plain.headers[name] for name in kept
    }
    assert again.status_code == 304


def test_with_too_many_queries_of_one_address_the_home_page_still_comes(
    gateway: Gateway,
) -> None:
    with client(gateway, "127.0.0.19") as http:
        assert {http.get("/?a=b").content == PAGE for _ in range(40)} == {False, True}
        assert http.get("/?a=b").content == PAGE


def test_a_folder_without_its_slash_leads_to_the_page(gateway: Gateway, render: Behind) -> None:
    before = len(render.seen)
    with client(gateway) as http:
        answer = http.get(f"{ARTICLE.rstrip('/')}?a=b")
    assert (answer.status_code, answer.headers["Location"]) == (308, f"{ARTICLE}?a=b")
    assert len(render.seen) == before


@pytest.mark.parametrize(
    "path",
    [
        "/.look",
        "/tin/bai-1111111111/.index.html.0a1b2c3d.new",
        "/tin/bai-1111111111/index.html",
        "/assets/.site.css.new",
        "/assets/old.0123456789.css.gz",
        "/assets/",
        "/assets/../.look",
        "/tin/%2e%2e/.look",
        "//rss.xml",
    ],
)
def test_a_hidden_or_unfinished_file_is_nobodys(
    gateway: Gateway, render: Behind, path: str
) -> None:
    answer = gateway.raw("GET", path)
    assert answer.getheader("Content-Type") == "application/json"  # render's answer here
    assert render.last.path == path


def test_a_path_out_of_the_site_is_refused(gateway: Gateway) -> None:
    assert gateway.raw("GET", "/..%2f..%2fetc/passwd").status == 400


@pytest.mark.parametrize(
    "path",
    [
        "/metrics",
        "/metrics/",
        "/METRICS",
        "//metrics",
        "/health/ready",
        "/health",
        "/v1/../metrics",
        "/v1/%2e%2e/metrics",
        "/api/search/../../health/live",
        "/grafana/metrics",
        "/grafana//metrics",
        "/grafana/api/health",
        "/grafana/healthz",
    ],
)
def test_health_and_metrics_are_never_public(
    gateway: Gateway, services: dict[str, Behind], path: str
) -> None:
    before = [len(one.seen) for one in services.values()]
    assert gateway.raw("GET", path).status == 404
    assert [len(one.seen) for one in services.values()] == before


def test_the_gateways_own_health_and_metrics_stand_on_another_port(gateway: Gateway) -> None:
    own = f"http://127.0.0.1:{gateway.admin_port}"
    assert httpx.get(f"{own}/health/ready").json() == {"status": "ok"}
    assert re.search(
        r"^nginx_connections_active [1-9]", httpx.get(f"{own}/metrics").text, re.MULTILINE
    )


@pytest.mark.parametrize("method", ["TRACE", "PROPFIND", "MADEUP"])
def test_a_method_that_no_service_has_comes_no_further(
    gateway: Gateway, services: dict[str, Behind], method: str
) -> None:
    before = [len(one.seen) for one in services.values()]
    for path in ("/", "/v1/articles", "/tin/khong-co/"):
        answer = gateway.raw(method, path)
        assert (answer.status, bool(answer.getheader("Allow"))) == (405, True)
        assert answer.getheader("Content-Type") == "application/problem+json"
    assert [len(one.seen) for one in services.values()] == before


def test_a_form_sent_to_a_page_is_renders_to_refuse(gateway: Gateway, render: Behind) -> None:
    with client(gateway) as http:
        http.post(ARTICLE, content=b"a=b")
    assert (render.last.method, render.last.path, render.last.body) == ("POST", ARTICLE, b"a=b")
