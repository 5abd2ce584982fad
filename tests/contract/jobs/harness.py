"""Processes that have jobs, as their operator sees them: the admin port, the log, the exit."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx

from tests.deployment import ROOT, free_port, wait_for


class Jobs:
    """One process with an administrative port; ``module`` and its words say which."""

    def __init__(self, folder: Path, words: list[str], port: int, **environment: str) -> None:
        self.port = port
        self.log = folder / f"{port}.log"
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("BANTIN_")}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *words],
                cwd=ROOT,
                env=inherited | environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self.process.pid

    def health(self) -> dict[str, Any]:
        """Return what it says of its readiness; nothing while its port does not answer."""
        try:
            answer = httpx.get(f"http://127.0.0.1:{self.port}/health/ready", timeout=10)
        except httpx.TransportError:
            assert self.process.poll() is None, f"it has ended: {self.log.read_text()}"
            return {}
        found: dict[str, Any] = answer.json()
        return found

    def is_ready(self) -> bool:
        return self.health().get("status") == "ok"

    def metric(self, name: str) -> float:
        """Return one sample, named with its labels; 0 where there is none."""
        text = httpx.get(f"http://127.0.0.1:{self.port}/metrics", timeout=10).text
        lines = [line for line in text.splitlines() if line.startswith(f"{name} ")]
        return float(lines[0].rpartition(" ")[2]) if lines else 0.0

    def terminate(self) -> int:
        """Ask it to stop as Docker does; return the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(10)


class Sample:
    """The jobs of ``child.py`` in a folder, done by any number of processes."""

    def __init__(self, folder: Path, bus: str) -> None:
        self.folder = folder
        self.bus = bus
        self.processes: list[Jobs] = []

    def start(self, **environment: str) -> Jobs:
        port = free_port()
        words = ["tests.contract.jobs.child", self.bus, str(self.folder), str(port)]
        jobs = Jobs(self.folder, words, port, **environment)
        self.processes.append(jobs)
        return jobs

    def ready(self, **environment: str) -> Jobs:
        jobs = self.start(**environment)
        wait_for(jobs.is_ready)
        return jobs

    def tell(self, job: str, how: str) -> None:
        """Say what the next runs of a job do; see ``child.py``. Nothing: they just end."""
        noted = self.folder / f"{job}.how"
        if how:
            new = noted.with_suffix(".new")
            new.write_text(how)
            new.rename(noted)
        else:
            noted.unlink(missing_ok=True)

    def lines(self, job: str) -> list[str]:
        """Return what the runs of a job have noted: who, and whether it begins or ends."""
        file = self.folder / job
        return file.read_text().splitlines() if file.exists() else []

    def begun(self, job: str, how: str = "") -> bool:
        """Tell whether a run has begun that was told so, and not ended."""
        found = self.lines(job)
        return bool(found) and found[-1].endswith(f"begins {how}".strip())

    def waiting(self, job: str) -> int:
        """Return how many runs have begun that were told to wait."""
        return sum(line.endswith(" begins wait") for line in self.lines(job))

    def goes_on(self, job: str = "quick", times: int = 3) -> None:
        """Return once a job has come to its end so many times more."""
        before = self.ends(job)
        wait_for(lambda: self.ends(job) >= before + times)

    def ends(self, job: str) -> int:
        return sum(line.endswith(" ends") for line in self.lines(job))

    def close(self) -> None:
        for jobs in self.processes:
            jobs.kill()
