"""A deployment as its operator has it, whatever it is made of: real processes on loopback ports.

``tests/embedded_deployment.py`` and ``tests/server_deployment.py`` are the two there are; what is
told here is all that a test of the product needs to know.
"""

import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any, ClassVar, Self, TypeVar
from uuid import UUID

import httpx

from shared.bus import Bus, open_bus
from shared.database import Database

ROOT = Path(__file__).parent.parent
T = TypeVar("T")
STARTING_TOTAL = 9_827_966
_PORTS = range(10_000, 32_000)
_RANDOM = random.SystemRandom()


def wait_for(what: Callable[[], T], *, within: float = 60.0, every: float | None = None) -> T:
    """Return the first truthy answer of ``what``; fail loudly when the bound is over.

    Asked ``every`` so many seconds; if that is left open, more rarely the longer it lasts and the
    more the question costs, for what is asked is at work on the same processors.
    """
    began = time.monotonic()
    while True:
        asked = time.monotonic()
        found = what()
        now = time.monotonic()
        if found:
            return found
        if now > began + within:
            raise AssertionError(f"did not come true within {within} s; last answer: {found!r}")
        time.sleep(every or max(0.05, min(1.0, (now - began) / 20 + (now - asked) * 2)))


def ports(environment: Mapping[str, str] = os.environ) -> range:
    """Return the ports for what this process of a test run starts.

    Each process of a run has its own: one could else be given the port of a server that another
    has just stopped and is about to start again. They lie below those that the kernel gives to
    outgoing connections: a client that keeps calling a process that is down could otherwise be
    given, as its own port, the very one that it calls. It would then be connected to itself, and
    the process could not come back.
    """
    number = int(environment.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    size = len(_PORTS) // int(environment.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    return _PORTS[number * size : (number + 1) * size]


def free_port(count: int = 1) -> int:
    """Return the first of ``count`` consecutive free loopback ports."""
    ours = ports()
    while True:
        # Hypothesis has everybody else's random numbers begin anew with each example.
        first = ours[_RANDOM.randrange(len(ours) - count)]
        if all(_is_free(first + i) for i in range(count)):
            return first


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def says_ready(port: int) -> bool:
    """Tell whether a process says so itself, at its administrative port."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


class Deployment(ABC):
    """One deployment on a folder; may be stopped and started again."""

    kind: ClassVar[str]
    processes: Sequence[str]
    """The names of what can be killed and is started again by itself."""
    entrance: Sequence[str]
    """Those of them without which the front door does not answer."""
    mortal: Sequence[str]
    """What else can be killed, after which ``revive`` is called for."""
    admin_ports: dict[str, int]
    """Where each process shows its health, by its name."""

    def __init__(self, folder: Path, port: int, settings: dict[str, str]) -> None:
        self.folder = folder
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("BANTIN_")},
            "BANTIN_DATA_DIR": str(folder),
            "BANTIN_PUBLIC_URL": self.url,
            "BANTIN_VISITS_START": str(STARTING_TOTAL),
            **settings,
        }
        """What is the same for every process."""
        self._clients: list[httpx.Client] = []
        self.http = self.client()

    @abstractmethod
    def start(self) -> None:
        """Start it and return once every process is ready and the front door answers."""

    @abstractmethod
    def stop(self) -> int:
        """Stop it as its operator does; return 0 if every process ended with status 0."""

    @abstractmethod
    def without(self, *services: str) -> AbstractContextManager[None]:
        """Stop these services, with all others where they cannot stop alone; then start again."""

    @abstractmethod
    def is_ready(self) -> bool:
        """Tell whether all is ready. Raises AssertionError when it never will be."""

    @abstractmethod
    def pids(self) -> dict[str, int]:
        """Return the process ids last noted, by name; one that has just ended may be there."""

    @abstractmethod
    def living(self, name: str) -> int | None:
        """Return the id of a living process of this name that belongs to this deployment."""

    @abstractmethod
    def revive(self) -> None:
        """Start it again, as a service manager does, after one of ``mortal`` was killed."""

    @abstractmethod
    def environment_of(self, service: str) -> dict[str, str]:
        """Return what a command of a service needs in its environment."""

    @abstractmethod
    def members(self, name: str) -> list[str]:
        """Return the processes that make up a service; a process makes up itself."""

    @property
    @abstractmethod
    def exporter_port(self) -> int:
        """Return the port of the visit figures."""

    @property
    @abstractmethod
    def bus_url(self) -> str: ...

    @property
    @abstractmethod
    def search_index_url(self) -> str: ...

    @abstractmethod
    def database_url(self, service: str) -> str:
        """Return the SQLAlchemy address of a service's own database."""

    @abstractmethod
    def log(self, name: str) -> str:
        """Return what a process, or every process of a service, has written to its log."""

    @abstractmethod
    def damage(self) -> list[str]:
        """Let the databases examine themselves while all is stopped; return what is wrong."""

    @abstractmethod
    def wipe(self, *parts: str) -> None:
        """Lose ``index``, ``site`` or ``render`` (its database) while its service is stopped."""

    @abstractmethod
    def back_up(self, service: str) -> None:
        """Copy what a service owns, while it is stopped."""

    @abstractmethod
    def restore(self, service: str) -> None:
        """Put the last copy in the place of what a service owns now, while it is stopped."""

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
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def answers(self) -> bool:
        """Tell whether the front door answers."""
        try:
            return self.http.get("/").is_success
        except httpx.TransportError:
            return False

    def says_ready(self, name: str) -> bool:
        """Tell whether a process says so itself, at its administrative port."""
        return says_ready(self.admin_ports[name])

    def restarted(self, name: str, former_pid: int) -> bool:
        """Tell whether a new, ready process is in the place of one that was killed."""
        return self.living(name) not in (None, former_pid) and self.says_ready(name)

    def kill(self, name: str) -> int:
        """SIGKILL one process; return the id that was killed."""
        return self.volley([name])[name]

    def volley(self, names: Sequence[str]) -> dict[str, int]:
        """SIGKILL these at one moment, each with what it has started; return whom that hit.

        What is dead already is waited for and killed as it starts.
        """
        found = wait_for(lambda: self._all_living(names), within=90, every=0.02)
        for pid in found.values():
            os.killpg(pid, signal.SIGKILL)
        return found

    def _all_living(self, names: Sequence[str]) -> dict[str, int]:
        """Return the living processes of these names, or nothing unless all live."""
        found = {name: self.living(name) for name in names}
        living = {name: pid for name, pid in found.items() if pid is not None}
        return living if len(living) == len(names) else {}

    def token(self, *scopes: str) -> str:
        """Make a token as an operator does; all scopes unless some are named."""
        wanted = scopes or ("draft", "publish", "admin")
        named = [part for scope in wanted for part in ("--scope", scope)]
        done = self.command("services.ingest", "token", "create", "--name", "test", *named)
        return done.stdout.strip().splitlines()[-1]

    def command(self, module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one of the project's commands beside the running deployment."""
        done = subprocess.run(
            [sys.executable, "-m", module, *arguments],
            cwd=ROOT,
            env=self.environment_of(module.removeprefix("services.")),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, f"{module} {arguments} ended with {done.stderr[-3000:]}"
        return done

    def metrics(self, name: str) -> str:
        """Return the metrics of a process, of all of a service, or of the ``exporter``."""
        ports = [self.exporter_port]
        if name != "exporter":
            ports = [self.admin_ports[one] for one in self.members(name)]
        return "".join(httpx.get(f"http://127.0.0.1:{port}/metrics").text for port in ports)

    def value(self, name: str, metric: str) -> float | None:
        """Return a metric, named as its line begins; the sum where several processes show it."""
        lines = (line.rpartition(" ") for line in self.metrics(name).splitlines())
        found = [float(number) for shown, _, number in lines if shown == metric]
        return sum(found) if found else None

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

    @contextmanager
    def bus(self) -> Iterator[Bus]:
        """Give its bus, beside those that its processes have open."""
        with closing(open_bus(self.bus_url)) as bus:
            yield bus

    def waiting(self) -> dict[str, int]:
        """Return the messages in its queues or in a consumer's hand; none that is empty."""
        with self.bus() as bus:
            return {queue: depth for queue, depth in bus.depths().items() if depth}

    def left_over(self, *unattended: str) -> dict[str, int]:
        """Return what is still under way, by the place where it waits; empty when all is done.

        It is looked for in the order in which it travels, so that nothing on its way from one
        place to the next is overlooked, and not beyond the first place that has something.
        What waits in ``unattended`` queues does not count, for nobody takes it.
        """
        looks: tuple[Callable[[], dict[str, int]], ...] = (
            lambda: {"the outbox": self._count("ingest", "outbox")},
            self.waiting,
            lambda: {"marked pages": self._count("render", "dirty")},
            lambda: {"pages to tell of": self._count("render", "articles WHERE delivery < 2")},
            self.waiting,
        )
        for look in looks:
            here = look().items()
            if found := {one: count for one, count in here if count and one not in unattended}:
                return found
        return {}

    def _count(self, service: str, rows: str) -> int:
        with closing(Database(self.database_url(service))) as database, database.read() as reading:
            found = reading.exec_driver_sql(f"SELECT count(*) FROM {rows}")  # noqa: S608 - ours
            return int(found.scalar_one())


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
