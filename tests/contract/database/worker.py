"""One of several processes on one database, for a test to run beside others and to kill.

Arguments: what to do, the database's address, a folder, and what the work needs.
"""

import json
import sys
import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from services.ingest.relay import Relay
from services.ingest.store.outbox import CHANNEL, Outbox
from services.render.settings import Settings
from services.render.site import Writer
from services.visits.counting import first_of_each
from services.visits.store import Store as Visits
from shared.bus import BusUnavailable
from shared.contracts.events import Event
from shared.database import Database
from shared.migrations import upgrade
from shared.nudge import listen
from tests.contract.database.views import AT, views


class FileBus:
    """Writes a line for each event; fails after every fifth batch, some of it already written."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a")
        self._batches = 0

    def publish(self, events: Sequence[Event], *, bulk_for: str | None = None) -> None:
        assert bulk_for is None
        self._batches += 1
        fails = self._batches % 5 == 0
        for event in events[: len(events) // 2] if fails else events:
            version = getattr(event.data, "version", 0)
            self._file.write(json.dumps([event.id, event.subject, version]) + "\n")
        self._file.flush()
        if fails:
            raise BusUnavailable("half of it was taken")


def relay(url: str, folder: Path, name: str) -> None:
    database = Database(url)
    ears = partial(listen, database, CHANNEL, folder / "wake")
    bus = FileBus(folder / f"{name}.sent")
    Relay(Outbox(database), bus, ears, poll=0.05).run(threading.Event())


def count(url: str, _folder: Path, first: str, last: str) -> None:
    store = Visits(Database(url))
    wanted = list(first_of_each(views(int(first), int(last))).values())
    for start in range(0, len(wanted), 100):
        store.count(wanted[start : start + 100], AT)


def write(url: str, folder: Path) -> None:
    settings = Settings(data_dir=folder, database=url, render_batch=16, _env_file=None)
    stop = threading.Event()
    Writer(settings, Database(url)).run(stop, stop.wait, lambda: None)


def migrate(url: str, _folder: Path, service: str) -> None:
    upgrade(service, url)


WORK: dict[str, Callable[..., None]] = {
    "relay": relay,
    "count": count,
    "write": write,
    "migrate": migrate,
}

if __name__ == "__main__":
    WORK[sys.argv[1]](sys.argv[2], Path(sys.argv[3]), *sys.argv[4:])
