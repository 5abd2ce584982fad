"""The embedded deployment as its operator has it: real processes on free loopback ports."""

import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self, TypeVar
from uuid import UUID

import httpx
import psutil

ROOT = Path(__file__).parent.parent
T = TypeVar("T")
STARTING_TOTAL = 9_827_966
PROCESSES = ("front", "ingest", "indexing", "render", "visits")


def wait_for(what: Callable[[], T], *, within: float = 60.0, every: float = 0.05) -> T:
    """Return the first truthy answer of ``what``; fail loudly when the bound is over."""
    deadline = time.monotonic() + within
    while True:
        found = what()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"did not come true within {within} s; last answer: {found!r}")
        time.sleep(every)


def free_port(count: int = 1) -> int:
    """Return the first of ``count`` consecutive free loopback ports.

    They lie below those that the kernel gives to outgoing connections: a client that keeps calling
    a process that is down could otherwise be given, as its own port, the very one that it calls.
    It would then be connected to itself, and the process could not come back.
    """
    while True:
        first = random.randrange(10_000, 32_000 - count)  # noqa: S311 - nothing secret
        if all(_is_free(first + i) for i in range(count)):
            return first


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _can_be_listened_on(port: int) -> bool:
    """Tell whether a server could start here; connections that have just ended do not matter."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


class Deployment:
    """One embedded deployment on a data folder; may be stopped and started again."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.admin_port = free_port(6)
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("BANTIN_")},
            "BANTIN_DATA_DIR": str(folder),
            "BANTIN_PORT": str(self.port),
            "BANTIN_PUBLIC_URL": self.url,
            "BANTIN_ADMIN_PORT": str(self.admin_port),
            "BANTIN_VISITS_METRICS_PORT": str(self.admin_port + 5),
            "BANTIN_VISITS_START": str(STARTING_TOTAL),
            "BANTIN_SAMPLES": "false",
            **settings,
        }
        self._supervisor: subprocess.Popen[bytes] | None = None
        self._clients: list[httpx.Client] = []
        self.http = self.client()

    def client(self, **headers: str) -> httpx.Client:
        """Return a client of the front door, closed when the deployment is."""
        made = httpx.Client(base_url=self.url, headers=headers, timeout=60)
        self._clients.append(made)
        return made

    def close(self) -> None:
        """Stop it if it runs, and close every client."""
        self.stop()
        for client in self._clients:
            client.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        """Start it and return once its front door answers."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "console.log").open("ab") as console:
            self._supervisor = subprocess.Popen(
                [sys.executable, "-m", "deploy.embedded", "run"],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                start_new_session=True,
            )
        wait_for(self.is_ready)

    def is_ready(self) -> bool:
        assert self._supervisor is not None
        status = self._supervisor.poll()
        assert status is None, (
            f"the supervisor has ended with {status}: {(self.folder / 'console.log').read_text()}"
        )
        return all(map(self.says_ready, PROCESSES)) and self.answers()

    def answers(self) -> bool:
        """Tell whether the front door answers."""
        try:
            return self.http.get("/").is_success
        except httpx.TransportError:
            return False

    def says_ready(self, name: str) -> bool:
        """Tell whether a process says so itself, at its administrative port."""
        port = self.admin_port + PROCESSES.index(name)
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            connection.request("GET", "/health/ready")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def stop(self) -> int:
        """Stop it as Ctrl-C does and return the exit status."""
        if self._supervisor is None:
            return 0
        self._supervisor.send_signal(signal.SIGINT)
        status = self._supervisor.wait(60)
        self._supervisor = None
        return status

    def pids(self) -> dict[str, int]:
        found = json.loads((self.folder / "run" / "processes.json").read_text())
        return {str(name): int(pid) for name, pid in found.items()}

    def kill(self, name: str) -> int:
        """SIGKILL one process (or the ``supervisor``); return the pid that was killed."""
        pid = self.pids()[name]
        os.kill(pid, signal.SIGKILL)
        if name == "supervisor" and self._supervisor is not None:
            self._supervisor.wait(10)
            self._supervisor = None
        return pid

    def supervisor(self) -> psutil.Process:
        """Return the supervisor's process; it must have been started."""
        assert self._supervisor is not None
        return psutil.Process(self._supervisor.pid)

    def buried(self) -> None:
        """Return once a supervisor that was killed, and every child it left behind, has ended."""
        assert self._supervisor is not None
        self._supervisor.wait(10)
        self._supervisor = None
        left = [pid for name, pid in self.pids().items() if name != "supervisor"]
        wait_for(lambda: not any(map(_lives, left)))
        ports = [self.port, *range(self.admin_port, self.admin_port + len(PROCESSES) + 1)]
        wait_for(lambda: all(map(_can_be_listened_on, ports)))

    def restarted(self, name: str, former_pid: int) -> bool:
        """Tell whether the supervisor has put a new, ready process in the place of a killed one."""
        pid = self.pids().get(name)
        if pid is None or pid == former_pid or not psutil.pid_exists(pid):
            return False
        return self.says_ready(name)

    def token(self, *scopes: str) -> str:
        """Make a token as an operator does; all scopes unless some are named."""
        wanted = scopes or ("draft", "publish", "admin")
        named = [part for scope in wanted for part in ("--scope", scope)]
        done = self.command("services.ingest", "token", "create", "--name", "test", *named)
        return done.stdout.strip().splitlines()[-1]

    def command(self, module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one of the project's commands beside the running deployment."""
        return subprocess.run(
            [sys.executable, "-m", module, *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        )

    def metrics(self, name: str) -> str:
        port = self.admin_port + (5 if name == "exporter" else PROCESSES.index(name))
        return httpx.get(f"http://127.0.0.1:{port}/metrics").text

    def search(self, **parameters: str | int) -> dict[str, Any]:
        answer = self.http.get("/api/search", params=parameters)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def total(self) -> int:
        """Return the counted views, without the starting total."""
        return int(self.http.get("/api/visits").json()["total"]) - STARTING_TOTAL

    def dead_letters(self) -> list[Any]:
        done = self.command("shared.bus", "deadletters", "list", "--json")
        return [json.loads(line) for line in done.stdout.splitlines()]


class Editor:
    """Somebody with a token who writes articles."""

    def __init__(self, deployment: Deployment, *scopes: str) -> None:
        self.http = deployment.client(Authorization=f"Bearer {deployment.token(*scopes)}")

    def category(self, slug: str, name: str) -> None:
        assert self.http.put(f"/v1/categories/{slug}", json={"name": name}).is_success

    def put(self, article_id: UUID, document: dict[str, Any], **headers: str) -> httpx.Response:
        return self.http.put(f"/v1/articles/{article_id}", json=document, headers=headers)

    def publish(self, article_id: UUID, **body: Any) -> httpx.Response:
        return self.http.post(f"/v1/articles/{article_id}/publish", json=body)

    def unpublish(self, article_id: UUID, **body: Any) -> httpx.Response:
        return self.http.post(f"/v1/articles/{article_id}/unpublish", json={"type": "gone"} | body)

    def delivery(self, article_id: UUID) -> dict[str, Any]:
        answer = self.http.get(f"/v1/articles/{article_id}", params={"state": "live"})
        found: dict[str, Any] = answer.json().get("delivery", {})
        return found


def document(title: str, **fields: Any) -> dict[str, Any]:
    """Return an article in the wire format, ready to be sent."""
    return {
        "type": "text",
        "language": "vi",
        "headlines": [{"value": title}],
        "descriptions": [{"role": "summary", "value": f"Tóm tắt: {title}."}],
        "bodies": [{"contentType": "text/html", "value": f"<p>Nội dung của tin «{title}».</p>"}],
        "contentCreated": "2026-03-14T08:00:00+07:00",
        "by": "Minh Châu",
        "infoSources": [{"name": "Đài truyền thanh xã"}],
        "subjects": [{"name": "tin-tuc"}],
    } | fields
