"""The pipeline at a glance: what runs, what waits, what is wrong. Reads only; changes nothing.

What runs is asked at its administrative port. Queues, outbox, pages and counts are read from
their files, so that they are known while nothing runs, too.
"""

import importlib
import json
import math
import shutil
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeVar

from prometheus_client.parser import text_string_to_metric_families

from deploy.embedded.settings import EmbeddedSettings
from shared.bus import BusUnavailable, open_bus
from shared.clock import now
from shared.pids import alive

_T = TypeVar("_T")
OUTBOX_TOO_OLD: Final = 60.0
"""Seconds an event may wait in the outbox before it is a problem."""
DISK_TOO_FULL: Final = 200 * 1024 * 1024
"""Bytes that must be free where the data are; below, changes may soon be refused."""
_TIMEOUT: Final = 5.0
_DATABASES: Final = ("ingest", "render", "visits")


@dataclass(frozen=True, slots=True)
class ProcessStatus:
    """``since`` and ``memory`` (bytes) are None where the process does not say."""

    name: str
    pid: int
    since: datetime | None = None
    memory: int | None = None
    problem: str | None = None
    """Why it is not ready; None: it is."""


@dataclass(frozen=True, slots=True)
class QueueStatus:
    name: str
    waiting: int
    in_hand: int
    dead_letters: int


@dataclass(frozen=True, slots=True)
class Problem:
    """``kind`` is one of not-running, not-ready, unreadable, disk, dead-letters, outbox, drift."""

    kind: str
    subject: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Status:
    """None, or an empty mapping: unknown, because nothing that knows it runs or was ever run."""

    at: datetime
    folder: str
    processes: tuple[ProcessStatus, ...] = ()
    queues: tuple[QueueStatus, ...] = ()
    outbox: Mapping[str, float] = field(default_factory=dict)
    delivered: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    drift: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    dirty_pages: int | None = None
    views: int | None = None
    disk_free: int | None = None
    """Bytes."""
    unreadable: Mapping[str, str] = field(default_factory=dict)

    def problems(self) -> list[Problem]:
        """Return what is wrong; nothing when all is well."""
        found = [] if self.processes else [Problem("not-running", self.folder)]
        found += [Problem("not-ready", p.name, p.problem) for p in self.processes if p.problem]
        found += [Problem("unreadable", name, why) for name, why in self.unreadable.items()]
        if self.disk_free is not None and self.disk_free < DISK_TOO_FULL:
            found.append(Problem("disk", self.folder, str(self.disk_free // 1024 // 1024)))
        found += [
            Problem("dead-letters", queue.name, str(queue.dead_letters))
            for queue in self.queues
            if queue.dead_letters
        ]
        age = self.outbox.get("oldest_seconds", 0.0)
        if age > OUTBOX_TOO_OLD:
            found.append(Problem("outbox", "ingest", f"{age:.0f}"))
        found += [
            Problem("drift", consumer, str(kinds["ahead"]))
            for consumer, kinds in self.drift.items()
            if kinds.get("ahead")
        ]
        return found

    def as_json(self) -> str:
        """Return everything as one JSON object; moments are RFC 3339."""
        problems = [asdict(problem) for problem in self.problems()]
        return json.dumps(
            asdict(self) | {"problems": problems}, default=datetime.isoformat, ensure_ascii=False
        )


def look(settings: EmbeddedSettings) -> Status:
    """Return how the deployment on the settings' data folder stands now."""
    seen = [_process(name, pid, settings) for name, pid in _pids(settings.data_dir).items()]
    figures, unreadable = _figures(settings.data_dir)
    try:
        queues = _within(_TIMEOUT, lambda: _queues(settings))
    except (BusUnavailable, OSError) as error:
        queues, unreadable["bus"] = (), str(error)
    drift: dict[str, dict[str, int]] = {}
    for _, found in seen:
        for consumer, kinds in found.items():
            drift.setdefault(consumer, {}).update(kinds)
    return Status(
        at=now(),
        folder=str(settings.data_dir.resolve()),
        processes=tuple(process for process, _ in seen),
        queues=queues,
        drift=drift,
        unreadable=unreadable,
        disk_free=_free(settings.data_dir),
        **figures,
    )


def _within(seconds: float, read: Callable[[], _T]) -> _T:
    """Return what ``read`` does; TimeoutError if it hangs, as on a lock that is never given back.

    Its thread is left behind then, which ends with the process.
    """
    future: Future[_T] = Future()

    def run() -> None:
        try:
            future.set_result(read())
        except Exception as error:  # noqa: BLE001 - raised again by who waits
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    try:
        return future.result(seconds)
    except TimeoutError:
        raise TimeoutError(f"no answer within {seconds:.0f} s") from None


def _free(folder: Path) -> int | None:
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None


def _pids(folder: Path) -> dict[str, int]:
    try:
        found = json.loads((folder / "run" / "processes.json").read_text())
        return {str(name): int(pid) for name, pid in found.items()}
    except (OSError, ValueError):
        return {}


_Drift = dict[str, dict[str, int]]


def _process(name: str, pid: int, settings: EmbeddedSettings) -> tuple[ProcessStatus, _Drift]:
    if not alive(pid):
        return ProcessStatus(name, pid, problem="ended"), {}
    port = settings.admin_ports().get(name)
    if port is None:  # the supervisor answers nobody
        return ProcessStatus(name, pid), {}
    try:
        _, text = _get(port, "/metrics")
        status, ready = _get(port, "/health/ready")
    except (urllib.error.URLError, OSError) as error:
        return ProcessStatus(name, pid, problem=f"no answer: {error}"), {}
    values, drift = _read(text)
    began = values.get("process_start_time_seconds")
    memory = values.get("process_resident_memory_bytes")
    return ProcessStatus(
        name,
        pid,
        since=datetime.fromtimestamp(began, UTC) if began else None,
        memory=int(memory) if memory else None,
        problem=None if status == 200 else _reasons(ready),  # noqa: PLR2004 - HTTP's own
    ), drift


def _get(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=_TIMEOUT) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode(errors="replace")


def _read(metrics: str) -> tuple[dict[str, float], _Drift]:
    values: dict[str, float] = {}
    drift: _Drift = {}
    for family in text_string_to_metric_families(metrics):
        for sample in family.samples:
            if sample.name == "bantin_drift" and not math.isnan(sample.value):
                kinds = drift.setdefault(sample.labels["consumer"], {})
                kinds[sample.labels["kind"]] = int(sample.value)
            elif not sample.labels:
                values[sample.name] = sample.value
    return values, drift


def _reasons(ready: str) -> str:
    try:
        found = json.loads(ready)
    except ValueError:
        return ready[:200]
    return "; ".join(f"{name}: {why}" for name, why in found.items() if name != "status")


def _queues(settings: EmbeddedSettings) -> tuple[QueueStatus, ...]:
    if settings.bus_url.startswith("sqlite://") and not _folder_of(settings).is_dir():
        return ()  # never started; looking must not make it
    bus = open_bus(settings.bus_url)
    try:
        depths, held, dead = bus.depths(), bus.in_hand(), bus.dead_letters.counts()
    finally:
        bus.close()
    return tuple(
        QueueStatus(name, max(many - held[name], 0), held[name], dead.get(name, 0))
        for name, many in depths.items()
    )


def _folder_of(settings: EmbeddedSettings) -> Path:
    return Path(settings.bus_url.removeprefix("sqlite://"))


def _figures(folder: Path) -> tuple[dict[str, Any], dict[str, str]]:
    """Return what the services' databases say, and which could not be read and why."""
    found: dict[str, Any] = {}
    unreadable: dict[str, str] = {}
    for service in _DATABASES:
        if not (folder / service / f"{service}.db").is_file():
            continue
        try:
            found |= importlib.import_module(f"services.{service}.bootstrap").figures()
        except Exception as error:  # noqa: BLE001 - whatever it is, the others are still shown
            unreadable[service] = str(error).partition("\n")[0]
    return found, unreadable
