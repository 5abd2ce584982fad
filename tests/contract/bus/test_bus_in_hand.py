"""What is waiting is told from what a consumer has in hand."""

from shared.bus import Bus, Done
from shared.bus.topology import RENDER, Lane
from tests.contract.bus.conftest import Start
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


def test_what_another_process_has_in_hand_is_counted(bus: Bus, start: Start) -> None:
    bus.publish([published(number) for number in range(5)])
    child = start("hold", QUEUE.name, "3")
    assert child.stdout is not None
    assert child.stdout.readline().split() == ["1", "1", "1"]
    assert (bus.depths()[QUEUE.name], bus.in_hand()[QUEUE.name]) == (5, 3)
