"""First starts, and a new index beside the live one: what a reindex stands on."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Barrier, Event

import pytest

from shared.index import CategoryName, Engine, Index, IndexUnavailable, Query, Written, open_index
from shared.index.elastic import ElasticIndex, Indices
from shared.index.elastic.client import WRITE_SECONDS, Address, connect
from shared.index.elastic.indices import FIRST, LAST
from shared.reconcile import Doubt, Kind
from tests.contract.index.elastic import call, raw
from tests.contract.index.injector import Injector, injecting
from tests.contract.index.writes import live, taken_back
from tests.factories import NOON, an_id
from tests.servers.elasticsearch import Elasticsearch

STORED, UNAVAILABLE = Written.STORED, Written.UNAVAILABLE


@pytest.fixture
def adapter() -> str:
    return "elastic"


@pytest.fixture
def alias(url: str) -> str:
    return url.rpartition("/")[2]


@pytest.fixture
def indices(index: Index) -> Indices:
    assert isinstance(index, ElasticIndex)
    assert index.is_empty()
    return index.indices


def test_many_processes_that_start_at_once_make_one_index(url: str, alias: str) -> None:
    together = Barrier(6)

    def start(number: int) -> list[Written]:
        with closing(open_index(url)) as opened:
            together.wait()
            return opened.write([live(number)])

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(start, range(6))) == [[STORED]] * 6
    assert list(call("GET", f"{raw(url)}-*")) == [f"{alias}-000001"]
    with closing(open_index(url)) as opened:
        assert len(opened.versions(an_id(0), an_id(0))) == 1


def test_an_index_that_another_makes_between_two_looks_is_no_stray(url: str, alias: str) -> None:
    class Overtaken(Indices):
        def all(self) -> list[str]:
            with closing(open_index(url)) as other:
                assert other.write([live(1)]) == [STORED]
            return super().all()

    with closing(connect(Address.parse(url), WRITE_SECONDS)) as client:
        Overtaken(client, alias).ensure()
        assert Indices(client, alias).targets().live == f"{alias}-000001"


def test_writers_of_one_article_leave_its_newest_version(url: str, engine: Engine) -> None:
    """Whoever is first; nobody's answer is anything but stored or stale."""

    def write(turn: int) -> set[Written]:
        versions = range(turn, 60, 3)
        with closing(open_index(url)) as opened:
            return {
                outcome
                for version in versions
                for outcome in opened.write([live(1, version, f"Cầu thứ {version}"), live(2, 1)])
            }

    with ThreadPoolExecutor(3) as pool:
        outcomes = set().union(*pool.map(write, range(3)))
    assert outcomes <= {STORED, Written.STALE}
    (hit,) = engine.search(Query("thứ")).hits
    assert hit.title == "Cầu thứ 59"


def test_a_new_index_gets_every_write_and_readers_see_it_after_the_swap(
    index: Index, indices: Indices, engine: Engine, alias: str
) -> None:
    index.write([live(1, 5, "Cũ"), live(2, 5)])
    fresh = indices.create()
    assert indices.targets().next == fresh
    assert fresh.startswith(f"{alias}-000002-")
    assert index.write([live(3, 1), taken_back(2, 6)]) == [STORED] * 2
    index.rename([CategoryName("tin-tuc", "Tin trong xã", 7)])
    assert [hit.id for hit in engine.search(Query("cầu")).hits] == [an_id(3)]
    assert {i: (v, s) for i, v, s in indices.versions(fresh)} == {
        an_id(2): (6, "gone"),
        an_id(3): (1, "live"),
    }
    assert indices.names(fresh) == {"tin-tuc": 7}
    assert index.write([live(1, 5, "Cũ")]) == [STORED], "a replay fills the new one"
    old = indices.targets().live
    assert list(indices.versions(fresh)) == list(indices.versions(old))
    assert indices.swap(fresh) == old
    assert (indices.targets().live, indices.targets().next) == (fresh, None)
    results = engine.search(Query())
    assert {hit.id for hit in results.hits} == {an_id(1), an_id(3)}
    assert {hit.category_label for hit in results.hits} == {"Tin trong xã"}
    assert index.write([live(4)]) == [STORED]
    assert an_id(4) not in {i for i, _, _ in indices.versions(old)}
    assert indices.all() == [old, fresh]
    indices.drop(old)
    assert indices.all() == [fresh]
    assert index.write([live(5)]) == [STORED]
    assert engine.search(Query("cầu")).total == 3


def test_doubts_stay_with_the_index_that_they_are_about(index: Index, indices: Indices) -> None:
    index.remember({an_id(1): Doubt(Kind.UNLISTED, 7, NOON)})
    fresh = indices.create()
    assert index.counts() == {Kind.UNLISTED: 1}
    indices.swap(fresh)
    assert index.counts() == {}


def test_a_version_held_by_the_live_index_is_written_to_the_new_one(
    index: Index, indices: Indices
) -> None:
    index.write([live(1, 5)])
    fresh = indices.create()
    assert index.write([live(1, 4), live(1, 5), taken_back(1, 5)]) == [
        Written.STALE,
        STORED,
        STORED,
    ]
    (held,) = indices.versions(fresh)
    assert held == (an_id(1), 5, "gone")


def test_only_one_index_is_filled_at_a_time_and_the_live_one_is_never_dropped(
    indices: Indices,
) -> None:
    first = indices.targets().live
    fresh = indices.create()
    with pytest.raises(ValueError, match="being filled"):
        indices.create()
    for name in (first, "none-of-ours"):
        with pytest.raises(ValueError, match="live, or none"):
            indices.drop(name)
    indices.drop(fresh)
    assert indices.targets().next is None
    another = indices.create()
    assert another != fresh, "a name that comes again could be mistaken for what it was"
    indices.swap(another)
    with pytest.raises(ValueError, match="live already"):
        indices.swap(another)


def test_of_two_that_make_a_next_index_at_once_one_is_refused(indices: Indices) -> None:
    """Each saw that there is none; two of them would stop every write."""
    names = [indices.new_name(), indices.new_name()]
    together = Barrier(2)

    def make(name: str) -> str | None:
        together.wait()
        try:
            return indices._create(name, indices.next_alias, must_be_new=True)
        except ValueError:
            return None

    with ThreadPoolExecutor(2) as pool:
        made = [name for name in pool.map(make, names) if name]
    assert len(made) == 1
    assert indices.targets().next == made[0]
    assert indices.all()[1:] == made


def test_an_index_that_was_dropped_meanwhile_is_not_swapped_in(
    index: Index, indices: Indices
) -> None:
    before = indices.targets().live
    dropped = indices.create()
    indices.drop(dropped)
    other = indices.create()
    with pytest.raises(IndexUnavailable):
        indices.swap(dropped)
    assert (indices.targets().live, indices.targets().next) == (before, other)
    assert index.write([live(1)]) == [STORED]


def test_no_write_is_lost_while_indexes_are_made_swapped_and_dropped(
    index: Index, indices: Indices
) -> None:
    """A replay brings what was published before it was asked for; all else comes only once."""
    stop = Event()
    published = [0]

    def write() -> None:
        while not stop.is_set():
            batch = [live(published[0]), live(published[0] + 1)]
            published[0] += 2
            while (outcomes := index.write(batch)) != [STORED] * 2:
                assert set(outcomes) <= {STORED, UNAVAILABLE}

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write)
        for turn in range(10):
            fresh = indices.create()
            if turn % 4 == 0:
                indices.drop(fresh)
                continue
            replay = [live(number) for number in range(published[0])]
            assert set(index.write(replay)) <= {STORED}
            indices.drop(indices.swap(fresh))
        stop.set()
        writing.result()
    assert published[0] > 10
    assert set(index.versions(FIRST, LAST)) == {an_id(n) for n in range(published[0])}


@pytest.fixture
def injector(elasticsearch: Elasticsearch) -> Iterator[Injector]:
    with injecting(elasticsearch.url) as made:
        yield made


def test_a_write_is_done_only_when_the_new_index_has_it_too(
    injector: Injector, alias: str, indices: Indices, engine: Engine
) -> None:
    fresh = indices.create()
    with closing(open_index(injector.url(alias))) as beyond:
        injector.items_of[f"{alias}-next"] = {str(an_id(1)): 429, str(an_id(2)): 400}
        outcomes = beyond.write([live(1), live(2), live(3)])
        assert outcomes == [UNAVAILABLE, STORED, STORED], "what it refuses a comparison will show"
        assert engine.search(Query()).total == 3
        injector.items_of.clear()
        assert beyond.write([live(1), live(2)]) == [STORED] * 2
        assert len(list(indices.versions(fresh))) == 3


def test_an_index_made_by_other_code_is_told(url: str, indices: Indices) -> None:
    name = indices.targets().live
    assert indices.is_current(name)
    call("PUT", f"{raw(url)}/_mapping", {"_meta": {"revision": 0}})
    assert not indices.is_current(name)


def test_thousands_of_versions_are_told_in_order(index: Index, indices: Indices) -> None:
    writes = [taken_back(number, 1) for number in range(10_050)]
    for start in range(0, len(writes), 2_000):
        index.write(writes[start : start + 2_000])
    told = list(indices.versions(indices.targets().live))
    assert [one for one, _, _ in told] == sorted(write.id for write in writes)


def test_pages_beyond_the_servers_own_window_fit_together(index: Index, engine: Engine) -> None:
    writes = [live(number, title="Cầu", category=f"m-{number % 3}") for number in range(10_050)]
    for start in range(0, len(writes), 2_000):
        index.write(writes[start : start + 2_000])
    for text in ("", "cầu"):
        pages = [engine.search(Query(text, page=page, per_page=60)) for page in (166, 167, 168)]
        ids = [hit.id for page in pages for hit in page.hits]
        assert ids == sorted(write.id for write in writes)[165 * 60 :]
        assert {page.total for page in pages} == {10_050}
        far = engine.search(Query(text, page=1_000, per_page=60))
        assert (far.total, far.hits) == (10_050, ())
