"""A process on the bus, for tests that kill it: ``python -m tests.contract.bus.child …``.

Every way prints a line when it has come to the point where the test may kill it.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence

from shared.bus import Bus, Done, Outcome
from shared.bus.topology import QUEUES
from shared.bus.worker import Worker
from shared.contracts.events import Event
from tests.contract.bus.adapters import ADAPTERS
from tests.factories import published


def hold(bus: Bus, queue: str, limit: str) -> None:
    """Take a batch, tell its attempts, and keep it until killed."""
    subscription = bus.subscribe(QUEUES[queue])
    deliveries = subscription.fetch(int(limit), 30)
    say(" ".join(str(delivery.attempt) for delivery in deliveries))
    signal.pause()


def publish(bus: Bus, count: str) -> None:
    """Publish so many events, tell it, and wait to be killed."""
    bus.publish([published(number) for number in range(int(count))])
    say("published")
    signal.pause()


def work(bus: Bus, queue: str, poison: str = "") -> None:
    """Handle events, telling the subject of each; die at once of the one with this subject."""

    def handle(events: Sequence[Event]) -> list[Outcome]:
        if any(event.subject == poison for event in events):
            os.kill(os.getpid(), signal.SIGKILL)
        for event in events:
            say(event.subject)
        return [Done() for _ in events]

    say("ready")
    Worker(bus, QUEUES[queue], handle).run(threading.Event())


def replay(bus: Bus, queue: str) -> None:
    """Put all dead letters of a queue back, telling when it begins and when it is done."""
    ids = [letter.id for letter in bus.dead_letters.list(queue, 10_000)]
    say("begins")
    bus.dead_letters.replay(ids)
    say("done")


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    name, address, way, *rest = sys.argv[1:]
    opened = ADAPTERS[name](address).open(limit=int(os.environ.get("TEST_DELIVERY_LIMIT", "20")))
    ways: dict[str, Callable[..., None]] = {
        "hold": hold,
        "publish": publish,
        "work": work,
        "replay": replay,
    }
    ways[way](opened, *rest)
