"""Dead letters on a broker: whoever parked them, whoever looks, whatever is killed meanwhile."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from shared.bus import BATCH, Bus, Done, Park, Retry
from shared.bus.__main__ import main
from shared.bus.policy import Policy
from shared.bus.rabbitmq import open_rabbitmq
from shared.bus.topology import QUEUES, RENDER, Lane
from shared.contracts.events import decode
from tests.contract.bus.conftest import CHILD, ROOT
from tests.deployment import wait_for
from tests.factories import an_id, published
from tests.servers.rabbitmq import RabbitMQ

BULK = RENDER.queue(Lane.BULK)
AT_ONCE = Policy(limit=3, delay=lambda _: 0.0)


@pytest.fixture
def url(rabbitmq: RabbitMQ) -> str:
    return rabbitmq.new_vhost()


@pytest.fixture
def bus(url: str) -> Iterator[Bus]:
    opened = open_rabbitmq(url, policy=AT_ONCE)
    yield opened
    opened.close()


def park(bus: Bus, count: int, reason: str = "no title") -> None:
    bus.publish([published(number) for number in range(count)], bulk_for="render")
    subscription = bus.subscribe(BULK)
    left = count
    while left:
        batch = subscription.fetch(BATCH, 10)
        subscription.settle([(delivery, Park(reason)) for delivery in batch])
        left -= len(batch)
    subscription.close()


def subjects(bus: Bus, queue: str = BULK.name) -> list[str]:
    """Empty a queue and tell whose events were there."""
    subscription = bus.subscribe(QUEUES[queue])
    found = []
    while batch := subscription.fetch(BATCH, 0):
        found += [decode(delivery.body).subject for delivery in batch]
        subscription.settle([(delivery, Done()) for delivery in batch])
    subscription.close()
    return found


def test_what_the_broker_parked_looks_like_what_we_parked(
    bus: Bus, url: str, rabbitmq: RabbitMQ
) -> None:
    """The broker parks what loses its consumer too often, we what is given back too often."""
    with closing(open_rabbitmq(url, policy=AT_ONCE)) as publisher:
        publisher.publish([published(1)], bulk_for="render")
    for _ in range(AT_ONCE.limit):
        with closing(open_rabbitmq(url, policy=AT_ONCE)) as dying:
            assert dying.subscribe(BULK).fetch(BATCH, 30)
            rabbitmq.close_connections(url.rpartition("/")[2])
    wait_for(bus.dead_letters.counts)
    bus.publish([published(2)], bulk_for="render")
    failing = bus.subscribe(BULK)
    for _ in range(AT_ONCE.limit):
        failing.settle([(delivery, Retry("no disk")) for delivery in failing.fetch(1, 10)])
    failing.close()
    theirs, ours = bus.dead_letters.list()
    assert [decode(letter.body).subject for letter in (theirs, ours)] == [
        str(an_id(1)),
        str(an_id(2)),
    ]
    assert theirs.attempts == ours.attempts == AT_ONCE.limit
    assert theirs.queue == ours.queue == BULK.name
    assert theirs.reason == "gave up after 3 deliveries: its consumer died while handling it"
    assert ours.reason == "gave up after 3 deliveries: no disk"
    assert len(theirs.history) == len(ours.history) == AT_ONCE.limit
    assert bus.dead_letters.replay([theirs.id, ours.id]) == 2
    assert sorted(subjects(bus)) == sorted([str(an_id(1)), str(an_id(2))])


def test_an_id_is_the_same_for_everybody_and_after_looking_again(bus: Bus, url: str) -> None:
    park(bus, 3)
    first = [letter.id for letter in bus.dead_letters.list()]
    with closing(open_rabbitmq(url, policy=AT_ONCE)) as other:
        assert [letter.id for letter in other.dead_letters.list()] == first
    assert [letter.id for letter in bus.dead_letters.list()] == first
    assert len(set(first)) == 3


def test_looking_hundreds_of_times_parks_and_loses_nothing(bus: Bus) -> None:
    park(bus, 2)
    for _ in range(60):
        assert len(bus.dead_letters.list()) == 2
    assert bus.dead_letters.counts() == {BULK.name: 2}


def test_more_letters_than_the_broker_hands_out_at_once_keep_their_order(bus: Bus) -> None:
    park(bus, 2500)
    first = bus.dead_letters.list(limit=10)
    assert [letter.id for letter in bus.dead_letters.list(limit=2500)][:10] == [
        letter.id for letter in first
    ]
    assert bus.dead_letters.drop([letter.id for letter in first]) == 10
    assert len(bus.dead_letters.list(limit=10_000)) == 2490
    assert bus.dead_letters.counts() == {BULK.name: 2490}


def test_two_who_look_at_the_same_time_both_see_all(bus: Bus, url: str) -> None:
    park(bus, 50)
    with closing(open_rabbitmq(url, policy=AT_ONCE)) as other, ThreadPoolExecutor(2) as pool:
        looks = [
            pool.submit(one.dead_letters.list, None, 100) for one in (bus, other) for _ in range(5)
        ]
        assert [len(look.result(60)) for look in looks] == [50] * 10


def test_a_history_of_long_reasons_fits_on_the_wire(url: str) -> None:
    with closing(open_rabbitmq(url, policy=Policy(limit=20, delay=lambda _: 0.0))) as bus:
        bus.publish([published(1)], bulk_for="render")
        subscription = bus.subscribe(BULK)
        for _ in range(20):
            batch = subscription.fetch(1, 10)
            subscription.settle([(delivery, Retry("lỗi ế " * 2000)) for delivery in batch])
        (letter,) = bus.dead_letters.list()
        assert letter.attempts == len(letter.history) == 20
        assert "lỗi ế" in letter.history[-1]


def test_a_history_goes_along_when_a_message_is_given_back_to_another(bus: Bus, url: str) -> None:
    bus.publish([published(1)], bulk_for="render")
    with closing(open_rabbitmq(url, policy=AT_ONCE)) as first:
        subscription = first.subscribe(BULK)
        subscription.settle([(d, Retry("no disk")) for d in subscription.fetch(1, 10)])
        assert [delivery.attempt for delivery in subscription.fetch(1, 10)] == [2]
    second = bus.subscribe(BULK)
    (delivery,) = second.fetch(1, 10)
    assert delivery.attempt == 2
    second.settle([(delivery, Park("still no disk"))])
    (letter,) = bus.dead_letters.list()
    assert [line.partition(": ")[2] for line in letter.history] == ["no disk", "still no disk"]


@pytest.mark.crash
@pytest.mark.parametrize("milliseconds", [0, 5, 20, 60])
def test_a_replay_that_is_killed_loses_nothing(bus: Bus, url: str, milliseconds: int) -> None:
    park(bus, 200)
    child = subprocess.Popen(
        [sys.executable, "-m", CHILD, "rabbitmq", url, "replay", BULK.name],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=os.environ | {"TEST_DELIVERY_LIMIT": str(AT_ONCE.limit)},
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "begins\n"
    time.sleep(milliseconds / 1000)  # a moment of its work, whichever that is
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    child.stdout.close()
    everything = {str(an_id(number)) for number in range(200)}

    def all_is_there() -> bool:
        letters = bus.dead_letters.list(limit=1000)
        found.update(subjects(bus))
        return found | {decode(letter.body).subject for letter in letters} == everything

    found: set[str] = set()
    wait_for(all_is_there)  # the broker takes back what the dead one had


def test_the_command_line_works_on_a_broker(
    bus: Bus, url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BANTIN_BUS", url)
    with closing(open_rabbitmq(url)) as production:  # the command knows no other policy
        del bus
        park(production, 3)
    assert main(["deadletters", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == "3 of 3 dead letters"
    number = lines[1].split()[0]
    assert main(["deadletters", "show", number]) == 0
    assert "no title" in capsys.readouterr().out
    assert main(["deadletters", "replay", number]) == 0
    assert main(["depths", "--json"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0] == "1 replayed"
    assert json.loads(told[1])[BULK.name] == {"messages": 1, "dead_letters": 2}
    assert main(["deadletters", "drop", "--all"]) == 0
    assert capsys.readouterr().out == "2 dropped\n"
