"""A deployment with servers of its own that are hurt one after the other, and what must hold."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from sqlalchemy.exc import SQLAlchemyError

from shared.bus import BusUnavailable
from shared.bus.topology import QUEUES
from tests.chaos import compare
from tests.chaos.run import Past
from tests.deployment import Editor, wait_for
from tests.faults.traffic import Trickle
from tests.server_deployment import ServerDeployment
from tests.server_stores import Servers

RECOVERED_WITHIN = 180.0
"""Seconds; nothing depends on it being fast, and how long it took is told."""

_MANIFESTS = 'bantin_job_duration_seconds_count{name="ingest.manifests"}'
"""How many manifests were sent."""


class Site:
    """One deployment, and what was ever accepted by it."""

    def __init__(self, deployment: ServerDeployment) -> None:
        self.deployment = deployment
        self.servers: Servers = deployment.servers
        self.editor = Editor(deployment)
        self.editor.category("tin-tuc", "Tin tức")
        self.past = Past()
        self.tell: Callable[[float], None] = lambda _: None
        """Called with the seconds from the end of a fault until all accepted had arrived."""
        self._seed = 0
        # The first manifest comes half a minute after a start: it could mend what a fault breaks.
        wait_for(lambda: deployment.value("ingest-jobs", _MANIFESTS), every=0.5)

    @contextmanager
    def suffering(self, fault: AbstractContextManager[None]) -> Iterator[Trickle]:
        """Let a fault last for a block while people work; afterwards all that they did is there.

        They begin before it and end after it, once each of them was served again.
        """
        with self.working() as trickle:
            with fault:
                yield trickle
            over = time.monotonic()
            trickle.flows(1)
        self.all_there(trickle, since=over)

    @contextmanager
    def working(self) -> Iterator[Trickle]:
        """Let people work for a block, from when each has been served until all have finished."""
        self._seed += 1
        with Trickle(self.deployment, self._seed, self.editor) as trickle:
            trickle.flows()
            yield trickle
            trickle.finish()

    def all_there(self, trickle: Trickle, *, since: float) -> None:
        """Wait until nothing is under way; what was accepted must then be there, and only once."""
        wait_for(self.is_quiet, within=RECOVERED_WITHIN)
        self.tell(time.monotonic() - since)
        left = self.waiting()
        assert not left, f"in the queues, or parked: {left}"
        found = list(self._differences(trickle))
        assert not found, "\n".join(found)

    def waiting(self) -> dict[str, int]:
        """Return what the broker itself knows to be in the queues, dead letters too."""
        queues = self.servers.rabbitmq.queues(self.deployment.stores.vhost)
        ours = {name: queues[name] for q in QUEUES.values() for name in (q.name, q.dead_letters)}
        held = {name: queue.ready + queue.unacknowledged for name, queue in ours.items()}
        return {name: count for name, count in held.items() if count}

    def in_hand(self, queue: str) -> int:
        """Return how many messages of a queue are out and not settled, as the broker knows."""
        return self.servers.rabbitmq.queues(self.deployment.stores.vhost)[queue].unacknowledged

    def is_quiet(self) -> bool:
        """Tell whether every process is ready again, and nothing is on its way."""
        try:
            return self.deployment.is_ready() and not self.deployment.left_over()
        except (BusUnavailable, SQLAlchemyError):
            return False

    def _differences(self, trickle: Trickle) -> Iterator[str]:
        """Compare what was accepted with what there is; note it as past."""
        http, articles, past = self.deployment.http, trickle.articles, self.past
        yield from compare.articles(self.editor.http, articles)
        yield from compare.pages(http, articles)
        yield from compare.search(self.deployment, articles, past.articles)
        past.articles += articles
        past.views += trickle.views()
        if (total := self.deployment.total()) != past.views.total():
            yield f"{total} views are counted, {past.views.total()} were accepted"

    def last_differences(self) -> Iterator[str]:
        """Compare every page, list and count that there ever was."""
        yield from compare.pages(self.deployment.http, self.past.articles)
        yield from compare.lists(self.deployment.http, self.past.articles)
        yield from compare.views(self.deployment, self.past.views)
        yield from (f"parked: {letter}" for letter in self.deployment.dead_letters())
        if self.deployment.stop() != 0:
            yield f"not all ended with status 0: {self.deployment.complaints}"
        yield from self.deployment.damage()
