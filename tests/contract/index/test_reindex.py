"""A reindex, with ingest and indexing at work: what gets into the new index, and what stops it."""

import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from services.indexing import bootstrap as indexing
from services.indexing.jobs import jobs
from services.indexing.reindex import NewerLayoutError, Reindex
from shared import metrics
from shared.clock import now
from shared.index import IndexUnavailable, Query, Written
from shared.index.elastic import Reindexing, schema
from shared.index.elastic.lease import LeaseLostError
from tests.contract.index.elastic import call, new_aliases, raw
from tests.contract.index.injector import injecting
from tests.contract.index.portal import PACE, Portal, ids, opened
from tests.contract.index.writes import live, taken_back
from tests.deployment import wait_for
from tests.factories import an_id
from tests.servers.elasticsearch import Elasticsearch

MANY = 130
"""More than ingest sends again at a time."""


@pytest.fixture
def portal(elasticsearch: Elasticsearch, tmp_path: Path) -> Iterator[Portal]:
    with new_aliases(elasticsearch) as new, opened(tmp_path, new()) as made:
        yield made


def _filled(portal: Portal, many: int = 5) -> str:
    """Publish some articles and return the live index."""
    portal.publish(*range(many))
    portal.settle()
    return portal.place.indices.targets().live


def test_the_new_index_has_every_article_tombstone_and_name_and_the_old_one_is_gone(
    portal: Portal,
) -> None:
    old = _filled(portal, MANY)
    for number, kind in enumerate(("gone", "redirect", "withdrawal")):
        location = {"location": "/chuyen-muc/tin-tuc/"} if kind == "redirect" else {}
        assert portal.room.unpublish(an_id(number), kind, **location).status_code == 200
    assert portal.room.category("tin-tuc", "Tin trong xã").status_code == 200
    portal.settle()
    portal.make()
    new = portal.place.indices.targets().live
    assert portal.place.indices.all() == [new] != [old]
    assert portal.live() == portal.known()
    assert len(portal.live()) == MANY
    results = portal.engine.search(Query())
    assert results.total == MANY - 3
    assert {hit.category_label for hit in results.hits} == {"Tin trong xã"}
    assert not portal.reindex.is_due()
    portal.make(keep=True)
    assert portal.place.indices.all()[0] == new
    assert len(portal.place.indices.all()) == 2


def test_what_ingest_has_forgotten_is_found_as_before(portal: Portal) -> None:
    """Restored from a backup, it cannot send again what came after that."""
    _filled(portal)
    portal.index.write([live(1, 10**15, "Bản mới hơn"), taken_back(77, 5), live(78, 5, "Lạ")])
    portal.manifests()
    portal.manifests()
    portal.publish(6)
    portal.make()
    held = portal.live()
    assert held[an_id(1)] == (10**15, "live")
    assert held[an_id(77)] == (5, "gone")
    assert held[an_id(78)][1] == "gone", "two manifests have made it a tombstone"
    assert [hit.id for hit in portal.engine.search(Query("bản mới hơn")).hits] == [an_id(1)]
    assert held.keys() == portal.known().keys() | ids(77, 78)


def test_what_did_not_come_is_asked_for_again(portal: Portal) -> None:
    _filled(portal)
    portal.begin(asked=True)  # and all of it was lost
    portal.make()
    assert portal.live() == portal.known()
    assert any("asking again" in said for said in portal.said)


def test_an_index_that_lacks_something_is_never_swapped_in(
    elasticsearch: Elasticsearch, tmp_path: Path
) -> None:
    with new_aliases(elasticsearch) as new, injecting(elasticsearch.url) as injector:
        url = new()
        alias = url.rpartition("/")[2]
        injector.items_of[f"{alias}-next"] = {str(an_id(1)): 400}
        with opened(tmp_path, url, written_by=injector.url(alias)) as portal:
            old = _filled(portal)
            portal.begin(asked=False)
            stop = portal.run(indexing.build_jobs(portal.settings, bus=portal.bus))
            wait_for(lambda: "asking again for 1 " in portal.place.lease.note.said)
            assert portal.place.lease.note.lacking == 1
            assert portal.place.indices.targets().live == old
            injector.items_of.clear()
            wait_for(lambda: portal.place.indices.targets().live != old)
            assert portal.live() == portal.known()
            stop.set()


def test_cut_off_at_any_request_it_is_gone_on_with_by_who_knows_nothing_of_it(
    portal: Portal, elasticsearch: Elasticsearch
) -> None:
    """Each time the last request is carried out, but its answer is lost."""
    old = _filled(portal)
    alias = portal.place.indices.alias
    reader = portal.engine
    with injecting(elasticsearch.url) as injector:
        for budget in range(6, 200, 9):
            injector.left = budget
            with closing(Reindexing(injector.url(alias), lease_seconds=0.1)) as place:
                reindex = Reindex(place, portal.bus, now, tell=portal.said.append, pace=PACE)
                try:
                    while not place.lease.take():
                        assert not place.lease.moves
                        time.sleep(0.02)
                    reindex.want(keep=False)
                    if reindex.go_on(threading.Event()):
                        break
                except IndexUnavailable:
                    pass
            assert reader.search(Query()).total == 5
        else:
            pytest.fail("it never came to its end")
    assert portal.place.indices.targets().live != old
    assert len(portal.place.indices.all()) == 1
    assert portal.live() == portal.known()
    assert reader.search(Query()).total == 5


def test_who_was_held_up_can_do_nothing_once_another_has_taken_over(portal: Portal) -> None:
    old = _filled(portal)
    assert portal.place.lease.take()
    portal.reindex.want(keep=False)
    old_name, made, _ = portal.reindex._stage()
    with closing(Reindexing(portal.url, 2)) as place:
        assert not place.lease.take(), "it may be alive"
        portal.place.lease.keep(now=True)
        assert not place.lease.take()
        assert place.lease.moves
        wait_for(place.lease.take)
        other = Reindex(place, portal.bus, now, tell=portal.said.append, pace=PACE)
        assert other.give_up()
        with pytest.raises(LeaseLostError):
            portal.reindex._swap(made)
        with pytest.raises(IndexUnavailable):
            portal.place.indices.swap(made)
        assert portal.place.indices.all() == [old] == [old_name]
        other.want(keep=False)
        assert other.go_on(threading.Event())
    assert portal.live() == portal.known()


def test_a_second_command_says_who_is_at_it_and_ends(portal: Portal) -> None:
    old = _filled(portal)
    assert portal.place.lease.take()
    second = portal.command()
    while second.poll() is None:
        portal.place.lease.keep(now=True)
        time.sleep(0.1)
    _, said = second.communicate()
    assert second.returncode == 1
    assert portal.place.lease.name in said
    assert "is at a reindex now" in said
    assert portal.place.indices.all() == [old]


def test_the_jobs_process_finishes_what_was_killed_and_does_what_is_wanted(portal: Portal) -> None:
    old = _filled(portal)
    metrics.REINDEX_WANTED.set(0)
    call("PUT", f"{raw(portal.url)}/_mapping", {"_meta": {"revision": 0}})
    killed = portal.begin(asked=False)
    with closing(Reindexing(portal.url, 2)) as place:
        by_name = {job.name: job for job in jobs(portal.settings, place, portal.bus, now)}
        stop = threading.Event()
        assert by_name["layout"].work(stop)
        assert metrics.REINDEX_WANTED._value.get() == 1
        assert by_name["reindex"].work(stop)
        assert portal.place.indices.all() == [killed] != [old]
        assert portal.live() == portal.known()
        assert by_name["layout"].work(stop)
        assert metrics.REINDEX_WANTED._value.get() == 0
        assert by_name["reindex"].work(stop), "there is nothing to do"
        assert portal.place.indices.all() == [killed]
        _, said = (later := portal.command("--later")).communicate(timeout=60)
        assert later.returncode == 0, said
        assert by_name["reindex"].work(stop)
    assert portal.place.indices.all() != [killed]
    assert portal.live() == portal.known()


def test_an_index_begun_by_older_code_is_begun_anew_and_by_newer_code_left_to_it(
    portal: Portal,
) -> None:
    old = _filled(portal)
    begun = portal.begin(asked=True)
    address = f"{raw(portal.url)}-next/_mapping"
    call("PUT", address, {"_meta": {"revision": schema.REVISION + 1}})
    with pytest.raises(NewerLayoutError):
        portal.make()
    assert portal.place.indices.all() == [old, begun]
    call("PUT", address, {"_meta": {"revision": schema.REVISION - 1}})
    portal.make()
    assert begun not in portal.place.indices.all()
    assert portal.live() == portal.known()


def test_what_is_half_done_can_be_dropped_by_hand(portal: Portal) -> None:
    old = _filled(portal)
    portal.begin(asked=False)
    for status in (0, 1):
        dropping = portal.command("--drop")
        _, said = dropping.communicate(timeout=60)
        assert dropping.returncode == status, said
        assert portal.place.indices.all() == [old]
    portal.publish(99)
    portal.settle()
    assert portal.index.write([live(5, 10**15)]) == [Written.STORED]
    assert httpx.get(f"{raw(portal.url)}-next").status_code == 404
