"""The gateway while services, their addresses and certificates come, go and change."""

import re
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from deploy.gateway import configuration
from tests.contract.gateway.harness import PAGE, Behind, Gateway, client, make_certificate
from tests.deployment import wait_for
from tests.servers.reporting import started

PUBLIC = "https://news.example:8443"


@pytest.fixture(scope="module")
def search() -> Iterator[Behind]:
    """One copy; the other, at another address, has the same port."""
    one = Behind("127.0.0.21")
    one.start()
    yield one
    one.stop()


@pytest.fixture(scope="module")
def gateway(search: Behind, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """None of its names is known yet, and it has a certificate, but no Grafana."""
    folder = tmp_path_factory.mktemp("gateway")
    make_certificate(folder / "certificates", "first.example")
    settings = {
        "BANTIN_PUBLIC_URL": PUBLIC,
        "GATEWAY_CERTIFICATES": str(folder / "certificates"),
        "GATEWAY_INGEST_API": "ingest-api.invalid:8011",
        "GATEWAY_SEARCH_WEB": f"search-web.invalid:{search.port}",
        "GATEWAY_VISITS_COLLECTOR": "visits-collector.invalid:8004",
        "GATEWAY_RENDER_WEB": "render-web.invalid:8003",
    }
    with started(lambda folder: Gateway(folder, settings), folder) as one:
        yield one


@pytest.fixture
def https(gateway: Gateway) -> Iterator[httpx.Client]:
    url = f"https://127.0.0.1:{gateway.tls_port}"
    with httpx.Client(base_url=url, verify=_trusting(), timeout=60) as http:
        yield http


def _trusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _handshake(gateway: Gateway, context: ssl.SSLContext) -> tuple[str | None, str]:
    """Return the protocol agreed on and the certificate shown, as text."""
    with (
        socket.create_connection(("127.0.0.1", gateway.tls_port)) as plain,
        context.wrap_socket(plain, server_hostname="news.example") as secure,
    ):
        shown = secure.getpeercert(binary_form=True)
        assert shown is not None
        return secure.selected_alpn_protocol(), shown.decode("latin-1")


def test_it_starts_without_any_service_and_shows_the_site(https: httpx.Client) -> None:
    assert https.get("/").content == PAGE


@pytest.mark.parametrize("path", ["/v1/articles", "/api/search", "/api/visits", "/media/1"])
def test_a_program_hears_that_a_service_is_away_and_when_to_come_back(
    https: httpx.Client, path: str
) -> None:
    answer = https.get(path)
    assert answer.status_code == answer.json()["status"] == 503
    assert answer.json()["request_id"] == answer.headers["X-Request-Id"]
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert int(answer.headers["Retry-After"]) >= 1
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/tin/khong-co/", "/tim-kiem?q=a", "/docs/"])
def test_a_person_reads_in_vietnamese_that_a_service_is_away(
    https: httpx.Client, path: str
) -> None:
    answer = https.get(path)
    assert (answer.status_code, "Tạm thời gián đoạn" in answer.text) == (503, True)
    assert int(answer.headers["Retry-After"]) >= 1
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; img-src")


def test_without_grafana_there_is_nothing_at_its_address(https: httpx.Client) -> None:
    assert https.get("/grafana/login").status_code == 404


def test_it_finds_a_service_that_comes_moves_multiplies_and_goes(
    gateway: Gateway, search: Behind, https: httpx.Client
) -> None:
    name = "search-web.invalid"

    def status() -> int:
        # A connection kept open may be closed by a reload at the moment it is used.
        return https.get("/api/search", headers={"Connection": "close"}).status_code

    gateway.knows(**{name: "127.0.0.21"})
    wait_for(lambda: status() == 200)
    other = Behind("127.0.0.22", search.port)
    other.start()
    try:
        gateway.knows(**{name: "127.0.0.22"})
        wait_for(lambda: status() == 200 and other.seen)
        (gateway.folder / "hosts").write_text(f"127.0.0.21 {name}\n127.0.0.22 {name}\n")
        before = len(search.seen)
        wait_for(lambda: status() == 200 and len(search.seen) > before)
    finally:
        other.stop()
    # One copy has gone and its name is still there: the other one answers for both, once the
    # worker that knew only of the first has taken its last connection.
    wait_for(lambda: [status() for _ in range(10)] == [200] * 10)


def test_a_name_that_is_not_known_for_a_moment_keeps_its_addresses(tmp_path: Path) -> None:
    settings = {"GATEWAY_RUN_DIR": str(tmp_path), "GATEWAY_SEARCH_WEB": "search-web.invalid:80"}
    assert "server 127.0.0.1:1 down;" in configuration(settings)
    (tmp_path / "addresses.search-web.invalid").write_text("192.0.2.1\n2001:db8::1\n")
    assert "search { server 192.0.2.1:80;\nserver [2001:db8::1]:80;" in configuration(settings)


def test_plain_http_only_leads_to_the_public_address(gateway: Gateway) -> None:
    with client(gateway) as http:
        answer = http.get("/tin/a/?b=c", headers={"Host": "evil.example"})
    assert (answer.status_code, answer.headers["Location"]) == (308, f"{PUBLIC}/tin/a/?b=c")


def test_a_browser_is_told_to_insist_on_https(https: httpx.Client) -> None:
    for path in ("/", "/v1/articles"):
        assert https.get(path).headers["Strict-Transport-Security"] == "max-age=31536000"


def test_http_2_is_spoken_and_nothing_older_than_tls_1_2(gateway: Gateway) -> None:
    context = _trusting()
    context.set_alpn_protocols(["h2", "http/1.1"])
    assert _handshake(gateway, context)[0] == "h2"
    old = _trusting()
    # Deprecated to ask for, which is the point.
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.raises(ssl.SSLError):
        _handshake(gateway, old)


def test_a_new_certificate_is_shown_and_a_broken_one_is_not_taken(gateway: Gateway) -> None:
    folder = gateway.folder / "certificates"
    assert "first.example" in _handshake(gateway, _trusting())[1]
    key = (folder / "privkey.pem").read_text()
    (folder / "privkey.pem").write_text("broken")
    wait_for(lambda: "goes on as it is" in gateway.runner.output())
    assert "first.example" in _handshake(gateway, _trusting())[1]
    (folder / "privkey.pem").write_text(key)
    make_certificate(folder, "second.example")
    wait_for(lambda: "second.example" in _handshake(gateway, _trusting())[1])
    metrics = httpx.get(f"http://127.0.0.1:{gateway.admin_port}/metrics").text
    assert "bantin_gateway_certificate_expires_timestamp_seconds 1" in metrics


def test_a_certificate_that_goes_away_does_not_switch_tls_off(gateway: Gateway) -> None:
    folder = gateway.folder / "certificates"
    kept = {path: path.read_text() for path in folder.iterdir()}
    told = gateway.runner.output().count("the certificate is gone")
    for path in kept:
        path.unlink()
    wait_for(lambda: gateway.runner.output().count("the certificate is gone") > told)
    assert ".example" in _handshake(gateway, _trusting())[1]
    for path, text in kept.items():
        path.write_text(text)


def _without_key(folder: Path) -> None:
    (folder / "privkey.pem").unlink()


def _with_a_link_that_leads_nowhere(folder: Path) -> None:
    (folder / "fullchain.pem").unlink()
    (folder / "fullchain.pem").symlink_to("../../archive/news.example/fullchain1.pem")


@pytest.mark.parametrize(
    ("spoil", "what"),
    [(_without_key, "belong together"), (_with_a_link_that_leads_nowhere, "leads nowhere")],
)
def test_half_a_certificate_stops_the_start_instead_of_going_without_tls(
    tmp_path: Path, spoil: Callable[[Path], None], what: str
) -> None:
    make_certificate(tmp_path, "news.example")
    spoil(tmp_path)
    settings = {
        "BANTIN_PUBLIC_URL": "https://news.example",
        "GATEWAY_RUN_DIR": str(tmp_path),
        "GATEWAY_CERTIFICATES": str(tmp_path),
    }
    with pytest.raises(ValueError, match=what):
        configuration(settings)


def test_a_port_alone_is_that_of_ipv6_too_where_the_machine_has_it(tmp_path: Path) -> None:
    settings = {"GATEWAY_RUN_DIR": str(tmp_path), "GATEWAY_LISTEN": "8080"}
    has_ipv6 = bool(Path("/proc/net/if_inet6").read_text())
    assert ("listen [::]:8080 " in configuration(settings)) == has_ipv6
    assert "[::]" not in configuration(settings | {"GATEWAY_LISTEN": "127.0.0.1:8080"})


@pytest.mark.parametrize(
    ("name", "value", "what"),
    [
        ("GATEWAY_VIEW_RATE", "many", "whole number"),
        ("GATEWAY_API_RATE", "0", "more than 0"),
        ("GATEWAY_TRUSTED_PROXIES", "10.0.0.0/8; deny all", "no address and no network"),
        ("GATEWAY_SITE_DIR", "/srv/site; }", "a character that it cannot have"),
        ("GATEWAY_INGEST_API", "ingest-api", "host:port"),
        ("BANTIN_PUBLIC_URL", "news.example", "must start with http"),
    ],
)
def test_a_wrong_setting_stops_the_start(tmp_path: Path, name: str, value: str, what: str) -> None:
    with pytest.raises(ValueError, match=what):
        configuration({"GATEWAY_RUN_DIR": str(tmp_path), name: value})


def test_the_end_of_the_certificate_is_told_and_that_it_cannot_be_read_too(tmp_path: Path) -> None:
    make_certificate(tmp_path, "news.example")  # for 30 days
    settings = {
        "BANTIN_PUBLIC_URL": "https://news.example",
        "GATEWAY_RUN_DIR": str(tmp_path),
        "GATEWAY_CERTIFICATES": str(tmp_path),
    }
    told = re.compile(r"^bantin_gateway_certificate_expires_timestamp_seconds (\d+)", re.MULTILINE)
    (ends,) = told.findall(configuration(settings))
    assert 29 <= (int(ends) - time.time()) / 86400 <= 31
    (tmp_path / "fullchain.pem").write_text("broken")
    assert told.findall(configuration(settings)) == ["0"]


def test_a_certificate_wants_a_public_address_with_https(tmp_path: Path) -> None:
    make_certificate(tmp_path, "news.example")
    run = str(tmp_path)
    settings = {"GATEWAY_RUN_DIR": run, "GATEWAY_CERTIFICATES": run}
    with pytest.raises(ValueError, match="https"):
        configuration({**settings, "BANTIN_PUBLIC_URL": "http://news.example"})
