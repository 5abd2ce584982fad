"""From a batch of events to outcomes."""

from collections.abc import Sequence
from functools import partial

import pytest

from services.render.consumer import handle
from services.render.reconciling import reconciler
from shared.bus import BusUnavailable, Done, Outcome, Park, Retry
from shared.clock import now
from shared.contracts.documents import CategoryLabel
from shared.contracts.events import (
    ArticlesManifest,
    Event,
    ManifestEntry,
    ManifestState,
    ReplayRequested,
)
from tests.contract.site.harness import Harness, category
from tests.factories import an_id, event, published


class Publisher:
    def __init__(self) -> None:
        self.events: list[Event] = []
        self.down = False

    def publish(self, events: Sequence[Event], *, bulk_for: str | None = None) -> None:
        assert bulk_for is None
        if self.down:
            raise BusUnavailable("down")
        self.events += events


class Consumer:
    def __init__(self, site: Harness) -> None:
        self.publisher = Publisher()
        self.woken = 0
        self._handle = partial(
            handle,
            store=site.store,
            reconciler=reconciler(site.database, self.publisher, now, self._wake),
            wake=self._wake,
        )

    def _wake(self) -> None:
        self.woken += 1

    def __call__(self, *events: Event) -> list[Outcome]:
        return self._handle(events)


@pytest.fixture
def consumer(site: Harness) -> Consumer:
    return Consumer(site)


def _manifest(*entries: ManifestEntry) -> Event:
    ids = sorted(an_id(number) for number in range(10))
    return event(ArticlesManifest(first=ids[0], last=ids[-1], entries=entries), subject="manifest")


def test_what_can_never_be_a_page_is_parked_and_spares_its_neighbours(
    site: Harness, consumer: Consumer
) -> None:
    label = CategoryLabel(slug="../../etc", name="x")
    outcomes = consumer(
        published(1, url="/../../etc/passwd"),
        published(2),
        published(3, category=label),
        event(category("A B"), subject="x"),
        event(ReplayRequested(consumer="render"), subject="x"),
        published(4, former_urls=("http://[",)),
    )
    kinds = [type(outcome) for outcome in outcomes]
    assert kinds == [Park, Done, Park, Park, Park, Park]
    site.writer.drain()
    assert site.exists("/tin/bai-viet-so-2-2222222222/")


def test_the_writer_is_woken_once_for_a_batch(consumer: Consumer) -> None:
    consumer(published(1), published(2), published(3))
    assert consumer.woken == 1


def test_a_page_database_that_is_down_makes_the_batch_wait(
    site: Harness, consumer: Consumer
) -> None:
    with site.database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE articles RENAME TO elsewhere")
    outcomes = consumer(published(1), published(2))
    assert all(isinstance(outcome, Retry) for outcome in outcomes)
    with site.database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO articles")
    assert consumer(published(1), published(2)) == [Done(), Done()]


def test_a_manifest_asks_for_what_is_missing_or_older(consumer: Consumer) -> None:
    consumer(published(1, version=1), published(2, version=2))
    outcomes = consumer(
        _manifest(
            *(
                ManifestEntry(id=an_id(number), version=2, state=ManifestState.LIVE)
                for number in (1, 2, 3)
            )
        )
    )
    assert outcomes == [Done()]
    (asked,) = consumer.publisher.events
    assert asked.data == ReplayRequested(consumer="render", ids=tuple(sorted((an_id(1), an_id(3)))))


def test_a_manifest_that_agrees_asks_for_nothing(consumer: Consumer) -> None:
    consumer(published(1))
    agreed = ManifestEntry(id=an_id(1), version=1, state=ManifestState.LIVE)
    assert consumer(_manifest(agreed)) == [Done()]
    assert consumer.publisher.events == []


def test_a_manifest_waits_while_the_bus_is_down(consumer: Consumer) -> None:
    consumer.publisher.down = True
    missing = ManifestEntry(id=an_id(1), version=1, state=ManifestState.LIVE)
    (outcome,) = consumer(_manifest(missing))
    assert isinstance(outcome, Retry)
