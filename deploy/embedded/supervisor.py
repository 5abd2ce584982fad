"""Starts every process of the embedded deployment, keeps it alive, stops it in order."""

import json
import os
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.embedded.children import Child, Command
from deploy.embedded.settings import SERVICES, EmbeddedSettings
from shared.i18n import text
from shared.locks import FileLock

_READY_WITHIN = 60.0
_STOP_WITHIN = 15.0
_GIVE_UP_AFTER = 3
_STEP = 0.05


class StartError(RuntimeError):
    """The deployment cannot start; the text tells a person why and what to do."""


class Supervisor:
    """Owns the child processes. ``stop`` may be set from a signal handler at any time."""

    def __init__(self, settings: EmbeddedSettings) -> None:
        self.settings = settings
        self.stopping = False
        self._lock = FileLock(settings.data_dir / ".running")
        self._read_end, self._write_end = os.pipe()
        self.children = [self._child(name) for name in (*SERVICES, "front")]

    def _child(self, name: str) -> Child:
        port = self.settings.admin_ports()[name]
        return Child(
            Command(
                name=name,
                arguments=("-m", "deploy.embedded", "process", name),
                environment={**os.environ, "BANTIN_PROCESS_ADMIN_PORT": str(port)},
                log=self.settings.data_dir / "log" / f"{name}.log",
                parent_fd=self._read_end,
            )
        )

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the data folder; StartError when another deployment runs on it."""
        self.settings.data_dir.mkdir(parents=True, exist_ok=True)
        if not self._lock.try_hold():
            raise StartError(
                text("Bản Tin already runs on %(folder)s.", folder=self.settings.data_dir)
            )
        try:
            self._need_free_ports()
            yield
        finally:
            self._lock.release()

    def _need_free_ports(self) -> None:
        wanted = {"BANTIN_PORT": (self.settings.host, self.settings.port)}
        wanted |= {
            f"BANTIN_ADMIN_PORT ({name})": ("127.0.0.1", port)
            for name, port in self.settings.admin_ports().items()
        }
        for setting, address in wanted.items():
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(address)
                except OSError as error:
                    raise StartError(
                        text(
                            "Port %(port)s is taken (%(error)s). Choose another by %(setting)s.",
                            port=address[1],
                            error=error.strerror,
                            setting=setting,
                        )
                    ) from error

    def start(self) -> None:
        for child in self.children:
            child.start()
        self._note_pids()

    def wait_until_ready(self, progress: Callable[[str], None]) -> None:
        """Return when every process says that it is ready; StartError if one cannot be."""
        waiting = {child.command.name for child in self.children}
        deadline = time.monotonic() + _READY_WITHIN
        while waiting and not self.stopping:
            self.look_after()
            for child in self.children:
                name = child.command.name
                if child.deaths >= _GIVE_UP_AFTER or time.monotonic() > deadline:
                    raise StartError(
                        text(
                            "%(name)s does not start; the end of %(log)s says:\n%(tail)s",
                            name=name,
                            log=child.command.log,
                            tail=_tail(child.command.log),
                        )
                    )
                if name in waiting and _ready(self.settings.admin_ports()[name]):
                    waiting.discard(name)
                    progress(name)
            time.sleep(_STEP)

    def look_after(self) -> list[str]:
        """Restart what has ended; return the names of what was restarted."""
        restarted = []
        for child in self.children:
            if child.look_after():
                restarted.append(child.command.name)
            child.set_aside_long_log()
        if restarted:
            self._note_pids()
        return restarted

    def stop(self) -> None:
        """Stop the front door first, so that nothing is accepted that is not looked after."""
        front = self.children[-1]
        front.ask_to_stop()
        front.wait(_STOP_WITHIN)
        for child in self.children:
            child.ask_to_stop()
        for child in self.children:
            child.wait(_STOP_WITHIN)
        (self.settings.data_dir / "run" / "processes.json").unlink(missing_ok=True)

    def _note_pids(self) -> None:
        file = self.settings.data_dir / "run" / "processes.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        pids = {child.command.name: child.pid for child in self.children}
        temporary = file.with_suffix(".new")
        temporary.write_text(json.dumps({"supervisor": os.getpid(), **pids}))
        temporary.rename(file)


def stop_on_signals(supervisor: Supervisor) -> None:
    """Let SIGTERM and Ctrl-C end the deployment."""

    def note(_number: int, _frame: object) -> None:
        supervisor.stopping = True

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, note)


def _ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=2):
            return True
    except (urllib.error.URLError, OSError):
        return False


def _tail(log: Path, lines: int = 12) -> str:
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    except OSError as error:
        return str(error)


def say(line: str) -> None:
    """Tell the person at the terminal."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
