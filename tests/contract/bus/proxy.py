"""A wire between a bus and its broker that a test can cut in the ways in which wires are cut."""

import socket
import threading
import time
from contextlib import suppress
from urllib.parse import urlsplit


class Proxy:
    """Forwards a loopback port of its own to the broker of a URL."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._target = (parts.hostname, parts.port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        port = self._listener.getsockname()[1]
        self.url = url.replace(f":{parts.port}/", f":{port}/")
        self._wires: list[_Wire] = []
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def swallow(self) -> None:
        """From now on lose what passes over the present connections, without closing any."""
        with self._lock:
            for wire in self._wires:
                wire.swallows = True

    def swallow_answers(self) -> None:
        """Lose what the broker says on the present connections; what it is told passes."""
        with self._lock:
            for wire in self._wires:
                wire.swallows_answers = True

    def slow_down(self, rate: float) -> None:
        """Let no more bytes a second pass to the broker on the present connections."""
        with self._lock:
            for wire in self._wires:
                wire.rate = rate

    def cut(self) -> None:
        """Close the present connections from both sides."""
        with self._lock:
            for wire in self._wires:
                wire.close()

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(10)
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self._wires.append(_Wire(client, self._target))


class _Wire:
    def __init__(self, client: socket.socket, target: tuple[str | None, int | None]) -> None:
        self.swallows = self.swallows_answers = False
        self.rate = 0.0
        self._ends = (client, socket.socket())
        try:
            self._ends[1].connect(target)
        except OSError:
            self.close()
            return
        for source, sink in (self._ends, self._ends[::-1]):
            threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    def close(self) -> None:
        for end in self._ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        answers = source is self._ends[1]
        with suppress(OSError):
            while data := source.recv(65536):
                if self.rate and not answers:
                    time.sleep(len(data) / self.rate)
                if not self.swallows and not (answers and self.swallows_answers):
                    sink.sendall(data)
        if not self.swallows:
            self.close()
