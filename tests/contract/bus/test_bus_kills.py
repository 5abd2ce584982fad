"""Processes that are killed: nothing promised is lost, nothing in hand stays behind."""

import os
import signal
import time
from collections import Counter

import pytest

from shared.bus import BATCH, Bus, Done
from shared.bus.topology import RENDER, Lane
from shared.contracts.events import decode
from tests.contract.bus.adapters import Adapter
from tests.contract.bus.conftest import Child, Start
from tests.deployment import wait_for
from tests.factories import an_id, published

pytestmark = pytest.mark.crash
LIVE = RENDER.queue(Lane.LIVE)


def line_of(child: Child) -> str:
    assert child.stdout is not None
    return child.stdout.readline().strip()


def kill(child: Child) -> None:
    os.kill(child.pid, signal.SIGKILL)
    child.wait()


def test_what_a_killed_consumer_had_in_hand_is_delivered_again(bus: Bus, start: Start) -> None:
    bus.publish([published(number) for number in range(3)])
    child = start("hold", "render.live", "2")
    assert line_of(child) == "1 1"
    mine = bus.subscribe(LIVE)
    (third,) = mine.fetch(BATCH, 10)
    assert third.attempt == 1
    mine.settle([(third, Done())])
    assert mine.fetch(BATCH, 0) == []  # it lives, so what it has stays its own
    kill(child)
    for _ in range(2):
        (delivery,) = mine.fetch(BATCH, 10)
        assert delivery.attempt == 2
        mine.settle([(delivery, Done())])
    assert bus.depths()["render.live"] == 0


def test_a_publisher_killed_right_after_its_publish_returned_has_lost_nothing(
    bus: Bus, start: Start
) -> None:
    child = start("publish", "50")
    assert line_of(child) == "published"
    kill(child)
    assert len(bus.subscribe(LIVE).fetch(BATCH, 0)) == 50
    assert bus.depths()["indexing.live"] == 50


def test_a_message_that_kills_its_consumers_is_parked_and_charges_only_itself(
    adapter: Adapter, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_DELIVERY_LIMIT", "4")
    bus = adapter.open(limit=4)
    bus.publish([published(number) for number in range(500)])
    handled: Counter[str] = Counter()
    for _ in range(4):
        child = start("work", "render.live", str(an_id(250)))
        assert child.wait(60) == -signal.SIGKILL
        assert child.stdout is not None
        handled.update(child.stdout.read().split()[1:])
    survivor = bus.subscribe(LIVE)
    attempts: set[int] = set()
    while batch := survivor.fetch(BATCH, 0):
        attempts |= {delivery.attempt for delivery in batch}
        handled.update(decode(delivery.body).subject for delivery in batch)
        survivor.settle([(delivery, Done()) for delivery in batch])
    # The batch that the first one died with was charged once; from then on each came alone.
    assert attempts <= {2}
    assert set(handled) == {str(an_id(number)) for number in range(500) if number != 250}
    (letter,) = wait_for(bus.dead_letters.list)
    assert decode(letter.body).subject == str(an_id(250))
    assert letter.attempts == 4
    assert len(letter.history) == 4
    assert "died" in letter.reason
    bus.close()


def test_competing_processes_handle_every_message_exactly_once(bus: Bus, start: Start) -> None:
    children = [start("work", "render.live") for _ in range(2)]
    for child in children:
        assert line_of(child) == "ready"
    for number in range(0, 100, 5):
        bus.publish([published(one) for one in range(number, number + 5)])
    while bus.depths()["render.live"]:
        time.sleep(0.02)
    handled: Counter[str] = Counter()
    for child in children:
        kill(child)
        assert child.stdout is not None
        handled.update(child.stdout.read().split())
    assert handled == Counter(str(an_id(number)) for number in range(100))
