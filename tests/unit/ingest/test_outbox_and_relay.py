"""From the outbox to the bus: never lost, in order, forgotten only when confirmed."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import OperationalError

from services.ingest import bootstrap
from services.ingest.relay import Relay
from services.ingest.store.outbox import CHANNEL, Outbox, Pending
from services.ingest.store.store import Store
from services.ingest.store.tables import OUTBOX
from shared.bus import BATCH, BusUnavailable, open_bus
from shared.bus.topology import INDEXING, RENDER, Lane
from shared.contracts.events import CategoryChanged, decode
from shared.database import Database
from shared.nudge import Listening, listen
from shared.wake import Caller
from tests.deployment import wait_for
from tests.factories import an_id
from tests.unit.ingest.newsroom import Newsroom, RecordingBus, line

A = an_id(1)


def _relay(newsroom: Newsroom, bus: RecordingBus, outbox: Outbox | None = None) -> Relay:
    return Relay(outbox or newsroom.outbox, bus, _ears(newsroom), poll=0.01, clock=newsroom.clock)


def _ears(newsroom: Newsroom) -> Callable[[], Listening]:
    return partial(listen, newsroom.store.database, CHANNEL, newsroom.settings.ingest_wake_dir)


def test_an_accepted_change_is_in_the_outbox_and_a_refused_one_is_not(newsroom: Newsroom) -> None:
    newsroom.put(A)
    assert newsroom.sent() == [], "a draft is nobody's business"
    newsroom.publish(A)
    newsroom.publish(A)
    assert [event.subject for event in newsroom.sent()] == [str(A)]


def test_a_change_and_its_event_are_durable_together_or_not_at_all(newsroom: Newsroom) -> None:
    newsroom.put(A)

    def broken_off() -> None:
        with newsroom.store.unit() as unit:
            unit.send(
                CategoryChanged.model_validate(
                    {"category": {"slug": "a", "name": "a"}, "position": 0, "version": 1}
                ),
                subject="a",
            )
            raise KeyboardInterrupt

    before = newsroom.outbox.pending(10)
    with pytest.raises(KeyboardInterrupt):
        broken_off()
    assert newsroom.outbox.pending(10) == before


def test_events_go_out_in_order_and_are_forgotten_once_confirmed(
    newsroom: Newsroom, bus: RecordingBus
) -> None:
    for number in range(3):
        newsroom.put(A, title=f"Bản {number}")
        newsroom.publish(A)
    relay = _relay(newsroom, bus)
    assert relay.send_batch() == 4
    assert newsroom.outbox.pending(10) == []
    versions = [e.data.version for e, _ in bus.events if e.subject == str(A)]
    assert versions == sorted(versions), "all of them, the superseded ones too"
    assert len(versions) == 3
    assert relay.send_batch() == 0


def test_a_crash_between_sending_and_confirming_doubles_an_event_under_one_id(
    newsroom: Newsroom, bus: RecordingBus
) -> None:
    newsroom.put(A)
    newsroom.publish(A)

    class Crashing(Outbox):
        @contextmanager
        def in_hand(self, limit: int, size: int) -> Iterator[list[Pending]]:
            with super().in_hand(limit, size) as pending:
                yield pending
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        _relay(newsroom, bus, Crashing(newsroom.store.database)).send_batch()
    _relay(newsroom, bus).send_batch()
    ids = [event.id for event, _ in bus.events if event.subject == str(A)]
    assert len(ids) == 2
    assert len(set(ids)) == 1
    assert newsroom.outbox.pending(10) == []


def test_nothing_is_forgotten_while_the_bus_refuses_or_does_not_confirm(
    newsroom: Newsroom, bus: RecordingBus
) -> None:
    newsroom.put(A)
    newsroom.publish(A)
    waiting = newsroom.outbox.pending(10)
    relay = _relay(newsroom, bus)
    bus.down = True
    with pytest.raises(BusUnavailable):
        relay.send_batch()
    bus.down, bus.silent = False, True
    with pytest.raises(BusUnavailable):
        relay.send_batch()
    assert newsroom.outbox.pending(10) == waiting


def test_two_relays_at_once_lose_nothing(newsroom: Newsroom, bus: RecordingBus) -> None:
    newsroom.import_lines(*(line(n) for n in range(300)), query="?publish=true")
    other = RecordingBus()
    relays = [_relay(newsroom, bus), _relay(newsroom, other)]
    stop = threading.Event()
    threads = [threading.Thread(target=relay.run, args=(stop,)) for relay in relays]
    for thread in threads:
        thread.start()
    wait_for(lambda: not newsroom.outbox.pending(1), within=30, every=0.005)
    stop.set()
    for thread in threads:
        thread.join(30)
    sent = {event.subject for event, _ in bus.events + other.events}
    assert sent >= {str(an_id(n)) for n in range(300)}


def test_a_batch_is_bounded(newsroom: Newsroom, bus: RecordingBus) -> None:
    newsroom.import_lines(*(line(n) for n in range(BATCH + 10)), query="?publish=true")
    relay = _relay(newsroom, bus)
    assert [relay.send_batch() for _ in range(3)] == [BATCH, 11, 0]


def _of_a_mebibyte(newsroom: Newsroom, count: int) -> None:
    """Let such large events wait behind that of the newsroom's category."""
    (small,) = newsroom.outbox.pending(10)
    row = {"at": newsroom.clock(), "body": small.body.ljust(1024 * 1024)}
    with newsroom.store.database.write() as connection:
        connection.execute(insert(OUTBOX), [row] * count)


def test_a_batch_of_large_events_is_bounded_by_their_bytes(
    newsroom: Newsroom, bus: RecordingBus
) -> None:
    _of_a_mebibyte(newsroom, 40)
    relay = _relay(newsroom, bus)
    assert [relay.send_batch() for _ in range(4)] == [17, 17, 7, 0]


def test_an_event_larger_than_a_batch_may_be_is_sent_alone(newsroom: Newsroom) -> None:
    _of_a_mebibyte(newsroom, 2)
    waiting = newsroom.outbox.pending(10)
    for event in waiting:
        with newsroom.outbox.in_hand(BATCH, 1) as pending:
            assert pending == [event]
    assert newsroom.outbox.count() == 0


def test_the_relay_does_not_rest_after_a_batch_that_only_its_bytes_made_full(
    newsroom: Newsroom, bus: RecordingBus
) -> None:
    _of_a_mebibyte(newsroom, 40)
    relay = Relay(newsroom.outbox, bus, _ears(newsroom), poll=3600)
    stop = threading.Event()
    thread = threading.Thread(target=relay.run, args=(stop,))
    thread.start()
    try:
        wait_for(lambda: not newsroom.outbox.count(), within=30, every=0.01)
    finally:
        stop.set()
        newsroom.category("van-hoa", "Văn hóa")  # so that it looks up
        Caller(newsroom.settings.ingest_wake_dir).call()
        thread.join(60)
    assert not thread.is_alive()
    assert len(bus.events) >= 41


def test_the_relay_waits_out_a_bus_that_is_down_and_says_so(
    newsroom: Newsroom, bus: RecordingBus
) -> None:
    newsroom.put(A)
    newsroom.publish(A)
    newsroom.clock.forward(seconds=90)
    bus.down = True
    relay = _relay(newsroom, bus)
    stop = threading.Event()
    thread = threading.Thread(target=relay.run, args=(stop,))
    thread.start()

    def troubled() -> bool:
        try:
            relay.check()
        except RuntimeError as error:
            return "down" in str(error)
        return False

    try:
        wait_for(troubled, within=30, every=0.005)
        assert relay.age() == 90
        bus.down = False
        wait_for(lambda: not newsroom.outbox.pending(1), within=30, every=0.005)
        wait_for(lambda: not troubled(), within=30, every=0.005)
    finally:
        stop.set()
        thread.join(30)
    assert [e.subject for e, _ in bus.events if e.subject == str(A)] == [str(A)]
    assert relay.age() == 0


def test_a_commit_wakes_the_relay(newsroom: Newsroom, bus: RecordingBus) -> None:
    wake = newsroom.settings.ingest_wake_dir
    sleeping = Relay(newsroom.outbox, bus, _ears(newsroom), poll=3600)
    stop = threading.Event()
    thread = threading.Thread(target=sleeping.run, args=(stop,))
    thread.start()
    wait_for(
        lambda: bool(bus.events), within=30, every=0.005
    )  # the category of the fixture, before it sleeps
    caller = Caller(wake)
    store = Store(newsroom.store.database, clock=newsroom.clock, committed=caller.call)
    newsroom.app = bootstrap.build_app(newsroom.settings, store=store)
    newsroom.http = newsroom.app.test_client()
    newsroom.put(A)
    newsroom.publish(A)
    wait_for(lambda: any(e.subject == str(A) for e, _ in bus.events), within=30, every=0.005)
    stop.set()
    newsroom.category("van-hoa", "Văn hóa")  # so that it looks up
    thread.join(30)
    caller.close()
    assert not thread.is_alive()


def test_every_consumer_of_the_embedded_bus_gets_the_event(
    newsroom: Newsroom, tmp_path: Path
) -> None:
    newsroom.put(A)
    version = newsroom.publish(A).get_json()["version"]
    bus = open_bus(f"sqlite://{tmp_path / 'bus'}")
    try:
        relay = Relay(newsroom.outbox, bus, _ears(newsroom), poll=0.01)
        assert relay.send_batch() == 2
        for consumer in (INDEXING, RENDER):
            subscription = bus.subscribe(consumer.queue(Lane.LIVE))
            found = [decode(d.body).data for d in subscription.fetch(10, 5.0)]
            subscription.close()
            assert found[-1].version == version
    finally:
        bus.close()


def test_a_database_that_cannot_be_written_is_a_clear_503_and_nothing_is_saved(
    newsroom: Newsroom,
) -> None:
    class Full(Store):
        def unit(self) -> object:  # type: ignore[override]
            raise OperationalError("INSERT", {}, Exception("database or disk is full"))

    database = Database(newsroom.settings.ingest_database_url)
    newsroom.http = bootstrap.build_app(newsroom.settings, store=Full(database)).test_client()
    answer = newsroom.put(A)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert answer.get_json()["type"] == "urn:bantin:problem:unavailable"
    [result] = newsroom.import_lines(line(1))
    assert result["status"] == 503
    database.close()
    assert newsroom.store.record(A) is None
