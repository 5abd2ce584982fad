"""A real node that is away, full, half there or asked too much: nothing is lost or parked."""

from collections.abc import Callable, Iterator
from contextlib import closing

import httpx
import pytest

from shared.index import Engine, Index, IndexUnavailable, Query, Written, open_engine, open_index
from tests.contract.index.elastic import call, new_aliases, raw, wipe
from tests.contract.index.injector import CUT, Injector, injecting
from tests.contract.index.writes import live, taken_back
from tests.deployment import wait_for
from tests.factories import an_id
from tests.servers.elasticsearch import Elasticsearch

STORED, STALE = Written.STORED, Written.STALE
REJECTED, UNAVAILABLE = Written.REJECTED, Written.UNAVAILABLE


@pytest.fixture
def adapter() -> str:
    return "elastic"


@pytest.fixture
def alias(url: str) -> str:
    return url.rpartition("/")[2]


@pytest.fixture
def injector(elasticsearch: Elasticsearch) -> Iterator[Injector]:
    with injecting(elasticsearch.url) as made:
        yield made


@pytest.fixture
def beyond(injector: Injector, alias: str) -> Iterator[Index]:
    """The index as it is reached through the proxy."""
    opened = open_index(injector.url(alias))
    assert opened.is_empty()
    yield opened
    opened.close()


def test_each_document_of_a_mixed_batch_has_its_own_outcome(
    beyond: Index, injector: Injector, engine: Engine
) -> None:
    beyond.write([live(2, 9)])
    injector.items = {str(an_id(3)): 429, str(an_id(4)): 400, str(an_id(5)): 503}
    outcomes = beyond.write([live(1), live(2, 8), live(3), live(4), live(5), live(6)])
    assert outcomes == [STORED, STALE, UNAVAILABLE, REJECTED, UNAVAILABLE, STORED]
    assert "this document is wrong" in outcomes[3].reason
    assert "the queue is full" in outcomes[2].reason
    assert engine.search(Query()).total == 3
    injector.items = {}
    assert beyond.write([live(3), live(5)]) == [STORED] * 2
    assert engine.search(Query()).total == 5


@pytest.mark.parametrize("status", [403, 404, 429, 503])
def test_what_is_not_the_documents_fault_is_not_held_against_it(
    beyond: Index, injector: Injector, status: int
) -> None:
    injector.items = {str(an_id(1)): status}
    assert beyond.write([live(1), live(2)]) == [UNAVAILABLE, STORED]
    injector.items = {}
    assert beyond.write([live(1), live(2)]) == [STORED] * 2


def test_the_server_itself_refuses_a_document_and_says_why(index: Index, engine: Engine) -> None:
    too_long = live(2, category="x" * 40_000)
    outcomes = index.write([live(1), too_long, live(3)])
    assert outcomes == [STORED, REJECTED, STORED]
    assert "category" in outcomes[1].reason
    assert engine.search(Query()).total == 2


@pytest.mark.parametrize("status", [CUT, 400, 401, 403, 404, 429, 500, 502, 503, 504])
def test_a_request_that_fails_as_a_whole_blames_no_document(
    beyond: Index, injector: Injector, engine: Engine, status: int
) -> None:
    injector.requests = {"_bulk": status}
    assert beyond.write([live(1), live(2)]) == [UNAVAILABLE] * 2
    assert engine.search(Query()).total == 0
    injector.requests = {}
    assert beyond.write([live(1), live(2)]) == [STORED] * 2


@pytest.mark.parametrize("part", ["_mget", "_search", "_refresh"])
@pytest.mark.parametrize("status", [CUT, 429, 503])
def test_a_repeat_that_cannot_be_looked_up_is_tried_again(
    beyond: Index, injector: Injector, part: str, status: int
) -> None:
    beyond.write([live(1)])
    injector.requests = {part: status}
    outcomes = beyond.write([live(1), live(2, 2)])
    assert set(outcomes) <= {STORED, UNAVAILABLE}
    assert len(outcomes) == 2
    injector.requests = {}
    assert beyond.write([live(1), live(2, 2)]) == [STORED] * 2


def test_a_batch_too_large_for_a_proxy_is_sent_in_pieces(
    beyond: Index, injector: Injector, engine: Engine
) -> None:
    injector.largest = 20_000
    body = "chữ " * 1000
    writes = [live(number, body=body) for number in range(30)]
    assert beyond.write([*writes, live(31, body=body * 10)]) == [STORED] * 30 + [REJECTED]
    assert engine.search(Query()).total == 30


@pytest.mark.parametrize("status", [CUT, 429, 500, 502, 503])
def test_a_reader_is_told_that_the_index_is_unavailable(
    index: Index, injector: Injector, alias: str, status: int
) -> None:
    index.write([live(1)])
    engine = open_engine(injector.url(alias))
    injector.requests = {"_msearch": status}
    for ask in (
        lambda: engine.search(Query("cầu")),
        lambda: engine.suggest("cau", 5),
        engine.check,
    ):
        with pytest.raises(IndexUnavailable):
            ask()
    injector.requests = {}
    assert engine.search(Query("cầu")).total == 1
    engine.close()


@pytest.mark.parametrize("status", [CUT, 429, 503])
def test_reconciliation_is_told_that_the_index_is_unavailable(
    beyond: Index, injector: Injector, status: int
) -> None:
    for part in ("_search", "_bulk", "_doc", "_alias"):
        injector.requests[part] = status
    injector.requests[str(an_id(1))] = status
    first, last = sorted((an_id(1), an_id(2)))
    for call_ in (
        beyond.is_empty,
        beyond.counts,
        lambda: beyond.versions(first, last),
        lambda: beyond.doubts(first, last),
        lambda: beyond.remember({an_id(1): None}),
        lambda: beyond.get(an_id(1)),
    ):
        with pytest.raises(IndexUnavailable):
            call_()


def test_without_its_alias_nothing_is_written_and_no_index_comes_into_being(
    index: Index, url: str, alias: str, engine: Engine, find: Callable[..., list[int]]
) -> None:
    index.write([live(1)])
    address = raw(url)
    server = address.removesuffix(f"/{alias}")
    call("DELETE", f"{server}/{alias}-000001/_alias/{alias}")
    assert index.write([live(2)]) == [UNAVAILABLE]
    with pytest.raises(IndexUnavailable):
        index.check()
    for ask in (engine.check, lambda: engine.search(Query()), lambda: engine.suggest("cau", 5)):
        with pytest.raises(IndexUnavailable, match=f"{alias} is gone, though there is {alias}-0"):
            ask()
    again = open_index(url)
    with pytest.raises(IndexUnavailable, match=f"no index has the alias {alias}"):
        again.is_empty()
    assert again.write([live(2)]) == [UNAVAILABLE]
    assert list(call("GET", f"{server}/{alias}*")) == [f"{alias}-000001"]
    call("PUT", f"{server}/{alias}-000001/_alias/{alias}")
    assert index.write([live(2)]) == again.write([live(2)]) == [STORED]
    assert sorted(find()) == [1, 2]
    again.close()


def test_where_no_index_ever_was_readers_find_nothing_and_are_ready(engine: Engine) -> None:
    engine.check()
    assert engine.search(Query("cầu")).total == 0
    assert engine.suggest("cau", 5) == []


def test_a_reader_asks_about_indexes_only_where_the_alias_is_missing(
    index: Index, injector: Injector, alias: str
) -> None:
    index.write([live(1)])
    with closing(open_engine(injector.url(alias))) as engine:
        engine.check()
        assert engine.search(Query("cầu")).total == 1
    assert set(injector.seen) == {f"POST /{alias}/_msearch"}


def test_a_wiped_index_is_missed_and_made_anew_by_the_next_start(
    index: Index, url: str, find: Callable[..., list[int]]
) -> None:
    index.write([live(1, 5), taken_back(2, 6)])
    wipe(raw(url))
    assert find() == []
    assert index.write([live(1, 5)]) == [UNAVAILABLE]
    again = open_index(url)
    assert again.is_empty()
    assert again.write([live(1, 1)]) == index.write([live(2, 1)]) == [STORED]
    assert sorted(find()) == [1, 2]
    again.close()


def test_no_write_can_bring_an_index_into_being_by_naming_it(
    index: Index, url: str, alias: str
) -> None:
    index.is_empty()
    server = raw(url).removesuffix(f"/{alias}")
    for name in (f"{alias}-next", f"{alias}-000002"):
        answer = httpx.put(f"{server}/{name}/_doc/1", json={"title": "Tin"}, timeout=60)
        assert answer.status_code == 404, answer.text


def test_a_field_that_nobody_declared_is_refused(index: Index, url: str) -> None:
    index.is_empty()
    answer = httpx.put(f"{raw(url)}/_doc/1", json={"titel": "Tin"}, timeout=60)
    assert answer.status_code == 400
    assert "strict" in answer.text


def test_an_index_set_to_read_only_takes_writes_again_afterwards(index: Index, url: str) -> None:
    index.write([live(1)])
    call("PUT", f"{raw(url)}/_settings", {"index.blocks.write": True})
    outcomes = index.write([live(2)])
    assert outcomes == [UNAVAILABLE]
    assert "block" in outcomes[0].reason
    call("PUT", f"{raw(url)}/_settings", {"index.blocks.write": False})
    assert index.write([live(2)]) == [STORED]


def test_a_document_deleted_by_hand_can_be_written_again_at_its_old_version(
    index: Index, url: str, find: Callable[..., list[int]]
) -> None:
    index.write([live(1, 5), live(2, 5)])
    call("DELETE", f"{raw(url)}/_doc/{an_id(1)}?refresh=true")
    assert find() == [2]
    # Until the node forgets the deletion it refuses the old version, and is asked again.
    wait_for(lambda: index.write([live(1, 5)]) == [STORED])
    assert sorted(find()) == [1, 2]


def test_a_node_that_hangs_is_waited_for_only_so_long(
    own_elasticsearch: Elasticsearch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.index.elastic.asking.READ_SECONDS", 1.0)
    monkeypatch.setattr("shared.index.elastic.writer.WRITE_SECONDS", 1.0)
    with new_aliases(own_elasticsearch) as new:
        url = new()
        with closing(open_index(url)) as first:
            wait_for(lambda: first.write([live(1)]) == [STORED])
        with closing(open_index(url)) as index, closing(open_engine(url)) as engine:
            wait_for(lambda: index.write([live(1)]) == [STORED])
            own_elasticsearch.pause()
            assert index.write([live(2)]) == [UNAVAILABLE]
            for ask in (index.check, engine.check, lambda: engine.search(Query())):
                with pytest.raises(IndexUnavailable):
                    ask()
            own_elasticsearch.resume()
            wait_for(lambda: index.write([live(2)]) == [STORED])
            assert engine.search(Query("cầu")).total == 2


def test_what_was_said_to_be_stored_is_there_after_the_node_was_killed(
    own_elasticsearch: Elasticsearch,
) -> None:
    with new_aliases(own_elasticsearch) as new:
        url = new()
        index, engine = open_index(url), open_engine(url)
        assert index.write([live(number) for number in range(50)]) == [STORED] * 50
        own_elasticsearch.kill()
        assert index.write([live(60)]) == [UNAVAILABLE]
        for ask in (index.is_empty, index.check, engine.check, lambda: engine.search(Query())):
            with pytest.raises(IndexUnavailable):
                ask()
        own_elasticsearch.start()
        index.check()
        engine.check()
        assert engine.search(Query("cầu")).total == 50
        assert index.write([live(60), live(1)]) == [STORED] * 2
        assert engine.search(Query("cầu")).total == 51
        index.close()
        engine.close()
