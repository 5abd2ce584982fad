"""What the processes count themselves, kept although each of them forgets it when it is killed."""

import http.client
import re
import threading
from collections import Counter

from tests.deployment import Deployment

_LINE = re.compile(r'(bantin_(?:redeliveries|repeats)_total)\{\w+="([^"]+)"\} ([0-9.e+]+)')
_BIRTH = re.compile(r"^process_start_time_seconds (\S+)$", re.MULTILINE)


class Counters:
    """Reads the metrics over and over. A sum is a lower bound: what a process counted between the
    last reading and its death is not in it.
    """

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._lock = threading.Lock()
        self._known: dict[tuple[str, str, str], float] = {}
        self.read()
        self._before = dict(self._known)

    def run(self, stop: threading.Event) -> None:
        while not stop.wait(2):
            self.read()

    def read(self) -> None:
        """Read every process that answers."""
        with self._lock:
            for name, port in self._deployment.admin_ports.items():
                text = _metrics(port)
                born = _BIRTH.search(text)
                for metric, label, value in _LINE.findall(text):
                    life = f"{name} {born[1] if born else ''}"
                    self._known[metric, label, life] = float(value)

    def sums(self, metric: str) -> dict[str, int]:
        """Return a metric's growth over all lives, by its label; what is 0 is left out."""
        found: Counter[str] = Counter()
        for key, value in self._known.items():
            grown = value - self._before.get(key, 0)
            if key[0] == metric and grown:
                found[key[1]] += int(grown)
        return dict(sorted(found.items()))


def _metrics(port: int) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/metrics")
        return connection.getresponse().read().decode()
    except (OSError, http.client.HTTPException):
        return ""
    finally:
        connection.close()
