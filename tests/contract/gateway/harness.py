"""The real gateway, started as its container starts it, before servers that note what they get."""

import http.client
import json
import os
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import httpx

from deploy.gateway import SCRIPT
from tests.deployment import free_port, wait_for
from tests.keeper import GATEWAY_PROGRAM
from tests.servers.nginx import Nginx
from tests.servers.runner import Container, Process, Runner

PAGE = b"<!doctype html><html lang=vi><title>Tin</title>" + b"<p>Xin ch\xc3\xa0o.</p>" * 100
FILES = {
    "index.html": PAGE,
    "tin/bai-1111111111/index.html": PAGE,
    "tin/bai-1111111111/.index.html.0a1b2c3d.new": b"unfinished",
    "rss.xml": b"<rss/>",
    "robots.txt": b"User-agent: *\n",
    "assets/site.0123456789.css": b"a { color: blue }\n" * 100,
    "assets/.site.css.new": b"unfinished",
    "assets/old.0123456789.css.gz": b"compressed",
    ".look": b"secret",
}
SERVICES = ("INGEST_API", "SEARCH_WEB", "VISITS_COLLECTOR", "RENDER_WEB", "GRAFANA")


@dataclass(frozen=True, slots=True)
class Seen:
    """A request as a service got it; ``connection`` tells its connections apart."""

    method: str
    path: str
    headers: Message
    connection: int
    body: bytes = b""


@dataclass
class Behind:
    """A server behind the gateway. A path with «hold» in it is answered once it is released."""

    address: str = "127.0.0.1"
    port: int = 0
    says: dict[str, str] = field(default_factory=dict)
    """Headers of its answers."""
    status: int = 200
    seen: list[Seen] = field(default_factory=list)
    begun: list[str] = field(default_factory=list)
    """Paths of the requests whose headers have come."""
    released: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        behind = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                behind._answer(self)

            do_HEAD = do_POST = do_PUT = do_DELETE = do_OPTIONS = do_PATCH = do_GET  # noqa: N815

            def log_message(self, *_: object) -> None: ...

        ThreadingHTTPServer.daemon_threads = True
        self._server = ThreadingHTTPServer((self.address, self.port), Handler)
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def stop(self) -> None:
        self.released.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        path = request.requestline.split()[1]  # as it came; its own `path` has fewer slashes
        self.begun.append(path)
        length = int(request.headers.get("Content-Length", 0))
        body = request.rfile.read(length)
        connection = id(request.connection)
        self.seen.append(Seen(request.command, path, request.headers, connection, body))
        if "hold" in path:
            self.released.wait(60)
        content = json.dumps({"path": path}).encode()
        request.send_response(self.status)
        own = {"Content-Type": "application/json", "Content-Length": str(len(content))}
        for name, value in {**own, **self.says}.items():
            request.send_header(name, value)
        request.end_headers()
        if request.command != "HEAD":
            request.wfile.write(content)

    @property
    def last(self) -> Seen:
        return self.seen[-1]


class Gateway(Nginx):
    """Nginx by way of gateway.sh. ``settings`` are its environment, beside the folders and ports.

    Names are looked up in the file ``hosts`` of its folder first: a line for each address.
    """

    name: ClassVar[str] = "nginx"

    def __init__(self, folder: Path, settings: Mapping[str, str]) -> None:
        self._settings = settings
        self.tls_port, self.admin_port = free_port(), free_port()
        super().__init__(folder, "")

    def configure(self, configuration: str) -> None:  # noqa: ARG002 - the script writes it
        """Write what stands in for the image's programs, and the site."""
        for name, content in FILES.items():
            file = self.folder / "site" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        (self.folder / "hosts").touch()
        # Its workers would become another user, who may not look into a folder of the tests.
        user = "user root; " if os.geteuid() == 0 else ""
        self._program("nginx", f'exec {GATEWAY_PROGRAM} "$@" -g "{user}daemon off;"')
        found = (
            f"awk -v name=\"$2\" '$2 == name {{ print $1 }}' {self.folder}/hosts | grep . && exit"
        )
        self._program("getent", f'{found}\nexec /usr/bin/getent "$@"')

    def _program(self, name: str, text: str) -> None:
        file = self.folder / "bin" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"#!/bin/sh\n{text}\n")
        file.chmod(0o755)

    def environment(self) -> dict[str, str]:
        own = {
            "PATH": f"{self.folder}/bin:{os.environ['PATH']}",
            "GATEWAY_LISTEN": f"127.0.0.1:{self.port}",
            "GATEWAY_TLS_LISTEN": f"127.0.0.1:{self.tls_port}",
            "GATEWAY_ADMIN_LISTEN": f"127.0.0.1:{self.admin_port}",
            "GATEWAY_SITE_DIR": str(self.folder / "site"),
            "GATEWAY_RUN_DIR": str(self.folder / "run"),
            "GATEWAY_ACCESS_LOG": str(self.folder / "access.log"),
            "GATEWAY_WORKERS": "1",
            "GATEWAY_WATCH_SECONDS": "1",
        }
        return {**own, **self._settings}

    def _process(self) -> Runner:
        words = ["/bin/sh", str(SCRIPT), "run"]
        return Process(words, folder=self.folder, environment=self.environment())

    def _container(self) -> Runner:
        mounts = [f"--volume={folder}:{folder}" for folder in (self.folder, SCRIPT.parent)]
        variables = [f"--env={name}={value}" for name, value in self.environment().items()]
        words = ("sh", str(SCRIPT), "run")
        options = ["--network=host", *mounts, *variables]
        return Container(self.image, options, words, stop="SIGQUIT")

    def knows(self, **addresses: str) -> None:
        """Let names have these addresses from now on; nothing is said of any other."""
        lines = [f"{address} {name}\n" for name, address in addresses.items() if address]
        (self.folder / "hosts").write_text("".join(lines))

    def logged(self, request_id: str) -> dict[str, Any]:
        """Return the line of the access log for a request."""

        def line() -> dict[str, Any]:
            lines = (self.folder / "access.log").read_text().splitlines()
            found = [json.loads(one) for one in lines]
            return next((one for one in found if one["request_id"] == request_id), {})

        return wait_for(line)

    def raw(
        self, method: str, path: str, *, address: str = "127.0.0.1"
    ) -> http.client.HTTPResponse:
        """Ask for a path exactly as it stands; the answer has been read."""
        there = http.client.HTTPConnection(
            "127.0.0.1", self.port, timeout=60, source_address=(address, 0)
        )
        try:
            there.request(method, path)
            answer = there.getresponse()
            answer.read()
            return answer
        finally:
            there.close()


@contextmanager
def client(gateway: Gateway, address: str = "127.0.0.1") -> Iterator[httpx.Client]:
    """A client with an address of its own, so that its requests are counted apart."""
    transport = httpx.HTTPTransport(local_address=address)
    with httpx.Client(base_url=gateway.url, transport=transport, timeout=60) as http_client:
        yield http_client


@contextmanager
def behind(*names: str) -> Iterator[dict[str, Behind]]:
    """Start servers that note what they get, by the gateway's names for them."""
    servers = {name: Behind() for name in names}
    for server in servers.values():
        server.start()
    try:
        yield servers
    finally:
        for server in servers.values():
            server.stop()


def settings_of(servers: Mapping[str, Behind]) -> dict[str, str]:
    return {f"GATEWAY_{name}": f"127.0.0.1:{server.port}" for name, server in servers.items()}


def make_certificate(folder: Path, name: str) -> None:
    """Write a certificate and its key, as a renewal does: one file after the other."""
    folder.mkdir(exist_ok=True)
    new = [folder / f"{part}.new" for part in ("fullchain.pem", "privkey.pem")]
    words = ["openssl", "req", "-x509", "-nodes", "-days", "30", "-newkey", "ec"]
    words += ["-pkeyopt", "ec_paramgen_curve:P-256"]
    names = ["-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}"]
    files = ["-out", str(new[0]), "-keyout", str(new[1])]
    subprocess.run([*words, *names, *files], check=True, capture_output=True)
    for file in new:
        file.rename(file.with_suffix(""))


def closes(connection: socket.socket, *, within: float = 60) -> bool:
    """Tell whether the other side lets go of a connection."""
    connection.settimeout(within)
    deadline = time.monotonic() + within
    try:
        while connection.recv(65536):
            if time.monotonic() > deadline:
                return False
    except TimeoutError:
        return False
    except ConnectionError:
        pass
    return True
