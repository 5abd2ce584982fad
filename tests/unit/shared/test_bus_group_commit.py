"""Group commit, on a file whose transactions the test lets pass one by one."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import cast

import pytest

from shared.bus import BusUnavailable
from shared.bus.embedded_file import LaneFile
from shared.bus.embedded_group import GroupCommit, Row


class SlowFile:
    """Keeps the rows of each transaction; ``gate`` lets one pass, ``broken`` makes it fail."""

    def __init__(self) -> None:
        self.transactions: list[list[Row]] = []
        self.begun = threading.Semaphore(0)
        self.gate = threading.Semaphore(0)
        self.broken: Exception | None = None

    @contextmanager
    def write(self) -> Iterator["SlowFile"]:
        self._rows: list[Row] = []
        yield self
        self.begun.release()
        self.gate.acquire()
        if self.broken is not None:
            raise self.broken
        self.transactions.append(self._rows)

    def executemany(self, _sql: str, rows: Iterator[Row]) -> None:
        self._rows.extend(rows)


def until(condition: Callable[[], bool]) -> None:
    for _ in range(6000):
        if condition():
            return
        threading.Event().wait(0.005)
    raise AssertionError("it never came to that")


def grouped() -> tuple[SlowFile, GroupCommit, list[set[str]]]:
    file, woken = SlowFile(), list[set[str]]()
    return file, GroupCommit(cast("LaneFile", file), woken.append), woken


def followers(pool: ThreadPoolExecutor, group: GroupCommit, count: int) -> list[Future[None]]:
    before = len(group._waiting)
    started = [pool.submit(group.write, [("q", b"%d" % n)]) for n in range(count)]
    until(lambda: len(group._waiting) == before + count)
    return started


def test_calls_that_come_during_a_commit_share_the_next_one() -> None:
    file, group, woken = grouped()
    with ThreadPoolExecutor(10) as pool:
        first = pool.submit(group.write, [("q", b"first")])
        file.begun.acquire()
        others = followers(pool, group, 8)
        assert not any(other.done() for other in others)
        file.gate.release()
        first.result(60)
        assert not any(other.done() for other in others)
        file.gate.release()
        for other in others:
            other.result(60)
    assert [len(rows) for rows in file.transactions] == [1, 8]
    assert woken == [{"q"}, {"q"}]


def test_a_call_waits_for_no_third_transaction_however_many_follow() -> None:
    file, group, _ = grouped()
    with ThreadPoolExecutor(20) as pool:
        first = pool.submit(group.write, [("q", b"first")])
        file.begun.acquire()
        (mine,) = followers(pool, group, 1)
        file.gate.release()
        first.result(60)
        file.begun.acquire()  # mine is being committed, and then more keep coming
        later = followers(pool, group, 10)
        file.gate.release()
        mine.result(60)
        assert not any(one.done() for one in later)
        file.gate.release()
        for one in later:
            one.result(60)
    assert len(file.transactions) == 3


def test_a_failed_commit_is_told_to_each_that_was_part_of_it_and_the_next_goes_on() -> None:
    file, group, woken = grouped()
    with ThreadPoolExecutor(10) as pool:
        first = pool.submit(group.write, [("q", b"first")])
        file.begun.acquire()
        others = followers(pool, group, 3)
        file.gate.release()
        first.result(60)
        file.broken = BusUnavailable("disk full")
        file.gate.release()
        for other in others:
            with pytest.raises(BusUnavailable, match="disk full"):
                other.result(60)
        file.broken = None
        file.gate.release()
        pool.submit(group.write, [("q", b"after")]).result(60)
    assert [len(rows) for rows in file.transactions] == [1, 1]
    assert len(woken) == 2


def test_a_leader_that_breaks_leaves_the_lead_to_the_next() -> None:
    file, group, _ = grouped()
    with ThreadPoolExecutor(10) as pool:
        first = pool.submit(group.write, [("q", b"first")])
        file.begun.acquire()
        others = followers(pool, group, 2)
        file.broken = ZeroDivisionError("a fault of ours")
        file.gate.release()
        with pytest.raises(ZeroDivisionError):
            first.result(60)
        file.begun.acquire()
        file.broken = None
        file.gate.release()
        for other in others:
            other.result(60)
    assert [len(rows) for rows in file.transactions] == [2]
