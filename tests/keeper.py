"""Keeps the processes of a deployment alive, as a container engine does with «restart: always»."""

import os
import shutil
import signal
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from deploy.embedded.children import Child
from tests.servers.watchdog import watchdog

GATEWAY_PROGRAM = shutil.which("nginx") or "/usr/sbin/nginx"
_EVERY = 0.05


class Keeper:
    """A thread that starts again what ends. Children notice by ``parent_fd`` if we all die."""

    def __init__(self) -> None:
        self.parent_fd, self._held = os.pipe()
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._resting: list[Child] = []
        self._thread: threading.Thread | None = None

    def start(self, children: Iterable[Child]) -> None:
        every = list(children)
        for child in every:
            child.start()
        self._thread = threading.Thread(target=self._run, args=(every,), name="keeper")
        self._thread.start()

    def _run(self, children: list[Child]) -> None:
        while not self._over.wait(_EVERY):
            with self._lock:
                for child in children:
                    if child not in self._resting:
                        child.look_after()

    @contextmanager
    def resting(self, children: list[Child]) -> Iterator[None]:
        """Restart none of these meanwhile, and start each afterwards."""
        with self._lock:
            self._resting += children
        try:
            yield
        finally:
            with self._lock:
                for child in children:
                    self._resting.remove(child)
                    child.start()

    def stop(self) -> None:
        """Restart nothing any more."""
        self._over.set()
        if self._thread is not None:
            self._thread.join()

    def close(self) -> None:
        """Give the pipe back, once every child has ended."""
        os.close(self._held)
        os.close(self.parent_fd)


class Gateway(Child):
    """Nginx: asked by SIGQUIT to finish what it does; it knows nothing of ``parent_fd``."""

    def start(self) -> None:
        former = self.pid
        super().start()
        watchdog.watch("group", str(self.pid))
        if former is not None:
            watchdog.forget("group", str(former))

    def ask_to_stop(self) -> None:
        self._signal(signal.SIGQUIT)

    def wait(self, timeout: float) -> None:
        super().wait(timeout)
        watchdog.forget("group", str(self.pid))
