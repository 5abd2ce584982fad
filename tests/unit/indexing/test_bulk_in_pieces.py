"""A rebuild never delays today's news by more than one piece."""

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import cast
from uuid import UUID

import pytest

from services.indexing.consumer import PIECE, handle
from services.indexing.reconciling import reconciler
from shared.bus import BATCH, Done
from shared.contracts.events import Event
from shared.index import SearchDocument, Write, Written
from shared.index.tantivy.writer import TantivyIndex
from shared.locks import Turns
from tests.factories import NOON, an_id, published
from tests.unit.indexing.test_indexing_consumer import RecordingPublisher


class Observed(TantivyIndex):
    """Notes the order in which documents are made, which happens while the index is held.

    The first is made only once another thread stands at the door.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.order: list[str] = []

    def write(self, writes: Sequence[Write]) -> list[Written]:
        return super().write(cast("Sequence[Write]", [_Noted(w, self._note) for w in writes]))

    def _note(self, article_id: UUID) -> None:
        if not self.order:
            _wait_until(self._lock._door.locked)
        if self.order[-1:] != [str(article_id)]:
            self.order.append(str(article_id))


class _Noted:
    """A write that says so when its document is made."""

    def __init__(self, write: Write, note: Callable[[UUID], None]) -> None:
        self._write = write
        self._note = note
        self.id, self.version, self.state = write.id, write.version, write.state

    @property
    def document(self) -> SearchDocument | None:
        self._note(self.id)
        return self._write.document


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Observed]:
    opened = Observed(tmp_path / "index")
    yield opened
    opened.close()


def _wait_until(condition: Callable[[], bool]) -> None:
    for _ in range(6000):
        if condition():
            return
        threading.Event().wait(0.01)
    raise AssertionError("it did not come true")


def test_a_live_write_waits_for_one_piece_of_a_bulk_batch_at_most(index: Observed) -> None:
    publisher = RecordingPublisher()
    comparing = reconciler(index, publisher, lambda: NOON)

    def take(events: list[Event], piece: int) -> None:
        outcomes = handle(
            events, index=index, publisher=publisher, reconciler=comparing, piece=piece
        )
        assert outcomes == [Done()] * len(events)

    bulk = [published(number) for number in range(BATCH)]
    live = [published(BATCH + 1)]
    threads = [
        threading.Thread(target=take, args=(bulk, PIECE)),
        threading.Thread(target=take, args=(live, BATCH)),
    ]
    with index._lock:
        for number, thread in enumerate(threads):
            thread.start()
            _wait_until(lambda n=number: index._lock.wanted == n + 2)  # type: ignore[misc]
    for thread in threads:
        thread.join(60)
    assert index.order.index(str(an_id(BATCH + 1))) == PIECE
    assert len(index.order) == BATCH + 1


def test_who_gives_the_lock_back_cannot_take_it_before_one_who_waits() -> None:
    turns, order = Turns(), list[str]()

    def wait() -> None:
        with turns:
            order.append("waited")

    thread = threading.Thread(target=wait)
    with turns:
        thread.start()
        _wait_until(lambda: turns.wanted == 2)
        _wait_until(turns._door.locked)
    with turns:
        order.append("came back")
    thread.join(60)
    assert order == ["waited", "came back"]
