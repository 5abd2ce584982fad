"""Collector, bus and counter together, over the embedded bus."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from services.visits.bootstrap import build_app, migrate, open_store, processes
from services.visits.counting import SITE
from services.visits.settings import Settings
from shared.bus import Bus, open_bus
from shared.bus.topology import VISITS, Lane
from shared.clock import now
from tests.databases import Databases
from tests.deployment import wait_for

ROOT = Path(__file__).parents[3]
BROWSER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"}
QUEUE = VISITS.queue(Lane.VISITS).name
KILLED_AFTER_COMMIT = """
import os, signal, threading
from services.visits.bootstrap import open_store
from services.visits.consumer import handle
from services.visits.settings import Settings
from shared import clock
from shared.bus import open_bus
from shared.bus.topology import VISITS
from shared.bus.worker import processes

settings = Settings()
store = open_store(settings)

def handle_and_die(events):
    handle(events, store, clock.now)
    os.kill(os.getpid(), signal.SIGKILL)

(counter,) = processes(open_bus(settings.bus_url), VISITS, handle_and_die)
counter.run(threading.Event())
"""


@pytest.fixture
def settings(
    tmp_path: Path, visits_databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Settings]:
    for name in [name for name in os.environ if name.startswith("BANTIN_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("BANTIN_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("BANTIN_VISITS_METRICS_PORT", "0")
    if visits_databases.kind == "sqlite":
        made = Settings(_env_file=None)
        migrate(made)
        yield made
        return
    with visits_databases.lend() as url:
        monkeypatch.setenv("BANTIN_DATABASE", url)
        yield Settings(_env_file=None)


@pytest.fixture
def bus(settings: Settings) -> Iterator[Bus]:
    opened = open_bus(settings.bus_url)
    yield opened
    opened.close()


def send(settings: Settings, bus: Bus, count: int) -> None:
    client = build_app(settings, bus=bus).test_client()
    for _ in range(count):
        assert client.post("/api/visits", json={"path": "/"}, headers=BROWSER).status_code == 202


def test_every_view_taken_is_counted_and_the_queue_is_empty(settings: Settings, bus: Bus) -> None:
    senders = [threading.Thread(target=partial(send, settings, bus, 20)) for _ in range(4)]
    stop = threading.Event()
    running = [
        threading.Thread(target=process.run, args=(stop,))
        for process in processes(settings, bus=bus)
    ]
    for thread in (*running, *senders):
        thread.start()
    for thread in senders:
        thread.join()
    wait_for(lambda: bus.depths()[QUEUE] == 0, within=60, every=0.02)
    assert open_store(settings).totals(SITE, now()).total == 80
    stop.set()
    for thread in running:
        thread.join(30)
        assert not thread.is_alive()
    assert bus.dead_letters.list() == []


def test_a_kill_between_commit_and_ack_repeats_without_effect(settings: Settings, bus: Bus) -> None:
    send(settings, bus, 25)
    store = open_store(settings)
    for _ in range(2):
        died = subprocess.run([sys.executable, "-c", KILLED_AFTER_COMMIT], cwd=ROOT, check=False)
        assert died.returncode == -signal.SIGKILL
        assert store.totals(SITE, now()).total > 0
        assert bus.depths()[QUEUE] > 0
    stop = threading.Event()
    counter = processes(settings, bus=bus)[0]
    thread = threading.Thread(target=counter.run, args=(stop,))
    thread.start()
    wait_for(lambda: bus.depths()[QUEUE] == 0, within=60, every=0.02)
    stop.set()
    thread.join(30)
    assert store.totals(SITE, now()).total == 25
    assert bus.dead_letters.list() == []
