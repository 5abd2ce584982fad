from services.visits.counting import Totals
from services.visits.readings import FRESH_SECONDS, Reading, Readings
from services.visits.store import Store
from shared.contracts.events import PageViewed
from tests.factories import NOON, an_id


class Ticks:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_totals_are_kept_for_a_moment_and_then_read_again(store: Store) -> None:
    ticks = Ticks()
    readings = Readings(store, 10, lambda: NOON, ticks=ticks)
    assert readings.get() == Reading(Totals(10, 0, 0, 0, 0), NOON)
    store.count([PageViewed(id=an_id(1), path="/", received_at=NOON, visitor="a")], NOON)
    assert readings.get().totals.total == 10
    assert readings.get("/").totals.total == 1
    ticks.now += FRESH_SECONDS
    assert readings.get() == Reading(Totals(11, 1, 1, 0, 1), NOON)


def test_asking_for_ever_more_pages_keeps_only_so_many_in_memory(store: Store) -> None:
    readings = Readings(store, 0, lambda: NOON)
    first = readings.get("/tin/0/")
    for number in range(1, 1025):
        readings.get(f"/tin/{number}/")
    assert len(readings._known) == 1024
    assert readings.get("/tin/0/") is not first
