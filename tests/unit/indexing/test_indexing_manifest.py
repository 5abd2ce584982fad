from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.indexing.manifest import Differences, compare
from shared.contracts.events import ArticlesManifest, ManifestEntry, ManifestState
from tests.factories import an_id

FIRST, LAST = UUID(int=0), UUID(int=2**128 - 1)


def manifest(listed: dict[int, int]) -> ArticlesManifest:
    entries = tuple(
        ManifestEntry(id=an_id(number), version=version, state=ManifestState.LIVE)
        for number, version in listed.items()
    )
    return ArticlesManifest(first=FIRST, last=LAST, entries=entries)


def test_each_difference_is_told_apart() -> None:
    held = {an_id(1): (5, "live"), an_id(2): (5, "gone"), an_id(3): (5, "live"), an_id(9): (1, "x")}
    assert compare(manifest({1: 5, 2: 6, 3: 4, 4: 1}), held) == Differences(
        behind=(an_id(2), an_id(4)), ahead=(an_id(3),), unlisted=(an_id(9),)
    )


def test_version_nought_that_is_missing_is_asked_for() -> None:
    assert compare(manifest({1: 0}), {}).behind == (an_id(1),)


VERSIONS = st.dictionaries(st.integers(0, 20), st.integers(0, 5))


@given(VERSIONS, VERSIONS)
def test_replaying_what_is_behind_leaves_nothing_behind(
    listed: dict[int, int], held: dict[int, int]
) -> None:
    state = {an_id(number): (version, "live") for number, version in held.items()}
    by_id = {an_id(number): (version, "live") for number, version in listed.items()}
    found = compare(manifest(listed), state)
    mended = state | {article_id: by_id[article_id] for article_id in found.behind}
    assert compare(manifest(listed), mended) == Differences((), found.ahead, found.unlisted)
    same = set(by_id) - set(found.behind) - set(found.ahead)
    assert all(by_id[article_id] == state[article_id] for article_id in same)
