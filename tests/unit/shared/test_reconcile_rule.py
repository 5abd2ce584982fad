"""The rule of reconciliation, without any store."""

from datetime import timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.events import ArticlesManifest, ManifestEntry, ManifestState
from shared.reconcile import ASK_AGAIN, Doubt, Held, Kind, Verdict, chunks, judge
from tests.factories import NOON, an_id

FIRST, LAST = UUID(int=0), UUID(int=2**128 - 1)
A = an_id(1)
TEN = timedelta(minutes=10)
SECOND = timedelta(seconds=1)


def manifest(listed: dict[UUID, tuple[int, str]]) -> ArticlesManifest:
    entries = tuple(
        ManifestEntry(id=i, version=version, state=ManifestState(state))
        for i, (version, state) in listed.items()
    )
    return ArticlesManifest(first=FIRST, last=LAST, entries=entries)


class Memory:
    """A consumer's store in memory, on which manifests are judged one after another."""

    def __init__(self, a: tuple[int, str] | None = None) -> None:
        self.held = {A: Held(*a)} if a else {}
        self.doubts: dict[UUID, Doubt] = {}

    def judge(self, listed: tuple[int, str] | None, *, at: timedelta = 0 * SECOND) -> Verdict:
        """Judge a manifest made ``at`` after noon, a second after it was made."""
        told = manifest({} if listed is None else {A: listed})
        verdict = judge(told, NOON + at, self.held, self.doubts, NOON + at + SECOND)
        self.doubts |= {i: doubt for i, doubt in verdict.changes.items() if doubt}
        for article_id in [i for i, doubt in verdict.changes.items() if doubt is None]:
            del self.doubts[article_id]
        return verdict


def test_what_agrees_is_let_alone() -> None:
    assert Memory(a=(5, "live")).judge((5, "live")).agrees


def test_what_is_missing_older_or_in_another_state_is_asked_for() -> None:
    for memory in (Memory(), Memory(a=(4, "live")), Memory(a=(5, "gone"))):
        assert memory.judge((5, "live")).ask == (A,)


def test_version_nought_that_is_missing_is_asked_for() -> None:
    assert Memory().judge((0, "live")).ask == (A,)


def test_a_replay_under_way_is_not_asked_for_again_until_it_must_be_lost() -> None:
    memory = Memory()
    assert memory.judge((5, "live")).ask == (A,)
    assert memory.judge((5, "live"), at=TEN).agrees
    assert memory.judge((6, "live"), at=TEN).agrees, "the replay sends current state"
    assert memory.judge((5, "live"), at=ASK_AGAIN).ask == (A,)


def test_what_arrived_and_is_lost_again_is_asked_for_at_once() -> None:
    memory = Memory()
    memory.judge((5, "live"))
    memory.held = {A: Held(5, "live")}
    assert memory.judge((5, "live"), at=SECOND).changes == {A: None}
    memory.held = {}
    assert memory.judge((5, "live"), at=2 * SECOND).ask == (A,)


def test_a_newer_version_waits_for_the_next_manifest_then_alerts() -> None:
    memory = Memory(a=(7, "live"))
    first = memory.judge((5, "live"))
    assert (first.ahead, memory.doubts[A].kind) == ((), Kind.NEWER)
    assert memory.judge((5, "live"), at=TEN).ahead == (A,)
    assert memory.judge((5, "live"), at=2 * TEN).ahead == (A,), "until somebody has looked"


def test_an_edit_after_a_restore_ends_the_alert() -> None:
    memory = Memory(a=(7, "live"))
    memory.judge((5, "live"))
    memory.judge((5, "live"), at=TEN)
    memory.held = {A: Held(9, "live")}
    assert memory.judge((9, "live"), at=2 * TEN).changes == {A: None}


def test_an_article_edited_between_all_manifests_alerts_nobody() -> None:
    memory = Memory(a=(7, "live"))
    for number in range(1, 6):
        verdict = memory.judge((5 + number, "live"), at=number * TEN)
        assert verdict.ahead == ()
        memory.held = {A: Held(7 + number, "live")}


def test_what_two_manifests_do_not_list_is_buried() -> None:
    memory = Memory(a=(7, "live"))
    assert memory.judge(None).bury == ()
    assert memory.judge(None, at=TEN).bury == (A,)


def test_a_tombstone_that_is_not_listed_is_let_alone() -> None:
    memory = Memory(a=(7, "gone"))
    assert memory.judge(None).agrees
    assert memory.judge(None, at=TEN).agrees


def test_being_listed_in_between_clears_the_doubt() -> None:
    memory = Memory(a=(7, "live"))
    memory.judge(None)
    memory.judge((7, "live"), at=TEN)
    assert memory.judge(None, at=2 * TEN).bury == ()


def test_a_new_version_in_between_begins_the_doubt_anew() -> None:
    memory = Memory(a=(7, "live"))
    memory.judge(None)
    memory.held = {A: Held(8, "live")}
    assert memory.judge(None, at=TEN).bury == ()


def test_the_same_manifest_again_confirms_nothing() -> None:
    for memory, listed in ((Memory(a=(7, "live")), None), (Memory(a=(7, "live")), (5, "live"))):
        memory.judge(listed)
        again = memory.judge(listed)
        assert (again.bury, again.ahead) == ((), ())


def test_a_manifest_made_before_the_doubt_was_noted_confirms_nothing() -> None:
    """Two that stood in a queue together: an article may have been published after both."""
    memory = Memory(a=(7, "live"))
    memory.judge(None, at=TEN)
    assert memory.judge(None, at=5 * SECOND).bury == ()
    assert memory.judge(None, at=2 * TEN).bury == (A,)


def test_a_doubt_about_what_is_held_no_more_is_forgotten() -> None:
    memory = Memory(a=(7, "live"))
    memory.judge(None)
    memory.held = {}
    assert memory.judge(None, at=TEN).changes == {A: None}


def test_requests_are_bounded() -> None:
    ids = [an_id(number) for number in range(1001)]
    pieces = chunks(ids)
    assert [len(piece) for piece in pieces] == [500, 500, 1]
    assert [article_id for piece in pieces for article_id in piece] == ids


STANDINGS = st.dictionaries(
    st.integers(0, 12).map(an_id),
    st.tuples(st.integers(0, 5), st.sampled_from([state.value for state in ManifestState])),
)


@given(STANDINGS, STANDINGS)
def test_doing_what_the_verdict_says_leaves_only_what_is_ahead(
    listed: dict[UUID, tuple[int, str]], held: dict[UUID, tuple[int, str]]
) -> None:
    store = {i: Held(*stands) for i, stands in held.items()}
    doubts: dict[UUID, Doubt] = {}
    for number in range(1, 4):
        moment = NOON + number * TEN
        verdict = judge(manifest(listed), moment, store, doubts, moment + SECOND)
        for article_id in verdict.ask:
            store[article_id] = Held(*listed[article_id])
        for article_id in verdict.bury:
            store[article_id] = Held(store[article_id].version, "gone")
        doubts |= {i: doubt for i, doubt in verdict.changes.items() if doubt}
        doubts = {i: d for i, d in doubts.items() if verdict.changes.get(i, d) is not None}
    assert {doubt.kind for doubt in doubts.values()} <= {Kind.AHEAD}
    for article_id, own in store.items():
        if article_id not in listed:
            assert own.state == "gone"
        elif article_id in doubts:
            assert own.version > listed[article_id][0]
        else:
            assert (own.version, own.state) == listed[article_id]
    assert set(listed) <= set(store)
