"""A small HTTP proxy before a real node that lets some documents, or whole requests, fail."""

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx

CUT = 0
"""Instead of a status: the connection ends without an answer."""
REASONS = {
    400: {"type": "document_parsing_exception", "reason": "made up: this document is wrong"},
    403: {"type": "security_exception", "reason": "made up: you may not"},
    404: {"type": "index_not_found_exception", "reason": "made up: no such index"},
    429: {"type": "es_rejected_execution_exception", "reason": "made up: the queue is full"},
    503: {"type": "unavailable_shards_exception", "reason": "made up: no primary"},
}


@dataclass
class Injector:
    """What fails. Everything else reaches the node."""

    node: str
    port: int = 0
    items: dict[str, int] = field(default_factory=dict)
    """Status by document, each time it is written."""
    items_of: dict[str, dict[str, int]] = field(default_factory=dict)
    """The same for one index or alias."""
    requests: dict[str, int] = field(default_factory=dict)
    """Status by the last part of the path (``_bulk``, ``_msearch``), each time it is asked."""
    largest: int = 10**9
    """Bytes of a request; more is answered 413."""
    left: int | None = None
    """Requests that are still answered. The answer to the next is lost; then nothing is heard."""
    seen: list[str] = field(default_factory=list)
    """Methods and paths, in order."""
    statuses: list[Counter[int]] = field(default_factory=list)
    """How many documents of each ``_bulk`` got which status, in order."""

    def url(self, alias: str) -> str:
        return f"elasticsearch://127.0.0.1:{self.port}/{alias}"

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Any:
        """Return an httpx.Response, a status or CUT."""
        if self.left is None:
            return self._answer(method, path, headers, body)
        self.left -= 1
        answer = self._answer(method, path, headers, body) if self.left >= -1 else CUT
        return answer if self.left >= 0 else CUT

    def _answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Any:
        last = path.partition("?")[0].rpartition("/")[2]
        self.seen.append(f"{method} {path.partition('?')[0]}")
        if last in self.requests:
            return self.requests[last]
        if len(body) > self.largest:
            return 413
        if last == "_bulk":
            bad = self.items | self.items_of.get(path.split("/")[1], {})
            return self._bulk(path, headers, body, bad)
        try:
            return httpx.request(
                method, f"{self.node}{path}", headers=headers, content=body, timeout=60
            )
        except httpx.TransportError:
            return CUT

    def _bulk(
        self, path: str, headers: dict[str, str], body: bytes, bad: dict[str, int]
    ) -> httpx.Response | int:
        pairs = list(_operations(body))
        kept = b"".join(lines for key, lines in pairs if key not in bad)
        items: Iterator[Any] = iter(())
        answer = httpx.Response(
            200, json={"items": []}, headers={"X-elastic-product": "Elasticsearch"}
        )
        if kept:
            try:
                answer = httpx.post(f"{self.node}{path}", headers=headers, content=kept, timeout=60)
            except httpx.TransportError:
                return CUT
            if not answer.is_success:
                return answer
            items = iter(answer.json()["items"])
        merged: list[dict[str, Any]] = [
            {"index": {"status": bad[key], "error": REASONS[bad[key]]}}
            if key in bad
            else next(items)
            for key, _ in pairs
        ]
        self.statuses.append(
            Counter(int(told["status"]) for one in merged for told in one.values())
        )
        kind = {name: answer.headers[name] for name in _KEPT if name in answer.headers}
        return httpx.Response(200, content=json.dumps({"items": merged}), headers=kind)


_HEADERS = {"content-type": "application/json", "x-elastic-product": "Elasticsearch"}
_KEPT = tuple(_HEADERS)


def _failed(status: int) -> dict[str, Any]:
    return {"index": {"status": status, "error": REASONS[status]}}


def _operations(body: bytes) -> Iterator[tuple[str, bytes]]:
    lines = iter(body.splitlines(keepends=True))
    for action in lines:
        ((name, about),) = json.loads(action).items()
        source = b"" if name == "delete" else next(lines)
        yield about["_id"], action + source


@contextmanager
def injecting(node: str) -> Iterator[Injector]:
    """Run a proxy before ``node`` (http://host:port)."""
    injector = Injector(node)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            passed = {
                k: v for k, v in self.headers.items() if k.lower() in {"content-type", "accept"}
            }
            answer = injector.answer(self.command, self.path, passed, body)
            if answer == CUT and isinstance(answer, int):
                self.close_connection = True
                return
            if isinstance(answer, int):
                error = {"error": {"type": "made_up", "reason": "made up"}, "status": answer}
                answer = httpx.Response(answer, content=json.dumps(error), headers=_HEADERS)
            self.send_response(answer.status_code)
            for name in _KEPT:
                if name in answer.headers:
                    self.send_header(name, answer.headers[name])
            self.send_header("content-length", str(len(answer.content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer.content)

        do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = handle_any  # noqa: N815 - named by http.server

        def log_message(self, *args: object) -> None:
            del args

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        injector.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield injector
        finally:
            server.shutdown()
            thread.join()
