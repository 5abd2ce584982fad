"""How long after a fault is over the next publication is on its page and found, and all is quiet.

The time begins when the server is usable again, or when a process is killed. People go on
publishing and viewing while the fault lasts; what they were refused is not counted.
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from statistics import median
from typing import Final
from uuid import uuid4

import httpx
from sqlalchemy.exc import SQLAlchemyError

from benchmarks.common import READER, Row, publish, served, until
from benchmarks.latency import news
from shared.bus import BusUnavailable
from tests.deployment import Editor
from tests.faults.faults import (
    CONFIRM_SECONDS,
    broker_killed,
    broker_paused,
    disk_alarm,
    elasticsearch_down,
    postgresql_restarted,
)
from tests.server_deployment import ServerDeployment

_WITHIN: Final = 180.0
_PUBLICATIONS: Final = 10
"""Tried while a fault lasts."""
_VIEWS: Final = 50
"""Tried while a fault lasts."""
KILLED: Final = (
    "ingest-relay",
    "indexing-consumer",
    "render-consumer",
    "render-writer",
    "ingest-consumer",
    "visits-counter",
)
Fault = Callable[[ServerDeployment], AbstractContextManager[object]]


@dataclass(frozen=True)
class _Recovery:
    """Seconds from the end of the fault."""

    page: float
    found: float
    quiet: float


@contextmanager
def _paused(deployment: ServerDeployment) -> Iterator[None]:
    """Hold the broker until publishers have given up their confirms and connections."""
    with broker_paused(deployment.servers):
        yield
        time.sleep(CONFIRM_SECONDS + 2)


def _killed(name: str) -> Fault:
    @contextmanager
    def fault(deployment: ServerDeployment) -> Iterator[None]:
        yield
        deployment.kill(name)

    return fault


FAULTS: Final[dict[str, Fault]] = {
    "the broker killed and started again": lambda d: broker_killed(d.servers),
    "the broker held (SIGSTOP) past the confirm timeout": _paused,
    "a disk alarm of the broker": lambda d: disk_alarm(d.servers),
    "Elasticsearch killed and started again": lambda d: elasticsearch_down(d.servers),
    "PostgreSQL restarted": lambda d: postgresql_restarted(d.servers),
} | {f"{name} killed": _killed(name) for name in KILLED}
_QUICK: Final = ("a disk alarm of the broker", "PostgreSQL restarted", "render-consumer killed")


def measure(*, quick: bool) -> Iterator[Row]:
    times, lasts = (1, 1.0) if quick else (3, 20.0)
    with served(BANTIN_MANIFEST_SECONDS="86400") as (deployment, editor):
        editor.category("tin-tuc", "Tin tức")
        site = _Site(deployment, editor)
        site.recovery(time.monotonic())
        usual = [site.recovery(time.monotonic()) for _ in range(2 if quick else 10)]
        yield _row("no fault", usual, "the limit of what follows")
        for name in _QUICK if quick else FAULTS:
            done = [
                site.after(FAULTS[name], 0.0 if name.endswith("killed") else lasts)
                for _ in range(times)
            ]
            yield _row(name, done, _beside(name, times, lasts))


def _beside(name: str, times: int, lasts: float) -> str:
    if name.endswith("killed"):
        return f"{times} ×, right after {_PUBLICATIONS} publications and {_VIEWS} views"
    return f"{times} ×, each lasting {lasts:.0f} s or more"


def _row(what: str, done: list[_Recovery], beside: str) -> Row:
    page = _seconds([one.page for one in done])
    found = _seconds([one.found for one in done])
    quiet = _seconds([one.quiet for one in done])
    return Row(
        f"servers: {what}: the next publication",
        f"on its page after {page}, found after {found}; nothing under way after {quiet}",
        beside,
    )


def _seconds(values: list[float]) -> str:
    return f"{median(values):.1f} s (worst {max(values):.1f})"


class _Site:
    def __init__(self, deployment: ServerDeployment, editor: Editor) -> None:
        self._deployment = deployment
        self._editor = editor
        self._reader = deployment.client(**{"User-Agent": READER})

    def after(self, fault: Fault, lasts: float) -> _Recovery:
        """Suffer a fault for so many seconds, at work; return how it went on."""
        with fault(self._deployment):
            began = time.monotonic()
            self._work()
            time.sleep(max(0.0, lasts - (time.monotonic() - began)))
        return self.recovery(time.monotonic())

    def recovery(self, over: float) -> _Recovery:
        """Publish as soon as that is taken; wait for it, and for whatever else is under way."""
        word, url = f"từ{uuid4().hex[:12]}", ""

        def taken() -> bool:
            nonlocal url
            with suppress(RuntimeError, httpx.HTTPError):
                url = publish(self._editor, uuid4(), news(f"Tin đo {word}"))
            return bool(url)

        until(taken, within=_WITHIN, every=0.05)
        page = self._deployment.folder / "site" / url.strip("/") / "index.html"
        with ThreadPoolExecutor(1) as pool:
            seen = pool.submit(lambda: (until(page.exists, within=_WITHIN), time.monotonic()))
            until(lambda: self._finds(word), within=_WITHIN, every=0.02)
            found = time.monotonic()
            shown = seen.result()[1]
        until(self._is_quiet, within=_WITHIN, every=0.1)
        return _Recovery(shown - over, found - over, time.monotonic() - over)

    def _work(self) -> None:
        """Publish and view what is taken; a server that is held answers nobody for a while."""
        with suppress(httpx.HTTPError, RuntimeError):
            for _ in range(_PUBLICATIONS):
                publish(self._editor, uuid4(), news(f"Tin khi có lỗi {uuid4().hex[:8]}"))
        with suppress(httpx.HTTPError):
            for _ in range(_VIEWS):
                view = {"path": "/", "id": str(uuid4())}
                if not self._reader.post("/api/visits", json=view).is_success:
                    break

    def _finds(self, word: str) -> bool:
        answer = self._deployment.http.get("/api/search", params={"q": word})
        return answer.is_success and answer.json()["total"] >= 1

    def _is_quiet(self) -> bool:
        """Tell whether every process is ready, and nothing waits anywhere."""
        try:
            return self._deployment.is_ready() and not self._deployment.left_over()
        except (BusUnavailable, SQLAlchemyError):
            return False
