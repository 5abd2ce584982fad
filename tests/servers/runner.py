"""How a server is run: as processes of this machine, or as a container."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol
from uuid import uuid4

from tests.servers import tree
from tests.servers.watchdog import watchdog


class Runner(Protocol):
    """One server that can be started any number of times; its data stay until ``remove``."""

    def start(self) -> None:
        """Begin to start it; whether it has become usable is for the caller to find out."""

    def alive(self) -> bool:
        """Tell whether it runs, be it paused or not."""

    def stop(self, within: float) -> None:
        """Ask it to stop; kill it after ``within`` seconds."""

    def kill(self) -> None:
        """End it, and every process of it, without giving it a chance to tidy up."""

    def pause(self) -> None:
        """Hold every process of it; its connections stay open and nothing answers."""

    def resume(self) -> None:
        """Let it go on."""

    def output(self) -> str:
        """Return the last of what it has said."""

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run one of its own commands beside it."""

    def remove(self) -> None:
        """End it and give back what it holds besides its folder."""


class Process:
    """A server of this machine's packages, in a session of its own."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        folder: Path,
        environment: Mapping[str, str] | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
    ) -> None:
        self.log = folder / "console.log"
        self.environment = {**os.environ, **(environment or {})}
        self._command = command
        self._folder = folder
        self._stop_signal = stop_signal
        self._process: subprocess.Popen[bytes] | None = None
        self._paused = False

    def start(self) -> None:
        assert not self.alive(), f"{self._command[0]} runs already"
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=self._folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        watchdog.watch("group", str(self._process.pid))

    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def stop(self, within: float) -> None:
        if self._process is None:
            return
        if self._paused:
            self.resume()
        if self.alive():
            self._process.send_signal(self._stop_signal)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(within)
        self.kill()

    def kill(self) -> None:
        if self._process is None:
            return
        tree.end(self._process.pid)
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(30)
        watchdog.forget("group", str(self._process.pid))
        self._process = None
        self._paused = False

    def pause(self) -> None:
        assert self._process is not None
        tree.hold(self._process.pid)
        self._paused = True

    def resume(self) -> None:
        assert self._process is not None
        tree.let_go(self._process.pid)
        self._paused = False

    def output(self) -> str:
        return self.log.read_text(errors="replace")[-6000:] if self.log.exists() else ""

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        return run(words, self.environment)

    def remove(self) -> None:
        self.kill()


class Container:
    """A server of an image; it keeps its data while it is stopped, until it is removed."""

    def __init__(
        self, image: str, options: Sequence[str], arguments: Sequence[str] = (), *, stop: str
    ) -> None:
        self.name = f"bantin-test-{uuid4().hex[:12]}"
        self._image = image
        self._options = options
        self._arguments = arguments
        self._stop_signal = stop
        self._made = False

    def start(self) -> None:
        if not self._made:
            watchdog.watch("container", self.name)
            stop = f"--stop-signal={self._stop_signal}"
            made = ("create", "--name", self.name, stop, *self._options)
            docker(*made, self._image, *self._arguments)
            self._made = True
        docker("start", self.name)

    def alive(self) -> bool:
        return self._state() in {"running", "paused", "restarting"}

    def stop(self, within: float) -> None:
        if self._state() == "paused":
            self.resume()
        if self.alive():
            docker("stop", "--time", str(int(within)), self.name)

    def kill(self) -> None:
        if self.alive():
            docker("kill", self.name)
            docker("wait", self.name)

    def pause(self) -> None:
        docker("pause", self.name)

    def resume(self) -> None:
        docker("unpause", self.name)

    def output(self) -> str:
        done = docker("logs", "--tail", "100", self.name)
        return done.stdout + done.stderr

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        return docker("exec", self.name, *words)

    def remove(self) -> None:
        if self._made:
            docker("rm", "--force", "--volumes", self.name)
            watchdog.forget("container", self.name)
            self._made = False

    def _state(self) -> str:
        if not self._made:
            return "absent"
        return docker("inspect", "--format", "{{.State.Status}}", self.name).stdout.strip()


def docker(*words: str, within: float = 120) -> subprocess.CompletedProcess[str]:
    """Run a command of the Docker client; fail with what it said."""
    return run(("docker", *words), within=within)


def run(
    words: Sequence[str], environment: Mapping[str, str] | None = None, *, within: float = 120
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end; fail with what it said."""
    done = subprocess.run(
        words,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=within,
        check=False,
    )
    assert done.returncode == 0, f"{words[0]} ended with {done.returncode}: {done.stderr}"
    return done
