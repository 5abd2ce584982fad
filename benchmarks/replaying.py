"""Everything sent again to both consumers of articles, and when each of them was done."""

import subprocess
import sys
import threading
import time
from contextlib import closing
from typing import Final, Self

from services.ingest.replay import TARGETS
from shared.bus import Bus
from shared.bus.topology import CONSUMERS, Lane
from shared.database import Database
from tests.deployment import ROOT, Deployment

_EVERY: Final = 2.0
_QUEUES: Final = {one: CONSUMERS[one].queue(Lane.BULK).name for one in TARGETS}


class Replay:
    """The operator's command for each consumer, side by side, and a thread that looks on.

    Times are of the monotonic clock; ``ended`` tells when a consumer had no more of it to do,
    up to two seconds late. Render is done when its pages are written. After ``longest`` seconds it
    is over all the same, and ``left`` tells how many messages or pages there still were.
    """

    def __init__(self, deployment: Deployment, *, longest: float) -> None:
        self._deployment = deployment
        self._longest = longest
        self.left: dict[str, int] = {}
        self.began = self.sent = 0.0
        self.ended: dict[str, float] = {}
        self._senders: list[subprocess.Popen[bytes]] = []
        self._stop = threading.Event()
        self._looking = threading.Thread(target=self._look, name="replay")
        self._failure: BaseException | None = None

    def __enter__(self) -> Self:
        self.began = time.monotonic()
        for consumer in TARGETS:
            words = [sys.executable, "-m", "services.ingest", "replay", "--to", consumer]
            environment = self._deployment.environment_of("ingest")
            void = subprocess.DEVNULL
            self._senders.append(
                subprocess.Popen(words, cwd=ROOT, env=environment, stdout=void, stderr=void)
            )
        self._looking.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._looking.join()
        for sender in self._senders:
            sender.kill()
            sender.wait()

    def age(self) -> float:
        return time.monotonic() - self.began

    def is_over(self) -> bool:
        """Tell whether all is sent and done, or it took too long. Raises what went wrong."""
        if self._failure is not None:
            raise self._failure
        return len(self.ended) == len(TARGETS) or self.age() > self._longest

    def _look(self) -> None:
        try:
            with self._deployment.bus() as bus, closing(self._pages()) as pages:
                while not self._stop.wait(_EVERY) and not self.is_over():
                    self._note(bus, pages)
        except BaseException as error:  # noqa: BLE001 - told by the run's own thread
            self._failure = error

    def _pages(self) -> Database:
        return Database(self._deployment.database_url("render"))

    def _note(self, bus: Bus, pages: Database) -> None:
        at = time.monotonic()
        statuses = [sender.poll() for sender in self._senders]
        if any(statuses):
            raise RuntimeError(f"the replays ended with {statuses}")
        if None in statuses:
            return
        self.sent = self.sent or at
        depths = bus.depths()
        left = {consumer: depths.get(queue, 0) for consumer, queue in _QUEUES.items()}
        left["render"] += _bulk_pages(pages)
        self.left = left
        for consumer, count in left.items():
            if not count:
                self.ended.setdefault(consumer, at)


def _bulk_pages(pages: Database) -> int:
    with pages.read() as reading:
        found = reading.exec_driver_sql("SELECT count(*) FROM dirty WHERE priority > 0")
        return int(found.scalar_one())
