"""Ten thousand views, doubled, delayed and out of order, under kills: the total is exact."""

import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from shared.clock import now
from shared.contracts.events import Event, PageViewed, new_event
from tests.chaos.plan import seeded
from tests.chaos.readers import AGENT
from tests.deployment import Deployment, wait_for

BY_HTTP, BY_BUS, TOO_OLD, CLIENTS = 6_000, 4_000, 25, 8
VICTIMS = {
    "embedded": ("visits", "front", "visits", "front", "visits"),
    "servers": ("visits-counter", "gateway", "visits-collector", "visits-counter", "gateway"),
}


def _ids(chosen: random.Random, count: int) -> list[str]:
    return [str(UUID(int=chosen.getrandbits(128), version=4)) for _ in range(count)]


def _send(deployment: Deployment, views: list[str]) -> None:
    """Send each view until it is taken, as the page's script does."""
    with httpx.Client(base_url=deployment.url, headers=AGENT, timeout=30) as reader:
        for view in views:
            deadline = time.monotonic() + 60
            while True:
                try:
                    status = reader.post("/api/visits", json={"path": "/", "id": view}).status_code
                except httpx.TransportError:
                    status = 503
                if status == 202:
                    break
                assert status == 503
                assert time.monotonic() < deadline, "a view was never taken"
                time.sleep(0.05)


def _viewed(view: str, days_ago: float) -> Event:
    moment = now() - timedelta(days=days_ago)
    data = PageViewed(id=UUID(view), path="/", received_at=moment, visitor=view[:16])
    return new_event(data, subject=view, source="/test", time=moment)


def _publish(deployment: Deployment, chosen: random.Random, views: list[str]) -> None:
    """Put events on the bus: each up to a week late, every third one twice, in any order."""
    events = [_viewed(view, chosen.uniform(0, 7)) for view in views]
    events += [_viewed(view, 9) for view in _ids(chosen, TOO_OLD)]
    events += events[: len(views) : 3]
    chosen.shuffle(events)
    with deployment.bus() as bus:
        for start in range(0, len(events), 50):
            bus.publish(events[start : start + 50])


@pytest.mark.crash
def test_ten_thousand_views_doubled_late_and_reordered_under_kills_count_once_each(
    new_deployment: Callable[..., Deployment], tmp_path: Path
) -> None:
    chosen = seeded("views", 10_000)
    clicked, sent = _ids(chosen, BY_HTTP), _ids(chosen, BY_BUS)
    with (
        new_deployment(tmp_path / "var") as deployment,
        ThreadPoolExecutor(CLIENTS + 1) as pool,
    ):
        again = [*clicked, *clicked[::20]]
        chosen.shuffle(again)
        work = [pool.submit(_send, deployment, again[i::CLIENTS]) for i in range(CLIENTS)]
        work.append(pool.submit(_publish, deployment, chosen, sent))
        for name in VICTIMS[deployment.kind]:
            time.sleep(0.5)
            killed = deployment.kill(name)
            wait_for(lambda n=name, pid=killed: deployment.restarted(n, pid))  # type: ignore[misc]
        for done in work:
            done.result()
        wait_for(lambda: deployment.total() >= BY_HTTP + BY_BUS, within=120)
        wait_for(lambda: not deployment.waiting())
        assert deployment.total() == BY_HTTP + BY_BUS
        parked = deployment.dead_letters()
        assert len(parked) == TOO_OLD, "only what is older than ids are remembered is set apart"
        assert {letter["queue"] for letter in parked} == {"visits.visits"}
