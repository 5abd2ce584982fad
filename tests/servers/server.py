"""What every real server of the tests can do, wherever it comes from."""

import os
import shutil
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from functools import cache
from pathlib import Path
from typing import ClassVar, Self

from tests.deployment import free_port
from tests.servers.runner import Runner

START_WITHIN, STOP_WITHIN, PULL_WITHIN = 120.0, 60.0, 600.0
"""Seconds; a machine with much else to do is slow, and nothing depends on these being short."""


class Missing(Exception):  # noqa: N818 - it is no fault
    """This machine has no such server."""

    def __init__(self, server: str, advice: str) -> None:
        super().__init__(f"no {server}: {advice}")
        self.server = server
        self.advice = advice
        """What to do about it."""


class Server(ABC):
    """A server on a private loopback port; it keeps port and data over any stop and start."""

    name: ClassVar[str]
    image: ClassVar[str]
    advice: ClassVar[str]
    """What to install where there is no Docker."""

    def __init__(self, folder: Path) -> None:
        source = type(self).source()
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.port = free_port()
        self.runner = self._container() if source == "docker" else self._process()

    @classmethod
    @abstractmethod
    def packaged(cls) -> bool:
        """Tell whether this machine's packages have it."""

    @classmethod
    def source(cls) -> str:
        """Return ``packages`` or ``docker``; raise Missing where it can be had from neither."""
        wanted = os.environ.get("BANTIN_TEST_SERVERS", "auto")
        assert wanted in {"auto", "packages", "docker"}, f"BANTIN_TEST_SERVERS={wanted}"
        image = f"start a Docker engine that has the image {cls.image}, or can pull it"
        advice = {"packages": cls.advice, "docker": image, "auto": f"{cls.advice}; or {image}"}
        if wanted != "docker" and cls.packaged():
            return "packages"
        if wanted != "packages" and can_be_had(cls.image):
            return "docker"
        raise Missing(cls.name, advice[wanted])

    @abstractmethod
    def _process(self) -> Runner: ...

    @abstractmethod
    def _container(self) -> Runner: ...

    @abstractmethod
    def is_ready(self) -> bool:
        """Tell whether a client can work with it now."""

    def start(self) -> None:
        """Return once it is usable; fail with its log if it does not become so."""
        self.runner.start()
        deadline = time.monotonic() + START_WITHIN
        while not self.is_ready():
            late = time.monotonic() > deadline
            if late or not self.runner.alive():
                said = self.runner.output()
                self.runner.kill()
                what = f"not usable within {START_WITHIN} s" if late else "ended while starting"
                raise AssertionError(f"{self.name} {what}:\n{said}")
            time.sleep(0.1)

    def stop(self) -> None:
        """Stop it in its own orderly way."""
        self.runner.stop(STOP_WITHIN)

    def kill(self) -> None:
        """SIGKILL every process of it."""
        self.runner.kill()

    def restart(self) -> None:
        """Stop it in its own orderly way and return once it is usable again."""
        self.stop()
        self.start()

    def pause(self) -> None:
        """SIGSTOP: connections stay open, nothing answers."""
        self.runner.pause()

    def resume(self) -> None:
        """SIGCONT."""
        self.runner.resume()

    def close(self) -> None:
        """End it for good, at once: an orderly stop takes a broker some seconds."""
        self.kill()
        self.runner.remove()

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def listens(port: int) -> bool:
    """Tell whether somebody accepts connections at a loopback port."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5):
            return True
    except OSError:
        return False


@cache
def can_be_had(image: str) -> bool:
    """Tell whether a Docker engine is at hand, and has the image or can pull it."""
    if shutil.which("docker") is None:
        return False
    tries = (["docker", "version"], 20), (["docker", "image", "inspect", image], 20)
    engine, present = (_succeeds(words, within) for words, within in tries)
    return engine and (present or _succeeds(["docker", "pull", "--quiet", image], PULL_WITHIN))


def _succeeds(words: list[str], within: float) -> bool:
    try:
        done = subprocess.run(words, capture_output=True, timeout=within, check=False)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0
