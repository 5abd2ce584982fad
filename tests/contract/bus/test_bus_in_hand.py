"""What is waiting is told from what a consumer has in hand."""

from shared.bus import Bus, Done
from shared.bus.topology import RENDER, Lane
from tests.factories import published

QUEUE = RENDER.queue(Lane.LIVE)


def test_what_was_handed_out_is_in_hand_until_it_is_settled(bus: Bus) -> None:
    bus.publish([published(number) for number in range(5)])
    assert (bus.depths()[QUEUE.name], bus.in_hand()[QUEUE.name]) == (5, 0)
    subscription = bus.subscribe(QUEUE)
    given = subscription.fetch(3, 5.0)
    assert (bus.depths()[QUEUE.name], bus.in_hand()[QUEUE.name]) == (5, 3)
    subscription.settle([(delivery, Done()) for delivery in given])
    assert (bus.depths()[QUEUE.name], bus.in_hand()[QUEUE.name]) == (2, 0)
    assert set(bus.in_hand()) == set(bus.depths())
