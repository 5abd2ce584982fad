"""What the writer promises about marks, leases and files, whatever happens meanwhile."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from services.render.files import File, Folder
from services.render.leases import Leases, Written
from services.render.tables import Delivery, Priority, articles
from services.render.teller import Teller
from shared.bus import BusUnavailable
from shared.clock import now
from shared.contracts.events import ArticleDelivered, Event
from tests.contract.site.harness import Harness
from tests.factories import an_id, published, unpublished

URL = "/tin/bai-viet-so-1-1111111111/"


def _leases(site: Harness) -> Leases:
    return Leases(site.database, site.settings.owners_dir)


def test_a_mark_made_while_its_page_is_being_written_is_not_lost(site: Harness) -> None:
    writer = _leases(site)
    site.mark("/", "/rss.xml")
    in_hand = writer.take(10)
    site.mark("/")
    writer.clear(in_hand)
    assert site.marked() == ["/"]
    assert [lease.path for lease in writer.take(10)] == ["/"]
    writer.close()


def test_a_cleared_and_new_mark_is_not_taken_for_the_old_one(site: Harness) -> None:
    first, second = _leases(site), _leases(site)
    site.mark("/")
    late = first.take(1)
    with site.database.write() as connection:
        connection.exec_driver_sql("DELETE FROM dirty")
    site.mark("/")
    first.clear(late)
    assert site.marked() == ["/"]
    first.close()
    second.close()


def test_two_writers_never_hold_the_same_page(site: Harness) -> None:
    first, second = _leases(site), _leases(site)
    site.mark("/", "/rss.xml", "/robots.txt")
    one, two = first.take(2), second.take(2)
    assert len(one) == 2
    assert len(two) == 1
    assert not {lease.path for lease in one} & {lease.path for lease in two}
    site.mark(one[0].path)
    assert one[0].path not in {lease.path for lease in second.take(3)}
    first.close()
    second.close()


def test_the_leases_of_a_living_writer_are_left_to_it(site: Harness) -> None:
    alive, other = _leases(site), _leases(site)
    site.mark("/")
    assert alive.take(1)
    other.take_over()
    assert other.take(1) == []
    alive.close()
    assert [lease.path for lease in other.take(1)] == ["/"]
    other.close()


def test_a_page_that_cannot_be_drawn_holds_up_no_other(site: Harness) -> None:
    site.take(published(1), published(2))
    with site.database.write() as connection:
        connection.execute(
            articles.update().where(articles.c.id == str(an_id(1))).values(payload="{")
        )
    for _ in range(5):
        site.writer.step()
    assert site.marked() == [URL]
    assert site.exists("/tin/bai-viet-so-2-2222222222/")
    site.publish(published(1))
    assert site.exists(URL)


def test_a_step_that_cannot_write_leaves_its_marks_for_the_next(site: Harness) -> None:
    site.take(published())
    marked = site.marked()
    site.settings.site_dir.mkdir(parents=True)
    blocked = site.settings.site_dir / "tin"
    blocked.write_text("a file where a folder should be")
    with pytest.raises(OSError, match="tin"):
        site.writer.step()
    assert site.marked() == marked
    blocked.unlink()
    site.writer.drain()
    assert site.exists(URL)
    assert site.marked() == []


def test_an_unchanged_page_keeps_its_file(site: Harness) -> None:
    site.publish(published())
    file = site.settings.site_dir / "index.html"
    before = file.stat().st_mtime_ns, file.stat().st_ino
    site.mark("/")
    site.writer.drain()
    assert (file.stat().st_mtime_ns, file.stat().st_ino) == before


def test_a_page_written_twice_in_a_second_has_two_seconds_as_its_dates(tmp_path: Path) -> None:
    folder = Folder(tmp_path, twins=True)
    dates, twins = [], []
    for number in range(4):
        folder.put([File("a/index.html", b"%d" % number * 2000)])
        dates.append(int((tmp_path / "a" / "index.html").stat().st_mtime))
        twins.append(int((tmp_path / "a" / "index.html.gz").stat().st_mtime))
    folder.close()
    assert len(set(dates)) == 4
    assert twins == dates == sorted(dates)


def test_a_temporary_file_left_by_a_crash_is_in_nobody_s_way(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    left = tmp_path / "a" / ".index.html.0a1b2c3d.new"
    left.write_text("half a pa")
    folder = Folder(tmp_path)
    assert (
        folder.put([File("a/index.html", b"a whole page"), File("b/none.html", None)]).changed == 1
    )
    folder.close()
    assert {path.name for path in (tmp_path / "a").iterdir()} == {"index.html", left.name}
    assert (tmp_path / "a" / "index.html").read_bytes() == b"a whole page"


def test_a_new_look_draws_every_page_again_and_keeps_old_assets(site: Harness) -> None:
    site.writer.prepare()
    site.publish(published())
    old = site.settings.site_dir / "assets" / "site.0000000000.css"
    old.write_text("old")
    site.writer.prepare()
    assert site.marked() == []
    (site.settings.site_dir / ".look").write_text("another look")
    site.writer.prepare()
    assert {URL, "/", "/robots.txt", "/ngay/2026/03/14/"} <= set(site.marked())
    assert old.exists()


class Publisher:
    """Keeps what it is given; refuses while it is down."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.down = False

    def publish(self, events: Sequence[Event], *, bulk_for: str | None = None) -> None:
        assert bulk_for is None
        if self.down:
            raise BusUnavailable("down")
        self.events += events

    @property
    def told(self) -> list[ArticleDelivered]:
        return [event.data for event in self.events]


def _told(number: int, version: int) -> ArticleDelivered:
    return ArticleDelivered(consumer="render", id=an_id(number), version=version)


def test_an_article_is_told_of_once_its_page_is_on_the_disk(site: Harness) -> None:
    publisher = Publisher()
    teller = Teller(site.database, publisher, now)
    site.take(published(1, version=5))
    assert teller.step() == 0
    site.writer.drain()
    assert teller.step() == 1
    assert teller.step() == 0
    assert publisher.told == [_told(1, 5)]


def test_an_unpublication_is_told_of_once_the_page_is_gone(site: Harness) -> None:
    publisher = Publisher()
    teller = Teller(site.database, publisher, now)
    site.publish(published(1, version=1))
    teller.step()
    site.publish(unpublished(1, version=2))
    teller.step()
    assert publisher.told == [_told(1, 1), _told(1, 2)]


def test_what_the_bus_does_not_take_is_told_later(site: Harness) -> None:
    publisher = Publisher()
    publisher.down = True
    teller = Teller(site.database, publisher, now)
    site.publish(published(1))
    with pytest.raises(BusUnavailable):
        teller.step()
    publisher.down = False
    teller.step()
    assert publisher.told == [_told(1, 1)]


def test_a_page_drawn_anew_for_its_neighbours_is_not_told_of_again(site: Harness) -> None:
    publisher = Publisher()
    teller = Teller(site.database, publisher, now)
    site.publish(published(1))
    teller.step()
    site.publish(published(2))
    teller.step()
    assert publisher.told == [_told(1, 1), _told(2, 1)]


def test_a_version_that_came_while_its_page_was_written_waits_for_its_own_page(
    site: Harness,
) -> None:
    writer = _leases(site)
    site.take(published(1, version=1))
    in_hand = writer.take(100)
    site.take(published(1, version=2))
    writer.clear(in_hand, [Written(str(an_id(1)), 1)])
    with site.database.read() as connection:
        assert connection.scalar(articles.select().with_only_columns(articles.c.delivery)) == (
            Delivery.PENDING
        )
    assert URL in site.marked()
    writer.close()


def test_who_reads_a_page_while_it_is_replaced_reads_the_old_one_to_its_end(
    tmp_path: Path,
) -> None:
    folder = Folder(tmp_path)
    folder.put([File("a/index.html", b"the old page")])
    with (tmp_path / "a" / "index.html").open("rb", buffering=0) as reader:
        assert reader.read(4) == b"the "
        folder.put([File("a/index.html", b"x")])
        assert reader.read() == b"old page"
    folder.close()


def test_marked_pages_are_counted_by_whose_turn_it_is(site: Harness) -> None:
    site.publish()
    site.mark("/", "/rss.xml")
    site.mark("/sitemap.xml", priority=Priority.REBUILD)
    assert site.store.waiting_by_turn() == {("live",): 2, ("rebuild",): 1}
    site.writer.drain()
    assert site.store.waiting_by_turn() == {}
