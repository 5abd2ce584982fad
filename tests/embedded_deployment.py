"""The embedded deployment: one command, a supervisor and its children, files in one folder."""

import contextlib
import json
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar

import psutil

from tests.deployment import ROOT, Deployment, free_port, wait_for

PROCESSES = ("front", "ingest", "indexing", "render", "visits")
SUPERVISOR = "supervisor"
_EXPORTER = len(PROCESSES)


class EmbeddedDeployment(Deployment):
    kind: ClassVar[str] = "embedded"
    processes: Sequence[str] = PROCESSES
    entrance: Sequence[str] = ("front",)
    mortal: Sequence[str] = (SUPERVISOR,)

    def __init__(self, folder: Path, **settings: str) -> None:
        port, first = free_port(), free_port(_EXPORTER + 1)
        self.admin_ports = {name: first + i for i, name in enumerate(PROCESSES)}
        own = {
            "BANTIN_PORT": str(port),
            "BANTIN_ADMIN_PORT": str(first),
            "BANTIN_VISITS_METRICS_PORT": str(first + _EXPORTER),
            "BANTIN_SAMPLES": "false",
        }
        super().__init__(folder, port, own | settings)
        self._supervisor: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
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

    def stop(self) -> int:
        """Stop it as Ctrl-C does and return the exit status."""
        if self._supervisor is None:
            return 0
        self._supervisor.send_signal(signal.SIGINT)
        status = self._supervisor.wait(60)
        self._supervisor = None
        return status

    @contextlib.contextmanager
    def without(self, *services: str) -> Iterator[None]:
        del services
        assert self.stop() == 0
        yield
        self.start()

    def pids(self) -> dict[str, int]:
        found = json.loads((self.folder / "run" / "processes.json").read_text())
        return {str(name): int(pid) for name, pid in found.items()}

    def living(self, name: str) -> int | None:
        """The supervisor's list may be a moment old, so whose child a process is is looked at."""
        supervisor = self.supervisor().pid
        if name == SUPERVISOR:
            return supervisor
        pid = self.pids().get(name)
        return pid if pid is not None and _is_child(pid, supervisor) else None

    def supervisor(self) -> psutil.Process:
        """Return the supervisor's process; it must have been started."""
        assert self._supervisor is not None
        return psutil.Process(self._supervisor.pid)

    def buried(self) -> None:
        """Return once a supervisor that was killed, and every child it left behind, has ended."""
        assert self._supervisor is not None
        self._supervisor.wait(10)
        self._supervisor = None
        left = [pid for name, pid in self.pids().items() if name != SUPERVISOR]
        wait_for(lambda: not any(map(_lives, left)))
        ports = [self.port, *self.admin_ports.values(), self.exporter_port]
        wait_for(lambda: all(map(_can_be_listened_on, ports)))

    def revive(self) -> None:
        self.buried()
        self.start()

    def environment_of(self, service: str) -> dict[str, str]:
        del service
        return self.environment

    def members(self, name: str) -> list[str]:
        return [name]

    @property
    def exporter_port(self) -> int:
        return self.admin_ports["front"] + _EXPORTER

    @property
    def bus_url(self) -> str:
        return f"sqlite://{self.folder / 'bus'}"

    @property
    def search_index_url(self) -> str:
        return f"tantivy://{self.folder / 'index'}"

    def database_url(self, service: str) -> str:
        return f"sqlite:///{self.folder / service / f'{service}.db'}"

    def log(self, name: str) -> str:
        return (self.folder / "log" / f"{name}.log").read_text()

    def damage(self) -> list[str]:
        """Let SQLite examine every database file."""
        found = []
        for file in sorted(self.folder.rglob("*.db")):
            for query in ("PRAGMA integrity_check", "PRAGMA foreign_key_check"):
                rows = _ask(file, query)
                if rows not in ([("ok",)], []):
                    found.append(f"damaged: {file.relative_to(self.folder)}: {rows[:3]}")
        return found

    def wipe(self, *parts: str) -> None:
        for part in parts:
            shutil.rmtree(self.folder / part)

    def back_up(self, service: str) -> None:
        shutil.copytree(self.folder / service, self._copy_of(service), dirs_exist_ok=True)

    def restore(self, service: str) -> None:
        shutil.rmtree(self.folder / service)
        shutil.copytree(self._copy_of(service), self.folder / service)

    def _copy_of(self, service: str) -> Path:
        return self.folder.with_name(f"{self.folder.name}-backup") / service


def _is_child(pid: int, parent: int) -> bool:
    try:
        process = psutil.Process(pid)
        return process.ppid() == parent and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _can_be_listened_on(port: int) -> bool:
    """Tell whether a server could start here; connections that have just ended do not matter."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _ask(file: Path, query: str) -> list[tuple[object, ...]]:
    with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as reading:
        return reading.execute(query).fetchall()
