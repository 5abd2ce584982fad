"""What reconciliation remembers lives in the index, and goes with it."""

from uuid import UUID

import pytest

from shared.index import CategoryName, Engine, Index, Query, Written, open_index
from shared.reconcile import Doubt, Kind
from tests.contract.index.conftest import Find
from tests.contract.index.writes import live, taken_back
from tests.factories import NOON, an_id

FIRST, LAST = UUID(int=0), UUID(int=2**128 - 1)
DOUBT = Doubt(Kind.UNLISTED, 7, NOON)


def test_a_doubt_outlives_the_writer(index: Index, url: str) -> None:
    index.remember({an_id(1): DOUBT, an_id(2): Doubt(Kind.AHEAD, 2**50, NOON)})
    index.close()
    again = open_index(url)
    assert again.doubts(FIRST, LAST) == {
        an_id(1): DOUBT,
        an_id(2): Doubt(Kind.AHEAD, 2**50, NOON),
    }
    assert again.counts() == {Kind.UNLISTED: 1, Kind.AHEAD: 1}
    again.close()


def test_doubts_are_told_by_range(index: Index) -> None:
    ids = sorted(an_id(number) for number in range(20))
    index.remember(dict.fromkeys(ids, DOUBT))
    assert sorted(index.doubts(ids[5], ids[9])) == ids[5:10]


def test_a_doubt_is_replaced_and_forgotten(index: Index) -> None:
    index.remember({an_id(1): DOUBT, an_id(2): DOUBT})
    newer = Doubt(Kind.BEHIND, 9, NOON)
    index.remember({an_id(1): newer, an_id(2): None})
    assert index.doubts(FIRST, LAST) == {an_id(1): newer}


def test_a_write_that_is_stored_forgets_the_doubt(index: Index) -> None:
    index.write([live(1, version=5), live(2, version=5)])
    index.remember({an_id(1): DOUBT, an_id(2): DOUBT})
    assert index.write([live(1, version=6), live(2, version=4)]) == [
        Written.STORED,
        Written.STALE,
    ]
    assert list(index.doubts(FIRST, LAST)) == [an_id(2)]


def test_readers_and_versions_know_no_doubts(index: Index, engine: Engine, find: Find) -> None:
    index.write([live(1, title="Cầu")])
    index.remember({an_id(1): DOUBT, an_id(2): DOUBT})
    assert find() == find("cầu") == [1]
    assert engine.search(Query()).total == 1
    assert list(index.versions(FIRST, LAST)) == [an_id(1)]


def test_an_index_is_empty_until_something_is_written(index: Index) -> None:
    assert index.is_empty()
    index.write([taken_back(1)])
    assert not index.is_empty()


@pytest.mark.parametrize("state", ["gone", "redirect", "withdrawal"])
def test_another_state_at_the_same_version_is_mended(index: Index, find: Find, state: str) -> None:
    index.write([taken_back(1, version=5, state=state)])
    assert index.write([live(1, version=5, title="Cầu")]) == [Written.STORED]
    assert find("cầu") == [1]
    assert index.write([taken_back(1, version=5, state=state)]) == [Written.STORED]
    assert find() == []


def test_categories_come_with_their_position(index: Index, engine: Engine) -> None:
    index.write([live(1, category="b"), live(2, category="a"), live(3, category="c")])
    names = [CategoryName("a", "An", 1, position=2), CategoryName("b", "Bình", 1, position=1)]
    assert index.rename(names) == [Written.STORED] * 2
    found = {v.value: v.position for v in engine.search(Query()).facets["category"]}
    assert (found["b"], found["a"]) == (1, 2)
    assert found["c"] > found["a"], "one that nobody has placed is last"
