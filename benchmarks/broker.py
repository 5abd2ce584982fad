"""The bus on RabbitMQ beside py-amqp alone: the same messages to and from the same queues."""

import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any, Final, NamedTuple

import amqp
from amqp import spec

from benchmarks import corpus
from benchmarks.common import Row, alternately, ratio
from shared import garbage
from shared.bus import BATCH, Bus, Done, Handler, Outcome, open_bus
from shared.bus.rabbitmq.address import parse
from shared.bus.topology import EXCHANGE, INDEXING, QUEUES, VISITS, Lane, Queue, queues_for
from shared.bus.worker import Worker
from shared.contracts.events import Event, decode
from tests.servers.rabbitmq import RabbitMQ

_PATIENCE: Final = 60.0
"""Seconds for whatever the broker should do at once."""


def measure(*, quick: bool) -> Iterator[Row]:
    rounds, batches = (3, 2) if quick else (20, 4)
    articles, views = corpus.published(batches * BATCH), corpus.viewed(batches * BATCH)
    with tempfile.TemporaryDirectory(prefix="bantin-bench-") as folder, RabbitMQ(Path(folder)) as b:
        url = b.new_vhost()
        bus, raw = open_bus(url), _Raw(url)
        bus.publish(articles[:1])  # declares the topology
        raw.empty()
        sides = _Sides(bus, raw)
        yield _publishing("article.published, live, to two queues each", articles, sides, rounds)
        yield _publishing("page.viewed", views, sides, rounds)
        garbage.collect_rarely()  # as a process of ours does when it starts
        rounds, count = (2, 2_000) if quick else (8, 10_000)
        views = corpus.viewed(count)
        yield _consuming("page.viewed", views, VISITS.queue(Lane.VISITS), sides, rounds)
        articles = articles * (count // 2 // len(articles))
        live = INDEXING.queue(Lane.LIVE)
        yield _consuming("article.published", articles, live, sides, rounds)
        raw.close()
        bus.close()


class _Sent(NamedTuple):
    key: str
    body: bytes
    message_id: str


def _connected(url: str) -> Any:
    """Return py-amqp's connection, whose stubs leave out much of it."""
    address = parse(url)
    connection = amqp.Connection(
        address.server,
        userid=address.user,
        password=address.password,
        virtual_host=address.vhost,
    )
    connection.connect()
    return connection


class _Raw:
    """py-amqp as it comes, with confirms matched by number and nothing else around it."""

    def __init__(self, url: str) -> None:
        self._connection = _connected(url)
        self._channel = self._connection.channel()
        self._channel.confirm_select()
        self._channel.events["basic_ack"].add(self._confirmed)
        self._number = 0
        self._open: dict[int, None] = {}

    def publish(self, messages: Sequence[_Sent]) -> None:
        """Return when all are confirmed.

        ``basic_publish`` would look for frames before each message; this is quicker.
        """
        for key, body, message_id in messages:
            content = amqp.Message(
                body,
                content_type="application/cloudevents+json",
                delivery_mode=2,
                message_id=message_id,
            )
            self._number += 1
            self._open[self._number] = None
            self._channel.send_method(
                spec.Basic.Publish, "Bssbb", (0, EXCHANGE, key, True, False), content
            )
        while self._open:
            self._connection.drain_events(timeout=_PATIENCE)

    def consume(self, queue: Queue, count: int) -> float:
        """Take ``count`` messages, acknowledged by the batch; return how many a second."""
        seen = 0
        began = 0.0

        def take(message: Any) -> None:
            nonlocal seen, began
            began = began or time.perf_counter()
            seen += 1
            if seen % BATCH == 0 or seen == count:
                channel.basic_ack(message.delivery_info["delivery_tag"], multiple=True)

        channel = self._connection.channel()
        channel.basic_qos(0, BATCH, a_global=False)
        channel.basic_consume(queue.name, callback=take)
        while seen < count:
            self._connection.drain_events(timeout=_PATIENCE)
        rate = (count - 1) / (time.perf_counter() - began)
        channel.close()
        return rate

    def empty(self) -> None:
        for name in QUEUES:
            self._channel.queue_purge(name)

    def close(self) -> None:
        self._connection.close()

    def _confirmed(self, number: int, multiple: bool) -> None:  # noqa: FBT001 - the library's call
        if not multiple:
            self._open.pop(number, None)
            return
        while self._open and (first := next(iter(self._open))) <= number:
            del self._open[first]


class _Sides(NamedTuple):
    bus: Bus
    raw: _Raw


def _publishing(what: str, events: Sequence[Event], sides: _Sides, rounds: int) -> Row:
    bus, raw = sides
    messages = [
        _Sent(queue.routing_key(type(event.data)), event.encode(), event.id)
        for event in events
        for queue in queues_for(type(event.data))
    ]
    each = len(messages) // len(events)

    def with_bus() -> None:
        for start in range(0, len(events), BATCH):
            bus.publish(events[start : start + BATCH])

    def with_raw() -> None:
        for start in range(0, len(messages), each * BATCH):
            raw.publish(messages[start : start + each * BATCH])

    def rate(work: Callable[[], None], spent: list[float]) -> Callable[[], float]:
        def run() -> float:
            began, used = time.perf_counter(), time.process_time()
            work()
            taken = time.perf_counter() - began
            spent.append((time.process_time() - used) / len(messages))
            raw.empty()
            return len(messages) / taken

        return run

    our_time: list[float] = []
    their_time: list[float] = []
    ours, theirs = alternately(rounds, rate(with_bus, our_time), rate(with_raw, their_time))
    size = len(messages[0].body)
    return Row(
        f"RabbitMQ, publishing {what} ({size:,} bytes) by {BATCH}",
        f"{median(ours):,.0f} confirmed messages/s = {median(ours) / each:,.0f} events/s;"
        f" {_micro(our_time)} of the client's processor time for each message",
        f"aim ≥ 10,000 messages/s and ≥ 0.8 of py-amqp with the same bodies ready made:"
        f" {median(theirs):,.0f}/s ({ratio(ours, theirs):.2f} of it), {_micro(their_time)}",
    )


def _micro(seconds: Sequence[float]) -> str:
    return f"{median(seconds) * 1e6:.0f} µs"


def _consuming(what: str, events: Sequence[Event], queue: Queue, sides: _Sides, rounds: int) -> Row:
    bus, raw = sides
    messages = [
        _Sent(queue.routing_key(type(event.data)), event.encode(), event.id) for event in events
    ]

    spent: list[list[float]] = [[], [], []]

    def filled(work: Callable[[], float], spent: list[float]) -> Callable[[], float]:
        def run() -> float:
            for start in range(0, len(messages), BATCH):
                raw.publish(messages[start : start + BATCH])
            used = time.process_time()
            rate = work()
            spent.append((time.process_time() - used) / len(messages))
            return rate

        return run

    works = (
        lambda: _worker(bus, queue, len(messages)),
        lambda: _subscription(bus, queue, len(messages)),
        lambda: raw.consume(queue, len(messages)),
    )
    worker, bare, theirs = alternately(rounds, *map(filled, works, spent))
    reading = _reading([message.body for message in messages[: 2 * BATCH]])
    return Row(
        f"RabbitMQ, consuming {what} with a handler that does nothing, batches of {BATCH}",
        f"{median(worker):,.0f}/s, {_micro(spent[0])} of the client's processor time for each;"
        f" fetched and settled without reading {median(bare):,.0f}/s, {_micro(spent[1])}",
        f"aim ≥ 15,000/s; py-amqp with the same prefetch, acknowledging {BATCH} at once, without"
        f" reading: {median(theirs):,.0f}/s, {_micro(spent[2])} ({ratio(worker, theirs):.2f} of it;"
        f" without reading {ratio(bare, theirs):.2f}); reading an event alone {reading}",
    )


def _reading(bodies: Sequence[bytes]) -> str:
    """Return the processor time of checking one body and making an event of it."""
    used = time.process_time()
    for body in bodies:
        decode(body)
    return _micro([(time.process_time() - used) / len(bodies)])


def _worker(bus: Bus, queue: Queue, count: int) -> float:
    """Return the messages a second that a worker reads, hands over and settles."""
    stop = threading.Event()
    times: list[float] = []
    seen = first = 0

    def handle(events: Sequence[Event]) -> list[Outcome]:
        nonlocal seen, first
        times.append(time.perf_counter())
        seen += len(events)
        first = first or seen
        if seen >= count:
            stop.set()
        return [Done() for _ in events]

    handler: Handler = handle
    Worker(bus, queue, handler).run(stop)
    return (count - first) / (times[-1] - times[0])


def _subscription(bus: Bus, queue: Queue, count: int) -> float:
    subscription = bus.subscribe(queue)
    first = seen = len(deliveries := subscription.fetch(BATCH, _PATIENCE))
    began = time.perf_counter()
    while seen < count:
        subscription.settle([(delivery, Done()) for delivery in deliveries])
        deliveries = subscription.fetch(BATCH, _PATIENCE)
        seen += len(deliveries)
    subscription.settle([(delivery, Done()) for delivery in deliveries])
    rate = (count - first) / (time.perf_counter() - began)
    subscription.close()
    return rate
