"""Drift made by hand in a real index is found, and mended, by the next manifests."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
import tantivy

from services.indexing.consumer import handle
from services.indexing.reconciling import reconciler
from shared.bus import Done
from shared.contracts.events import (
    ArticlesManifest,
    Event,
    ManifestEntry,
    ManifestState,
    ReplayRequested,
)
from shared.index import Index, Write, open_index
from shared.index.tantivy import schema as layout
from shared.index.tantivy.writer import TantivyIndex
from tests.factories import NOON, an_id, event, published, unpublished

FIRST, LAST = UUID(int=0), UUID(int=2**128 - 1)


class Newsroom:
    """Ingest and the bus in one: manifests of what is known, and what is asked for again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.index: Index = open_index(f"tantivy://{folder}")
        self.known: dict[UUID, Event] = {}
        self.asked: list[ReplayRequested] = []
        self._minutes = 0

    def publish(self, events: Sequence[Event], *, bulk_for: str | None = None) -> None:
        assert bulk_for is None
        self.asked += [e.data for e in events if isinstance(e.data, ReplayRequested)]

    def take(self, *events: Event) -> None:
        comparing = reconciler(self.index, self, lambda: NOON + timedelta(minutes=self._minutes))
        outcomes = handle(events, index=self.index, publisher=self, reconciler=comparing)
        assert outcomes == [Done()] * len(events)

    def say(self, *events: Event) -> None:
        self.known |= {e.data.id: e for e in events}
        self.take(*events)

    def manifest(self) -> list[UUID]:
        """Send a manifest ten minutes after the last, answer what it is asked; return the ids."""
        self._minutes += 10
        entries = tuple(
            ManifestEntry(
                id=i,
                version=e.data.version,
                state=ManifestState(getattr(e.data, "unpublish_type", "live")),
            )
            for i, e in self.known.items()
        )
        told = event(ArticlesManifest(first=FIRST, last=LAST, entries=entries), subject="all")
        self.take(told.model_copy(update={"time": NOON + timedelta(minutes=self._minutes)}))
        wanted = [i for request in self.asked for i in request.ids or ()]
        self.asked.clear()
        self.take(*(self.known[i] for i in wanted))
        return wanted

    def by_hand(self, article_id: UUID, instead: Write | None) -> None:
        """Change the index as no code of ours does: without looking at versions."""
        self.index.close()
        opened = tantivy.Index(layout.schema(), path=str(self.folder))
        writer = opened.writer(20_000_000, 1)
        writer.delete_documents_by_term("id", article_id.hex)
        if instead is not None:
            writer.add_document(layout.article(instead))
        writer.commit()
        writer.wait_merging_threads()

    def stands(self) -> dict[UUID, tuple[int, str]]:
        return self.index.versions(FIRST, LAST)


@pytest.fixture
def newsroom(tmp_path: Path) -> Iterator[Newsroom]:
    made = Newsroom(tmp_path / "index")
    made.say(published(1, version=3), published(2, version=2), unpublished(3, version=4))
    yield made
    made.index.close()


EVERYTHING = {an_id(1): (3, "live"), an_id(2): (2, "live"), an_id(3): (4, "gone")}


def test_a_document_deleted_by_hand_is_sent_again(newsroom: Newsroom) -> None:
    before = newsroom.index.get(an_id(1))
    newsroom.by_hand(an_id(1), None)
    assert newsroom.index.get(an_id(1)) is None
    assert newsroom.manifest() == [an_id(1)]
    assert newsroom.stands() == EVERYTHING
    assert newsroom.index.get(an_id(1)) == before
    assert newsroom.manifest() == []


def test_a_document_altered_to_an_older_version_is_sent_again(newsroom: Newsroom) -> None:
    before = newsroom.index.get(an_id(1))
    assert before is not None
    newsroom.by_hand(an_id(1), Write(an_id(1), 1, before))
    assert newsroom.manifest() == [an_id(1)]
    assert newsroom.stands() == EVERYTHING


def test_a_tombstone_turned_into_an_article_is_buried_again(newsroom: Newsroom) -> None:
    document = newsroom.index.get(an_id(1))
    newsroom.by_hand(an_id(3), Write(an_id(3), 4, document))
    assert newsroom.index.get(an_id(3)) is not None
    assert newsroom.manifest() == [an_id(3)]
    assert newsroom.index.get(an_id(3)) is None
    assert newsroom.stands() == EVERYTHING


def test_an_article_that_two_manifests_do_not_list_becomes_a_tombstone(
    newsroom: Newsroom,
) -> None:
    newsroom.take(published(9, version=7))
    newsroom.manifest()
    assert newsroom.index.get(an_id(9)) is not None, "one manifest proves nothing"
    newsroom.index.close()
    newsroom.index = TantivyIndex(newsroom.folder)  # the suspicion survives a restart
    newsroom.manifest()
    assert newsroom.stands() == EVERYTHING | {an_id(9): (7, "gone")}
    newsroom.take(published(9, version=6))
    assert newsroom.index.get(an_id(9)) is None, "a late event does not bring it back"
    newsroom.say(published(9, version=8))
    assert newsroom.index.get(an_id(9)) is not None, "a new edition does"
    assert newsroom.manifest() == []


def test_an_article_ahead_of_ingest_is_shown_as_drift_until_it_is_edited(
    newsroom: Newsroom,
) -> None:
    newsroom.known[an_id(1)] = published(1, version=2)
    newsroom.manifest()
    assert newsroom.index.counts() == {"newer": 1}
    newsroom.manifest()
    newsroom.manifest()
    assert newsroom.index.counts() == {"ahead": 1}
    newsroom.say(published(1, version=5))
    assert newsroom.index.counts() == {}
    assert newsroom.manifest() == []


def test_a_wiped_index_asks_in_bounded_pieces_and_once(newsroom: Newsroom) -> None:
    newsroom.known |= {an_id(number): published(number) for number in range(10, 1210)}
    answered = newsroom.publish

    def remember(events: Sequence[Event], *, bulk_for: str | None = None) -> None:
        sizes.extend(len(e.data.ids or ()) for e in events if isinstance(e.data, ReplayRequested))
        answered(events, bulk_for=bulk_for)

    sizes: list[int] = []
    newsroom.publish = remember  # type: ignore[method-assign]
    assert len(newsroom.manifest()) == 1200
    assert sizes == [500, 500, 200]
    assert newsroom.manifest() == []
    assert newsroom.index.counts() == {}
