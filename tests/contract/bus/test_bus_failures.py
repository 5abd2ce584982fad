"""Messages that cannot be done: later, never, too often; and what people can do about them."""

from itertools import chain

from shared.bus import BATCH, Bus, Done, Outcome, Park, Retry
from shared.bus.topology import DELIVERY_LIMIT, INDEXING, RENDER, Lane
from shared.contracts.events import decode
from tests.contract.bus.adapters import Adapter
from tests.factories import an_id, published

LIVE = RENDER.queue(Lane.LIVE)


def park_one(bus: Bus, number: int, reason: str = "nobody understands it") -> int:
    """Return the id of the dead letter that this event has become."""
    bus.publish([published(number)], bulk_for="render")
    subscription = bus.subscribe(RENDER.queue(Lane.BULK))
    (delivery,) = subscription.fetch(1, 10)
    subscription.settle([(delivery, Park(reason))])
    subscription.close()
    return bus.dead_letters.list("render.bulk")[-1].id


def test_a_message_to_retry_comes_again_and_is_counted(bus: Bus) -> None:
    bus.publish([published(1)])
    subscription = bus.subscribe(LIVE)
    for attempt in (1, 2, 3):
        (delivery,) = subscription.fetch(BATCH, 10)
        assert delivery.attempt == attempt
        subscription.settle([(delivery, Retry("not yet"))])


def test_a_message_to_retry_rests_first_and_the_others_do_not_wait_for_it(
    adapter: Adapter,
) -> None:
    bus = adapter.open(rests=True)
    bus.publish([published(1)])
    subscription = bus.subscribe(LIVE)
    for _ in range(3):
        (delivery,) = subscription.fetch(BATCH, 30)
        subscription.settle([(delivery, Retry("not yet"))])
    bus.publish([published(2)])
    (other,) = subscription.fetch(BATCH, 30)
    assert decode(other.body).subject == str(an_id(2))
    subscription.settle([(other, Done())])
    (again,) = subscription.fetch(BATCH, 30)
    assert again.attempt == 4
    bus.close()


def test_a_message_delivered_before_comes_alone(bus: Bus) -> None:
    bus.publish([published(number) for number in range(4)])
    subscription = bus.subscribe(LIVE)
    batch = subscription.fetch(BATCH, 0)
    outcomes: list[Outcome] = [Done(), Retry("a"), Retry("b"), Done()]
    subscription.settle(list(zip(batch, outcomes, strict=True)))
    bus.publish([published(5)])
    found: list[list[int]] = []
    while len(found) < 3:
        batch = subscription.fetch(BATCH, 10)
        found.append([delivery.attempt for delivery in batch])
        subscription.settle([(delivery, Done()) for delivery in batch])
    assert sorted(found) == [[1], [2], [2]]


def test_fresh_messages_and_a_redelivered_one_do_not_come_together(bus: Bus) -> None:
    bus.publish([published(1), published(2)])
    first, second = bus.subscribe(LIVE), bus.subscribe(LIVE)
    first.fetch(1, 0)
    (behind,) = second.fetch(1, 0)
    second.settle([(behind, Retry("later"))])
    first.close()
    bus.publish([published(3)])
    found: list[list[int]] = []
    while sum(map(len, found)) < 3:
        found.append([delivery.attempt for delivery in second.fetch(BATCH, 10)])
    assert [2] in found
    assert sorted(chain(*found)) == [1, 1, 2]


def test_at_the_delivery_limit_a_message_is_parked_with_its_reason_and_history(bus: Bus) -> None:
    sent = published(1)
    bus.publish([sent])
    subscription = bus.subscribe(LIVE)
    for attempt in range(1, DELIVERY_LIMIT + 1):
        (delivery,) = subscription.fetch(BATCH, 10)
        subscription.settle([(delivery, Retry(f"reason {attempt}"))])
    assert subscription.fetch(BATCH, 0) == []
    (letter,) = bus.dead_letters.list()
    assert letter.queue == "render.live"
    assert decode(letter.body) == sent
    assert letter.attempts == DELIVERY_LIMIT
    assert f"gave up after {DELIVERY_LIMIT} deliveries: reason {DELIVERY_LIMIT}" in letter.reason
    assert len(letter.history) == DELIVERY_LIMIT
    assert letter.history[0].endswith("delivery 1: reason 1")
    assert bus.depths()["render.live"] == 0
    assert bus.depths()["indexing.live"] == 1


def test_a_message_to_park_goes_to_the_dead_letters_at_once(bus: Bus) -> None:
    bus.publish([published(1), published(2)])
    subscription = bus.subscribe(LIVE)
    batch = subscription.fetch(BATCH, 0)
    subscription.settle([(batch[0], Park("the title is missing")), (batch[1], Done())])
    (letter,) = bus.dead_letters.list()
    assert (letter.queue, letter.reason, letter.attempts) == (
        "render.live",
        "the title is missing",
        1,
    )
    assert bus.depths()["render.live"] == 0


def test_dead_letters_are_listed_by_queue_the_oldest_first(bus: Bus) -> None:
    first, second = park_one(bus, 1), park_one(bus, 2)
    bus.publish([published(3)])
    subscription = bus.subscribe(INDEXING.queue(Lane.LIVE))
    (delivery,) = subscription.fetch(1, 10)
    subscription.settle([(delivery, Park("of another queue"))])
    assert [letter.id for letter in bus.dead_letters.list("render.bulk")] == [first, second]
    assert [letter.reason for letter in bus.dead_letters.list("indexing.live")] == [
        "of another queue"
    ]
    assert len(bus.dead_letters.list()) == 3
    assert len(bus.dead_letters.list(limit=2)) == 2
    assert bus.dead_letters.counts() == {"render.bulk": 2, "indexing.live": 1}


def test_dead_letters_are_found_by_their_ids(bus: Bus) -> None:
    first = park_one(bus, 1, "one")
    park_one(bus, 2, "two")
    assert [letter.reason for letter in bus.dead_letters.get([first, 999_999])] == ["one"]


def test_a_replayed_dead_letter_is_delivered_like_new_after_what_waits(bus: Bus) -> None:
    parked = park_one(bus, 1)
    bus.publish([published(2)], bulk_for="render")
    assert bus.dead_letters.replay([parked]) == 1
    batch = bus.subscribe(RENDER.queue(Lane.BULK)).fetch(BATCH, 10)
    found = [(decode(delivery.body).subject, delivery.attempt) for delivery in batch]
    assert found == [(str(an_id(2)), 1), (str(an_id(1)), 1)]
    assert bus.dead_letters.list() == []


def test_a_dropped_dead_letter_is_gone(bus: Bus) -> None:
    dropped, kept = park_one(bus, 1), park_one(bus, 2)
    assert bus.dead_letters.drop([dropped]) == 1
    assert [letter.id for letter in bus.dead_letters.list()] == [kept]
    assert bus.depths()["render.bulk"] == 0


def test_replaying_or_dropping_what_is_not_there_changes_nothing(bus: Bus) -> None:
    kept = park_one(bus, 1)
    assert bus.dead_letters.replay([kept + 3]) == 0
    assert bus.dead_letters.drop([kept + 3]) == 0
    assert [letter.id for letter in bus.dead_letters.list()] == [kept]
