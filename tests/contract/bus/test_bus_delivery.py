"""What goes in comes out: everywhere it belongs, in order, once for each settling."""

import gc
import threading
import time
import weakref
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import chain

import pytest

from shared.bus import BATCH, Bus, Delivery, Done, Subscription
from shared.bus.topology import INDEXING, INGEST, QUEUES, RENDER, VISITS, Lane
from shared.contracts.events import ArticleDelivered, Event, PageViewed, decode
from tests.contract.bus.adapters import Adapter
from tests.factories import NOON, an_id, event, published

LIVE = RENDER.queue(Lane.LIVE)


def subjects(deliveries: list[Delivery]) -> list[str]:
    return [decode(delivery.body).subject for delivery in deliveries]


def ids(*numbers: int) -> list[str]:
    return [str(an_id(number)) for number in numbers]


def all_done(subscription: Subscription, deliveries: list[Delivery]) -> None:
    subscription.settle([(delivery, Done()) for delivery in deliveries])


def viewed(number: int) -> Event:
    view = PageViewed(id=an_id(number), path="/", received_at=NOON, visitor="v")
    return event(view, subject=str(number))


def test_an_event_comes_out_of_every_queue_bound_to_its_type_and_of_no_other(bus: Bus) -> None:
    bus.publish([published(1)])
    filled = {name for name, depth in bus.depths().items() if depth}
    assert filled == {"indexing.live", "render.live"}
    for name in filled:
        assert subjects(bus.subscribe(QUEUES[name]).fetch(BATCH, 0)) == ids(1)


def test_what_comes_out_is_the_event_that_went_in(bus: Bus) -> None:
    sent = published(1, title="Chào mừng Quốc khánh 2/9 «ngày hội»")
    bus.publish([sent])
    (delivery,) = bus.subscribe(LIVE).fetch(BATCH, 0)
    assert decode(delivery.body) == sent
    assert delivery.attempt == 1


def test_a_queue_keeps_the_order_of_publishing(bus: Bus) -> None:
    bus.publish([published(number) for number in range(30)])
    bus.publish([published(30)])
    subscription = bus.subscribe(LIVE)
    found = []
    while batch := subscription.fetch(7, 0):
        found += subjects(batch)
        all_done(subscription, batch)
    assert found == ids(*range(31))


def test_a_batch_is_what_is_there_and_never_waits_to_fill(bus: Bus) -> None:
    bus.publish([published(1), published(2)])
    started = time.monotonic()
    assert subjects(bus.subscribe(LIVE).fetch(BATCH, 120)) == ids(1, 2)
    assert time.monotonic() - started < 60


def test_a_batch_is_never_larger_than_asked_for(bus: Bus) -> None:
    bus.publish([published(number) for number in range(5)])
    assert subjects(bus.subscribe(LIVE).fetch(3, 0)) == ids(0, 1, 2)


def test_a_fetch_that_waits_ends_with_the_first_message(bus: Bus) -> None:
    subscription = bus.subscribe(LIVE)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(subscription.fetch, BATCH, 120)
        bus.publish([published(1)])
        assert subjects(waiting.result(60)) == ids(1)


def test_a_fetch_from_an_empty_queue_ends_with_nothing(bus: Bus) -> None:
    assert bus.subscribe(LIVE).fetch(BATCH, 0.05) == []


def test_a_message_counts_until_it_is_settled_and_is_then_gone(bus: Bus) -> None:
    bus.publish([published(1)])
    subscription = bus.subscribe(LIVE)
    batch = subscription.fetch(BATCH, 0)
    assert bus.depths()["render.live"] == 1
    all_done(subscription, batch)
    assert bus.depths()["render.live"] == 0
    subscription.close()
    assert bus.subscribe(LIVE).fetch(BATCH, 0) == []


def test_a_message_in_hand_is_not_given_to_another(bus: Bus) -> None:
    bus.publish([published(1)])
    holder = bus.subscribe(LIVE)
    assert holder.fetch(BATCH, 0)
    assert bus.subscribe(LIVE).fetch(BATCH, 0.4) == []


def test_closing_gives_back_what_is_in_hand_and_charges_nothing(bus: Bus) -> None:
    bus.publish([published(1), published(2)])
    holder = bus.subscribe(LIVE)
    holder.fetch(BATCH, 0)
    holder.close()
    again = bus.subscribe(LIVE).fetch(BATCH, 0)
    assert subjects(again) == ids(1, 2)
    assert [delivery.attempt for delivery in again] == [1, 1]


def test_competing_consumers_share_a_queue_and_none_gets_what_another_has(bus: Bus) -> None:
    bus.publish([published(number) for number in range(200)])
    found: dict[int, list[str]] = {1: [], 2: [], 3: []}
    together = threading.Barrier(3)

    def consume(me: int) -> None:
        subscription = bus.subscribe(LIVE)
        together.wait()
        while batch := subscription.fetch(5, 0):
            found[me] += subjects(batch)
            all_done(subscription, batch)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(consume, found))
    assert Counter(chain(*found.values())) == Counter(ids(*range(200)))
    assert bus.depths()["render.live"] == 0


def test_a_second_consumer_goes_on_with_the_next_messages(bus: Bus) -> None:
    bus.publish([published(number) for number in range(4)])
    first, second = bus.subscribe(LIVE), bus.subscribe(LIVE)
    assert subjects(first.fetch(2, 0)) == ids(0, 1)
    assert subjects(second.fetch(BATCH, 0)) == ids(2, 3)


def test_bulk_goes_to_one_consumer_and_past_its_live_queue(bus: Bus) -> None:
    bus.publish([published(1)], bulk_for="indexing")
    assert {name for name, depth in bus.depths().items() if depth} == {"indexing.bulk"}
    assert bus.subscribe(INDEXING.queue(Lane.LIVE)).fetch(BATCH, 0) == []
    assert subjects(bus.subscribe(INDEXING.queue(Lane.BULK)).fetch(BATCH, 0)) == ids(1)


def test_views_travel_in_a_queue_of_their_own(bus: Bus) -> None:
    bus.publish([viewed(1)])
    assert {name for name, depth in bus.depths().items() if depth} == {"visits.visits"}
    assert subjects(bus.subscribe(VISITS.queue(Lane.VISITS)).fetch(BATCH, 0)) == ["1"]


def test_events_of_several_kinds_published_at_once_all_find_their_queues(bus: Bus) -> None:
    told = ArticleDelivered(consumer="render", id=an_id(1), version=1)
    bus.publish([viewed(1), published(1), event(told, subject=str(an_id(1)))])
    assert {name: depth for name, depth in bus.depths().items() if depth} == {
        "visits.visits": 1,
        "indexing.live": 1,
        "render.live": 1,
        INGEST.queue(Lane.LIVE).name: 1,
    }


def test_bulk_for_a_consumer_that_does_not_receive_the_type_is_refused(bus: Bus) -> None:
    with pytest.raises(ValueError, match="does not receive"):
        bus.publish([viewed(1)], bulk_for="indexing")


def test_publishing_nothing_is_no_mistake(bus: Bus) -> None:
    bus.publish([])
    assert set(bus.depths().values()) == {0}


def test_everything_of_many_threads_arrives_each_thread_in_its_order(bus: Bus) -> None:
    def publish(thread: int) -> None:
        for number in range(20):
            bus.publish([published(thread * 100 + number)])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(publish, range(8)))
    found = subjects(bus.subscribe(LIVE).fetch(BATCH, 0))
    assert len(found) == 160
    for thread in range(8):
        mine = ids(*range(thread * 100, thread * 100 + 20))
        assert [subject for subject in found if subject in set(mine)] == mine


def test_messages_outlive_the_closing_of_the_bus(adapter: Adapter) -> None:
    first = adapter.open()
    first.publish([published(1)])
    first.close()
    second = adapter.open()
    assert subjects(second.subscribe(LIVE).fetch(BATCH, 0)) == ids(1)
    second.close()


def test_a_bus_in_order_says_so(bus: Bus) -> None:
    bus.check()


def test_a_bus_keeps_nothing_of_a_subscription_that_was_closed(bus: Bus) -> None:
    subscription = bus.subscribe(LIVE)
    gone = weakref.ref(subscription)
    subscription.close()
    del subscription
    with closing(bus.subscribe(LIVE)):
        gc.collect()
        assert gone() is None
