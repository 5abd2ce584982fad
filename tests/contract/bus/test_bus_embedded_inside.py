"""What only the embedded bus promises: its files, its locks, a disk that is full."""

import fcntl
import os
import resource
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from shared.bus import BATCH, Bus, BusUnavailable, Delivery, Done, Park
from shared.bus.embedded import EmbeddedBus, open_embedded
from shared.bus.policy import Policy
from shared.bus.topology import RENDER, VISITS, Lane
from shared.contracts.events import Event, PageViewed, decode
from shared.locks import FileLock
from tests.factories import NOON, an_id, event, published

LIVE = RENDER.queue(Lane.LIVE)
BULK = RENDER.queue(Lane.BULK)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "bus"


@pytest.fixture
def bus(folder: Path) -> Iterator[Bus]:
    opened = open_embedded(str(folder))
    yield opened
    opened.close()


def viewed(number: int) -> Event:
    view = PageViewed(id=an_id(number), path="/", received_at=NOON, visitor="v")
    return event(view, subject=str(number))


def select(file: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute(sql).fetchall()


def until(condition: Callable[[], bool]) -> None:
    for _ in range(6000):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("it never came to that")


class Disk:
    """A place to keep a bus on that can be filled to the last byte and emptied again."""

    def __init__(self, folder: Path, *, mounted: bool) -> None:
        self.folder = folder
        self._mounted = mounted
        self._limits = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill(self) -> None:
        if not self._mounted:  # without the right to mount: files that cannot grow come close
            resource.setrlimit(resource.RLIMIT_FSIZE, (16 * 1024, self._limits[1]))
            return
        with (self.folder / "filler").open("wb", buffering=0) as filler, suppress(OSError):
            while True:
                filler.write(bytes(512))

    def empty(self) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, self._limits)
        (self.folder / "filler").unlink(missing_ok=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)]
    mounted = subprocess.run(mount, check=False, capture_output=True).returncode == 0
    disk = Disk(folder, mounted=mounted)
    yield disk
    disk.empty()
    if mounted:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_refuses_clearly_loses_nothing_and_recovers_by_itself(disk: Disk) -> None:
    bus = open_embedded(str(disk.folder / "bus"))
    subscription = bus.subscribe(LIVE)
    bus.publish([published(0)])
    (first,) = subscription.fetch(BATCH, 10)
    taken = [0]
    disk.fill()
    with pytest.raises(BusUnavailable, match=r"live\.db"):  # noqa: PT012 - which one is not known
        for number in range(1, 5000):
            bus.publish([published(number)])
            taken.append(number)
    with pytest.raises(BusUnavailable):
        bus.check()
    with pytest.raises(BusUnavailable):
        bus.publish([published(5000, body_html="<p>" + "x" * 100_000 + "</p>")])
    with suppress(BusUnavailable):  # the log may have room for so little
        subscription.settle([(first, Done())])
    disk.empty()
    bus.check()
    bus.publish([published(6000)])
    subscription.settle([(first, Done())])
    found = []
    while batch := subscription.fetch(BATCH, 0):
        found += [decode(delivery.body).subject for delivery in batch]
        subscription.settle([(delivery, Done()) for delivery in batch])
    assert found == [str(an_id(number)) for number in [*taken[1:], 6000]]
    bus.close()
    for name in ("live.db", "bulk.db", "visits.db"):
        assert select(disk.folder / "bus" / name, "PRAGMA integrity_check") == [("ok",)]


def test_a_connection_that_broke_is_opened_anew_at_the_next_use(folder: Path) -> None:
    bus = EmbeddedBus(folder, Policy())
    broken = bus._files[Lane.LIVE]._writer
    assert broken is not None
    broken.close()
    with pytest.raises(BusUnavailable):
        bus.publish([published(1)])
    bus.publish([published(2)])
    assert bus.depths()["render.live"] == 1
    bus.close()


def test_publishing_news_waits_for_no_lock_of_bulk_or_visits(bus: Bus, folder: Path) -> None:
    with FileLock(folder / "bulk.lock").held(), FileLock(folder / "visits.lock").held():
        bus.publish([published(1)])
        subscription = bus.subscribe(LIVE)
        (delivery,) = subscription.fetch(BATCH, 10)
        subscription.settle([(delivery, Done())])
    assert bus.depths()["render.live"] == 0


def test_a_publisher_that_waits_comes_before_a_writer_that_asks_again(
    bus: Bus, folder: Path
) -> None:
    """At most the holder and one for each who already waits: here the bound is one hold."""
    lock, order = FileLock(folder / "live.lock"), list[str]()
    for _ in range(20):
        order.clear()
        with ThreadPoolExecutor(1) as pool:
            with lock.held():
                publishing = pool.submit(bus.publish, [published(1)])
                until(lambda: _somebody_waits(folder / "live.lock.turn"))
            with lock.held():  # asked for the moment it was given back
                (count,) = select(folder / "live.db", "SELECT count(*) FROM messages")[0:1][0]
                order.append(str(count))
            publishing.result(60)
        assert int(order[0]) == bus.depths()["render.live"] + bus.depths()["indexing.live"]


def _somebody_waits(doorway: Path) -> bool:
    fd = os.open(doorway, os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False


def test_idle_consumers_never_take_the_lock(bus: Bus, folder: Path) -> None:
    subscription = bus.subscribe(LIVE)
    with FileLock(folder / "live.lock").held():
        assert subscription.fetch(BATCH, 0.3) == []


def test_what_is_settled_leaves_no_row_and_the_log_stays_small(bus: Bus, folder: Path) -> None:
    subscription = bus.subscribe(VISITS.queue(Lane.VISITS))
    for start in range(0, 6000, 500):
        bus.publish([viewed(number) for number in range(start, start + 500)])
        batch = subscription.fetch(BATCH, 10)
        subscription.settle([(delivery, Done()) for delivery in batch])
    for table in ("messages", "deliveries", "dead_letters"):
        assert select(folder / "visits.db", f"SELECT count(*) FROM {table}") == [(0,)]  # noqa: S608
    assert (folder / "visits.db-wal").stat().st_size <= 17 * 1024 * 1024
    assert (folder / "visits.db").stat().st_size < 1024 * 1024  # 6,000 views would be more


def test_a_batch_ends_before_large_articles_fill_the_memory(bus: Bus) -> None:
    large = "<p>" + "x" * 1_000_000 + "</p>"
    bus.publish([published(number, body_html=large) for number in range(20)], bulk_for="render")
    subscription = bus.subscribe(BULK)
    batch = subscription.fetch(BATCH, 0)
    assert 1 < len(batch) < 20
    assert len(batch) + len(subscription.fetch(BATCH, 0)) == 20


def test_owners_leave_no_files_behind(bus: Bus, folder: Path) -> None:
    bus.publish([published(1)])
    closed = bus.subscribe(LIVE)
    closed.fetch(BATCH, 0)
    (folder / "owners" / "1-dead").touch()
    closed.close()
    bus.subscribe(LIVE).close()
    assert list((folder / "owners").iterdir()) == []


def test_a_subscription_that_cannot_be_made_leaves_nothing_behind(bus: Bus, folder: Path) -> None:
    """Its worker tries again for as long as the trouble lasts."""
    unusable = folder / "owners" / "1-dead"
    unusable.mkdir(parents=True)
    for _ in range(3):
        with pytest.raises(BusUnavailable):
            bus.subscribe(LIVE)
    assert list((folder / "owners").iterdir()) == [unusable]
    assert list((folder / "wake" / LIVE.name).iterdir()) == []
    opened = [one.readlink() for one in Path("/proc/self/fd").iterdir() if one.is_symlink()]
    assert folder / "owners" not in [file.parent for file in opened]
    unusable.rmdir()
    bus.subscribe(LIVE).close()


def test_messages_whose_owners_file_was_lost_are_taken_back(bus: Bus, folder: Path) -> None:
    bus.publish([published(1)])
    with closing(sqlite3.connect(folder / "live.db")) as connection, connection:
        connection.execute("INSERT INTO deliveries SELECT seq, 'lost', 1, 0, '' FROM messages")
    (delivery,) = bus.subscribe(LIVE).fetch(BATCH, 10)
    assert delivery.attempt == 2


def test_a_clock_that_was_set_back_strands_no_message(bus: Bus, folder: Path) -> None:
    bus.publish([published(1)])
    with closing(sqlite3.connect(folder / "live.db")) as connection, connection:
        connection.execute(
            "INSERT INTO deliveries SELECT seq, NULL, 1, ?, '' FROM messages",
            (time.time() + 86_400,),
        )
    assert len(bus.subscribe(LIVE).fetch(BATCH, 10)) == 1


def test_a_subscription_that_was_closed_can_settle_nothing_any_more(bus: Bus) -> None:
    bus.publish([published(1), published(2)])
    old = bus.subscribe(LIVE)
    batch = old.fetch(BATCH, 0)
    old.close()
    old.settle([(batch[0], Done()), (batch[1], Park("too late"))])
    assert len(bus.subscribe(LIVE).fetch(BATCH, 0)) == 2
    assert bus.dead_letters.list() == []


def test_a_bus_of_a_later_version_is_refused(bus: Bus, folder: Path) -> None:
    bus.close()
    with closing(sqlite3.connect(folder / "bulk.db")) as connection:
        connection.execute("PRAGMA user_version=99")
    with pytest.raises(BusUnavailable, match="version 99"):
        open_embedded(str(folder))


def test_a_closed_bus_says_that_it_is_unavailable(bus: Bus) -> None:
    bus.close()
    with pytest.raises(BusUnavailable):
        bus.publish([published(1)])
    with pytest.raises(BusUnavailable):
        bus.depths()


def test_many_processes_worth_of_openings_at_once_make_one_bus(folder: Path) -> None:
    together = threading.Barrier(8)

    def opened(number: int) -> None:
        together.wait()
        bus = open_embedded(str(folder))
        bus.publish([published(number)])
        bus.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(opened, range(8)))
    with closing_bus(folder) as bus:
        found: list[Delivery] = bus.subscribe(LIVE).fetch(BATCH, 0)
    assert len(found) == 8


@contextmanager
def closing_bus(folder: Path) -> Iterator[Bus]:
    bus = open_embedded(str(folder))
    yield bus
    bus.close()
