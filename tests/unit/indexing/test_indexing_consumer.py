"""The consumer on a real index in a temporary folder, with a bus that remembers what it took."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from uuid import UUID

import pytest

from services.indexing.bootstrap import build_consumer, processes
from services.indexing.consumer import handle
from services.indexing.reconciling import reconciler
from services.indexing.settings import Settings
from shared.bus import BusUnavailable, Done, Outcome, Park, Retry, open_bus
from shared.contracts.documents import CategoryLabel
from shared.contracts.events import (
    ArticleDelivered,
    ArticlesManifest,
    CategoryChanged,
    Event,
    ManifestEntry,
    ManifestState,
    ReplayRequested,
    decode,
)
from shared.index import Index, Query, open_engine, open_index
from tests.factories import NOON, an_id, event, published, unpublished


class RecordingPublisher:
    """Takes events as a bus does, encoded; refuses them while ``down``."""

    def __init__(self) -> None:
        self.down = False
        self.taken: list[Event] = []

    def publish(self, events: Sequence[Event], *, bulk_for: str | None = None) -> None:
        assert bulk_for is None
        if self.down:
            raise BusUnavailable("the disk is full")
        self.taken += [decode(item.encode()) for item in events]

    def delivered(self) -> list[tuple[UUID, int]]:
        said = [item.data for item in self.taken if isinstance(item.data, ArticleDelivered)]
        return [(data.id, data.version) for data in said if data.consumer == "indexing"]

    def asked_for(self) -> list[tuple[UUID, ...] | None]:
        return [item.data.ids for item in self.taken if isinstance(item.data, ReplayRequested)]


@pytest.fixture
def bus() -> RecordingPublisher:
    return RecordingPublisher()


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    opened = open_index(f"tantivy://{tmp_path / 'index'}")
    yield opened
    opened.close()


def take(index: Index, bus: RecordingPublisher, *events: Event) -> list[Outcome]:
    comparing = reconciler(index, bus, lambda: NOON)
    return handle(events, index=index, publisher=bus, reconciler=comparing)


def manifest(*entries: tuple[int, int]) -> Event:
    listed = tuple(
        ManifestEntry(id=an_id(number), version=version, state=ManifestState.LIVE)
        for number, version in entries
    )
    data = ArticlesManifest(first=UUID(int=0), last=UUID(int=2**128 - 1), entries=listed)
    return event(data, subject="manifest")


def test_a_published_article_is_indexed_then_said_to_be_delivered(
    index: Index, bus: RecordingPublisher
) -> None:
    assert take(index, bus, published(1, version=3)) == [Done()]
    assert index.get(an_id(1)) is not None
    assert bus.delivered() == [(an_id(1), 3)]
    (said,) = bus.taken
    assert (said.subject, said.time) == (str(an_id(1)), NOON), "lag is measured from the cause"


def test_publish_arriving_after_its_unpublish_does_not_bring_the_article_back(
    index: Index, bus: RecordingPublisher
) -> None:
    assert take(index, bus, unpublished(1, version=2), published(1, version=1)) == [Done(), Done()]
    assert index.get(an_id(1)) is None


def test_an_older_version_is_done_with_and_not_said_to_be_delivered(
    index: Index, bus: RecordingPublisher
) -> None:
    take(index, bus, published(1, version=5))
    assert take(index, bus, published(1, version=4)) == [Done()]
    assert bus.delivered() == [(an_id(1), 5)]


def test_a_repeat_after_a_crash_before_the_word_says_it_again(
    index: Index, bus: RecordingPublisher
) -> None:
    bus.down = True
    (outcome,) = take(index, bus, published(1, version=3))
    assert isinstance(outcome, Retry)
    assert index.get(an_id(1)) is not None
    bus.down = False
    assert take(index, bus, published(1, version=3)) == [Done()]
    assert bus.delivered() == [(an_id(1), 3)]


def test_while_the_index_is_down_everything_is_tried_again_later(
    tmp_path: Path, bus: RecordingPublisher
) -> None:
    (tmp_path / "index").write_text("in the way")
    index = open_index(f"tantivy://{tmp_path / 'index'}")
    rename = event(
        CategoryChanged(category=CategoryLabel(slug="a", name="A"), position=0, version=1),
        subject="a",
    )
    outcomes = take(index, bus, published(1), unpublished(2), rename, manifest((1, 1)))
    assert [type(outcome) for outcome in outcomes] == [Retry] * 4
    assert bus.taken == []
    (tmp_path / "index").unlink()
    assert take(index, bus, published(1), unpublished(2), rename) == [Done()] * 3


def test_an_article_the_index_refuses_is_parked_alone(
    index: Index, bus: RecordingPublisher
) -> None:
    bad = published(2, category=CategoryLabel(slug="", name="Không tên"))
    outcomes = take(index, bus, published(1), bad, published(3))
    assert [type(outcome) for outcome in outcomes] == [Done, Park, Done]
    assert [article_id for article_id, _ in bus.delivered()] == [an_id(1), an_id(3)]


def test_an_event_that_is_none_of_its_own_is_parked(index: Index, bus: RecordingPublisher) -> None:
    foreign = event(ReplayRequested(consumer="render"), subject="x")
    outcomes = take(index, bus, foreign, published(1))
    assert [type(outcome) for outcome in outcomes] == [Park, Done]


def test_a_renamed_category_reaches_readers(
    index: Index, bus: RecordingPublisher, tmp_path: Path
) -> None:
    label = CategoryLabel(slug="tin-tuc", name="Tin trong xã")
    rename = event(CategoryChanged(category=label, position=1, version=9), subject="tin-tuc")
    assert take(index, bus, published(1), rename) == [Done(), Done()]
    facets = open_engine(f"tantivy://{tmp_path / 'index'}").search(Query()).facets
    assert [value.label for value in facets["category"]] == ["Tin trong xã"]


def test_a_manifest_makes_it_ask_for_what_is_missing_or_older(
    index: Index, bus: RecordingPublisher
) -> None:
    take(index, bus, published(1, version=1), published(2, version=2), published(3, version=9))
    assert take(index, bus, manifest((1, 5), (2, 2), (3, 3), (4, 1))) == [Done()]
    assert bus.asked_for() == [(an_id(1), an_id(4))]


def test_a_manifest_that_agrees_asks_for_nothing(index: Index, bus: RecordingPublisher) -> None:
    assert (
        take(index, bus, manifest((1, 1), (2, 2)), published(1), published(2, version=2))
        == [Done()] * 3
    )
    assert bus.asked_for() == [], "the writes of the same batch count"


def test_a_manifest_is_kept_until_the_replay_is_asked_for(
    index: Index, bus: RecordingPublisher
) -> None:
    bus.down = True
    (outcome,) = take(index, bus, manifest((1, 1)))
    assert isinstance(outcome, Retry)


def test_the_consumer_listens_on_both_lanes_and_watches_its_index(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    bus = open_bus(settings.bus_url)
    loops = build_consumer(settings, bus=bus)
    names = ["consumer-live", "consumer-bulk", "measuring-drift"]
    assert [loop.name for loop in loops] == names
    for loop in loops[:2]:
        loop.checks["index"]()
    assert [loop.name for loop in processes(settings, bus=bus)] == names
    bus.close()
