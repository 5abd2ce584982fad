"""When a reindex compares, and when it asks once more; what it says of the embedded index."""

from pathlib import Path

import pytest

from services.indexing import __main__ as service
from services.indexing.waiting import Pace, Waiting


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def waiting(clock: Clock) -> Waiting:
    return Waiting(Pace(patience=10, longest=30), clock)


def _quiet() -> bool:
    return True


def _busy() -> bool:
    return False


def test_comparing_waits_until_numbers_agree_or_nothing_more_comes_in(waiting: Waiting) -> None:
    assert not waiting.may_compare(5, _quiet), "nobody knows yet whether it shrinks"
    assert not waiting.may_compare(3, _quiet)
    assert not waiting.may_compare(3, _busy)
    assert waiting.may_compare(3, _quiet)
    assert waiting.may_compare(0, _busy)


def test_comparing_takes_a_share_of_the_time_only(waiting: Waiting, clock: Clock) -> None:
    assert waiting.may_compare(0, _quiet)
    waiting.compared(2, seconds=4)
    clock.now += 19
    assert not waiting.may_compare(0, _quiet)
    assert not waiting.may_compare(1, _quiet)
    assert waiting.may_compare(0, _busy), "the numbers agree anew"
    waiting.compared(2, seconds=4)
    clock.now += 21
    assert waiting.may_compare(0, _quiet)


def test_patience_begins_anew_with_whatever_gets_better(waiting: Waiting, clock: Clock) -> None:
    waiting.may_compare(5, _quiet)
    clock.now += 9
    waiting.may_compare(4, _quiet)
    clock.now += 9
    waiting.may_compare(6, _quiet)
    assert not waiting.is_over()
    clock.now += 2
    assert waiting.is_over()
    waiting.compared(3, seconds=0)
    assert not waiting.is_over()


def test_each_time_it_asks_again_it_waits_twice_as_long(waiting: Waiting, clock: Clock) -> None:
    waits = []
    for _ in range(4):
        began = clock.now
        while not waiting.is_over():
            clock.now += 1
        waits.append(clock.now - began)
        waiting.asked()
    assert waits == [10, 20, 30, 30]


@pytest.mark.parametrize("words", [["reindex"], ["reindex", "--drop"], ["jobs"]])
def test_the_embedded_index_knows_no_reindex_and_says_what_to_do_instead(
    words: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("BANTIN_DATA_DIR", str(tmp_path))
    monkeypatch.delenv("BANTIN_SEARCH_INDEX", raising=False)
    assert service.main(words) == 2
    assert "docs/runbooks/drift.md" in capsys.readouterr().err
