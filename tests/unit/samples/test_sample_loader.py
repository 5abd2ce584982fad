import json
import threading
from collections.abc import Iterator
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from samples import load as loader
from samples import pictures
from samples.load import LoadError, LoadReport, load
from samples.pictures import PICTURES

TOKEN = "bantin-mau"
NEWS = loader.articles()
SECTIONS = loader.categories()
DRAW = cache(pictures.draw)


class FakeIngest(ThreadingHTTPServer):
    """Remembers what was put and imported, and answers as the contract says."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.kept: dict[str, bytes] = {}
        self.refused: set[str] = set()
        self.silent_after: int | None = None
        self.cut_after: int | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def keep(self, key: str, content: bytes) -> int:
        status = 200 if key in self.kept else 201
        self.kept[key] = content
        return status


class Handler(BaseHTTPRequestHandler):
    server: FakeIngest

    def do_PUT(self) -> None:
        content = self._content()
        if self._allowed():
            self._answer(self.server.keep(self.path, content), b"{}")

    def do_POST(self) -> None:
        lines = self._content().splitlines()
        if not self._allowed():
            return
        assert self.path == "/v1/import?publish=true"
        assert self.headers["Content-Type"] == "application/x-ndjson"
        self.send_response(200)
        if self.server.cut_after is not None:
            self.send_header("Content-Length", "1000000")
        self.end_headers()
        for number, line in enumerate(lines, 1):
            if number - 1 in {self.server.silent_after, self.server.cut_after}:
                return
            self.wfile.write(json.dumps(self._result(number, line)).encode() + b"\n")

    def _result(self, number: int, line: bytes) -> dict[str, Any]:
        code = json.loads(line)["uri"].removeprefix("urn:uuid:")
        if code in self.server.refused:
            errors = [{"pointer": "/subjects/0/name", "detail": "is no category"}]
            return {"line": number, "id": code, "status": 422, "errors": errors}
        return {"line": number, "id": code, "status": self.server.keep(code, line)}

    def _content(self) -> bytes:
        return self.rfile.read(int(self.headers["Content-Length"]))

    def _allowed(self) -> bool:
        if self.headers["Authorization"] == f"Bearer {TOKEN}":
            return True
        self._answer(401, b'{"type": "urn:bantin:problem:unauthorized"}')
        return False

    def _answer(self, status: int, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Tests keep quiet."""


@pytest.fixture(autouse=True)
def _pictures_drawn_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "draw", DRAW)


@pytest.fixture
def ingest() -> Iterator[FakeIngest]:
    with FakeIngest() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_second_load_changes_nothing(ingest: FakeIngest) -> None:
    steps: list[str] = []
    total = len(SECTIONS) + len(PICTURES) + len(NEWS)
    first = load(ingest.url + "/", TOKEN, progress=steps.append)
    assert first == LoadReport(len(SECTIONS), len(PICTURES), len(NEWS), created=total)
    assert steps[len(SECTIONS)] == f"Ảnh 1/{len(PICTURES)}"
    assert steps[-1] == f"Tin {len(NEWS)}/{len(NEWS)}"
    assert len(steps) == len(ingest.kept) == total
    section = json.loads(ingest.kept[f"/v1/categories/{SECTIONS[0]['slug']}"])
    assert section == {"name": SECTIONS[0]["name"], "position": SECTIONS[0]["position"]}

    before = dict(ingest.kept)
    assert load(ingest.url, TOKEN, progress=steps.append).created == 0
    assert ingest.kept == before


def test_a_refused_article_is_named_and_the_others_are_published(ingest: FakeIngest) -> None:
    code = NEWS[4]["uri"].removeprefix("urn:uuid:")
    ingest.refused = {code}
    with pytest.raises(LoadError) as refused:
        load(ingest.url, TOKEN, progress=print)
    for part in ("1 tin", "dòng 5", code, "422", "/subjects/0/name", "is no category"):
        assert part in str(refused.value)
    published = {news["uri"].removeprefix("urn:uuid:") for news in NEWS} & set(ingest.kept)
    assert len(published) == len(NEWS) - 1


@pytest.mark.parametrize("how", ["silent_after", "cut_after"])
def test_results_that_are_missing_are_an_error(ingest: FakeIngest, how: str) -> None:
    setattr(ingest, how, 3)
    api = loader._Api(ingest.url, TOKEN)
    with pytest.raises(LoadError, match="3 kết quả"):
        api.publish(NEWS, print)


def test_a_wrong_token_stops_the_load_with_the_answer(ingest: FakeIngest) -> None:
    with pytest.raises(LoadError, match=r"PUT /v1/categories/[a-z-]+: 401 .*unauthorized"):
        load(ingest.url, "khac", progress=print)
    assert ingest.kept == {}


def test_an_address_where_nobody_listens_is_an_error() -> None:
    with pytest.raises(LoadError, match="Không kết nối được"):
        load("http://127.0.0.1:9", TOKEN, progress=print)


def test_an_address_that_is_not_http_is_refused() -> None:
    with pytest.raises(LoadError, match="http://"):
        load("file:///etc", TOKEN, progress=print)


def test_the_command_takes_the_last_word_of_the_token_file(
    ingest: FakeIngest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    tokens = tmp_path / "token"
    tokens.write_text("name: samples\nkhac\n")
    given = ["load", "--url", ingest.url, "--token-file", str(tokens)]
    monkeypatch.setattr("sys.argv", given)
    assert loader.main() == 1
    assert "401" in capsys.readouterr().err


def test_the_command_without_a_token_says_what_it_needs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["load"])
    monkeypatch.delenv("BANTIN_TOKEN", raising=False)
    with pytest.raises(SystemExit):
        loader.main()
    assert "BANTIN_TOKEN" in capsys.readouterr().err
