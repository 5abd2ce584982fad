"""Drift made by hand in the page database and in the files is found, and mended."""

import os
from collections.abc import Callable, Sequence
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import delete, select, update

from services.render.reconciling import reconciler
from services.render.tables import addresses, articles, categories, dirty
from services.render.tables import files as files_table
from services.render.verify import Verifier
from shared.bus import Done
from shared.clock import now
from shared.contracts.events import (
    ArticlesManifest,
    Event,
    ManifestEntry,
    ManifestState,
    ReplayRequested,
)
from tests.contract.site.harness import Harness, category
from tests.factories import an_id, event, published, unpublished

FIRST, LAST = UUID(int=0), UUID(int=2**128 - 1)
URL = "/tin/bai-viet-so-1-1111111111/"
PAGE = "tin/bai-viet-so-1-1111111111/index.html"


class Ingest:
    """What ingest would send: manifests of what it knows, and the state asked for again."""

    def __init__(self, site: Harness, *events: Event) -> None:
        self.site = site
        self.known = {item.data.id: item for item in events}
        self.asked: list[ReplayRequested] = []
        site.publish(event(category(), subject="tin-tuc"), *events)
        self._minutes = 0

    def publish(self, events: Sequence[Event], *, bulk_for: str | None = None) -> None:
        assert bulk_for is None
        self.asked += [item.data for item in events]

    def manifest(self) -> list[UUID]:
        """Send a manifest ten minutes after the last, answer what it is asked; return the ids."""
        self._minutes += 10
        entries = tuple(
            ManifestEntry(id=i, version=e.data.version, state=_state(e))
            for i, e in self.known.items()
        )
        made = now() + timedelta(minutes=self._minutes)
        told = event(ArticlesManifest(first=FIRST, last=LAST, entries=entries), subject="all")
        told = told.model_copy(update={"time": made})
        comparing = reconciler(self.site.database, self, lambda: made, lambda: None)
        assert comparing.reconcile(told) == Done()
        wanted = [i for request in self.asked for i in request.ids or ()]
        self.asked.clear()
        self.site.publish(*(self.known[i] for i in wanted))
        return wanted


def _state(item: Event) -> ManifestState:
    return ManifestState(getattr(item.data, "unpublish_type", "live"))


@pytest.fixture
def ingest(site: Harness) -> Ingest:
    return Ingest(site, published(1, version=3), published(2, version=2), unpublished(3, version=4))


def _break(site: Harness, statement: object) -> None:
    with site.database.write() as connection:
        connection.execute(statement)  # type: ignore[call-overload]


ROW = articles.c.id == str(an_id(1))


@pytest.mark.parametrize(
    "harm",
    [
        delete(articles).where(ROW),
        update(articles).where(ROW).values(version=1),
        update(articles).where(ROW).values(state="gone"),
        update(articles).where(articles.c.id == str(an_id(3))).values(state="live"),
    ],
    ids=["deleted", "an older version", "another state", "a tombstone made live"],
)
def test_a_row_deleted_or_changed_by_hand_is_mended_by_the_next_manifest(
    site: Harness, ingest: Ingest, harm: object
) -> None:
    before = site.files()
    _break(site, harm)
    assert len(ingest.manifest()) == 1
    assert site.files() == before
    with site.database.read() as connection:
        rows = connection.execute(select(articles.c.id, articles.c.version, articles.c.state))
        stands = {UUID(row.id): (row.version, row.state) for row in rows}
    assert stands == {
        an_id(1): (3, "live"),
        an_id(2): (2, "live"),
        an_id(3): (4, "gone"),
    }
    assert ingest.manifest() == []


def test_everything_wiped_from_the_database_comes_back_byte_for_byte(
    site: Harness, ingest: Ingest
) -> None:
    before = site.files()
    for table in (articles, addresses, categories):
        _break(site, delete(table))
    site.mark(URL, "/")
    site.writer.drain()
    assert site.files() != before
    site.publish(event(category(), subject="tin-tuc"))
    assert len(ingest.manifest()) == 3
    assert site.files() == before


def test_an_article_that_two_manifests_do_not_list_becomes_a_tombstone(
    site: Harness, ingest: Ingest
) -> None:
    del ingest.known[an_id(1)]
    assert ingest.manifest() == []
    site.writer.drain()
    assert site.exists(URL), "one manifest proves nothing"
    ingest.manifest()
    site.writer.drain()
    assert not site.exists(URL)
    assert URL not in site.page("/")
    site.publish(published(1, version=2))
    assert not site.exists(URL), "a late event does not bring it back"
    site.publish(published(1, version=4))
    assert site.exists(URL), "a new edition does"


def test_suspicions_survive_a_restart(site: Harness, ingest: Ingest) -> None:
    del ingest.known[an_id(1)]
    ingest.manifest()
    site.database.close()  # every connection is made anew, as after a restart
    ingest.manifest()
    site.writer.drain()
    assert not site.exists(URL)


def test_an_article_ahead_of_ingest_is_shown_as_drift_until_it_is_edited(
    site: Harness, ingest: Ingest
) -> None:
    comparing = reconciler(site.database, ingest, now, lambda: None)
    ingest.known[an_id(1)] = published(1, version=2)
    ingest.manifest()
    assert comparing.keeper.counts() == {"newer": 1}
    ingest.manifest()
    assert comparing.keeper.counts() == {"ahead": 1}
    ingest.known[an_id(1)] = published(1, version=5)
    site.publish(published(1, version=5))
    assert comparing.keeper.counts() == {}
    assert ingest.manifest() == []


Harm = Callable[[Harness], None]


def _delete(site: Harness) -> None:
    (site.settings.site_dir / PAGE).unlink()


def _alter(site: Harness) -> None:
    (site.settings.site_dir / PAGE).write_text("<h1>Đã bị sửa</h1>")


def _alter_keeping_the_size(site: Harness) -> None:
    target = site.settings.site_dir / PAGE
    target.write_bytes(target.read_bytes().replace(b"html", b"htmx"))
    os.utime(target, ns=(1, 1))


def _add_a_page(site: Harness) -> None:
    target = site.settings.site_dir / "tin" / "tin-gia-aaaaaaaaaa" / "index.html"
    target.parent.mkdir()
    target.write_text("<h1>Tin giả</h1>")


def _add_a_stray(site: Harness) -> None:
    (site.settings.site_dir / "tin" / "ghi-chu.txt").write_text("của ai?")


@pytest.mark.parametrize(
    "harm", [_delete, _alter, _alter_keeping_the_size, _add_a_page, _add_a_stray]
)
@pytest.mark.usefixtures("ingest")
def test_a_file_changed_by_hand_is_found_and_mended(site: Harness, harm: Harm) -> None:
    before = site.files()
    verifier = Verifier(site.settings.site_dir, site.database)
    harm(site)
    assert site.files() != before
    found = verifier.verify()
    site.writer.drain()
    assert site.files() == before
    assert len(found.marked) + len(found.strays) == 1
    again = verifier.verify()
    assert (again.marked, again.strays) == ((), ())


@pytest.mark.usefixtures("ingest")
def test_an_asset_changed_by_hand_is_restored(site: Harness) -> None:
    site.writer.prepare()
    site.writer.drain()
    asset = next((site.settings.site_dir / "assets").glob("site.*.css"))
    before = asset.read_bytes()
    asset.write_text("body{display:none}")
    assert Verifier(site.settings.site_dir, site.database).verify().assets == 1
    assert asset.read_bytes() == before


@pytest.mark.usefixtures("ingest")
def test_a_site_as_it_was_written_is_let_alone(site: Harness) -> None:
    site.writer.prepare()
    site.writer.drain()
    found = Verifier(site.settings.site_dir, site.database).verify(deep=True)
    assert (found.marked, found.strays, found.assets) == ((), (), 0)
    assert found.files == len(site.files())


@pytest.mark.usefixtures("ingest")
def test_a_file_only_touched_is_not_written_again_and_is_believed_from_then_on(
    site: Harness,
) -> None:
    target = site.settings.site_dir / PAGE
    os.utime(target, ns=(1, 1))
    assert Verifier(site.settings.site_dir, site.database).verify().marked == ()
    with site.database.read() as connection:
        noted = select(files_table.c.modified).where(files_table.c.path == URL)
        assert connection.scalar(noted) == 1


@pytest.mark.usefixtures("ingest")
def test_only_a_deep_look_finds_what_hides_behind_its_size_and_time(site: Harness) -> None:
    target = site.settings.site_dir / PAGE
    stat = target.stat()
    target.write_bytes(target.read_bytes().replace(b"html", b"htmx"))
    os.utime(target, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    verifier = Verifier(site.settings.site_dir, site.database)
    assert verifier.verify().marked == ()
    assert verifier.verify(deep=True).marked == (URL,)


@pytest.mark.usefixtures("ingest")
def test_a_mark_lost_by_hand_is_made_again(site: Harness) -> None:
    before = site.files()
    site.take(published(9))
    _break(site, delete(dirty))
    Verifier(site.settings.site_dir, site.database).verify()
    site.writer.drain()
    (new,) = set(site.files()) - set(before)
    assert new == "tin/bai-viet-so-9-9999999999/index.html"


@pytest.mark.usefixtures("ingest")
def test_a_page_that_waits_to_be_written_keeps_its_turn(site: Harness) -> None:
    site.mark(URL)
    _delete(site)
    assert Verifier(site.settings.site_dir, site.database).verify().marked == ()
    assert site.marked() == [URL]
