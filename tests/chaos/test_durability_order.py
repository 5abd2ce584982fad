"""What is promised is on the disk before the promise is made, as strace sees it."""

import os
from collections.abc import Callable, Iterator

import pytest

from tests.chaos.syscalls import Call, Found, answers_too_early, calls, settled_too_early
from tests.chaos.traced import STRACE, Traces, record

needs_strace = pytest.mark.skipif(
    STRACE is None and not os.environ.get("CI"), reason="strace is not installed"
)


@pytest.fixture(scope="module")
def traces(tmp_path_factory: pytest.TempPathFactory) -> Traces:
    return record(tmp_path_factory.mktemp("traced"))


def _kept(traces: Traces, *parts: str) -> Callable[[str], bool]:
    """Tell whether a path lies in one of these parts of the data folder."""
    places = tuple(f"{traces.folder}/{part}" for part in parts)
    return lambda path: path.startswith(places) and not path.endswith(("-shm", ".db", ".lock"))


def _held(found: Found, *, at_least: int) -> None:
    assert found.broken == []
    assert found.moments >= at_least, "the rule was hardly tried, so it proves nothing"


@needs_strace
def test_no_answer_is_sent_before_what_it_promises_is_on_the_disk(traces: Traces) -> None:
    matters = _kept(traces, "ingest/ingest.db-wal", "ingest/media", "visits/", "bus/")
    _held(answers_too_early(traces.of("front"), matters), at_least=12)


@needs_strace
def test_the_outbox_forgets_only_what_the_bus_has_on_the_disk(traces: Traces) -> None:
    bus, outbox = _kept(traces, "bus/"), _kept(traces, "ingest/ingest.db-wal")
    _held(settled_too_early(traces.of("relay"), bus, outbox), at_least=1)


@needs_strace
def test_a_view_leaves_the_queue_only_when_its_count_is_on_the_disk(traces: Traces) -> None:
    counts, queue = _kept(traces, "visits/visits.db-wal"), _kept(traces, "bus/visits.db-wal")
    _held(settled_too_early(traces.of("counter"), counts, queue), at_least=1)


@needs_strace
def test_an_event_leaves_the_queue_only_when_the_index_is_on_the_disk(traces: Traces) -> None:
    # tantivy writes in threads of its own, so whatever any of them wrote must be on the disk.
    index, queue = _kept(traces, "index/"), _kept(traces, "bus/live.db-wal")
    found = settled_too_early(traces.of("indexing"), index, queue, anyones=True)
    _held(found, at_least=1)


@needs_strace
def test_an_event_leaves_the_queue_only_when_its_marks_are_on_the_disk(traces: Traces) -> None:
    marks, queue = _kept(traces, "render/render.db-wal"), _kept(traces, "bus/live.db-wal")
    _held(settled_too_early(traces.of("consumer"), marks, queue), at_least=1)


@needs_strace
def test_a_mark_is_cleared_only_when_its_page_and_name_are_on_the_disk(traces: Traces) -> None:
    files, marks = _kept(traces, "site/"), _kept(traces, "render/render.db-wal")
    _held(settled_too_early(traces.of("writer"), files, marks), at_least=1)


def _read(*lines: str) -> Iterator[Call]:
    return calls(iter(lines))


WRITE = '7 pwrite64(5</d/a-wal>, ""..., 4096, 0) = 4096'
SYNC = "7 fdatasync(5</d/a-wal>) = 0"
ANSWER = '7 sendto(9<TCP:[127.0.0.1:1->127.0.0.1:2]>, "HTTP/1.1 200 OK"..., 20, 0, NULL, 0) = 20'


def _answers(*lines: str) -> Found:
    return answers_too_early(_read(*lines), lambda path: path.startswith("/d/"))


def test_an_answer_after_the_sync_is_in_time() -> None:
    assert _answers(WRITE, SYNC, ANSWER) == Found(1, [])


def test_an_answer_without_a_sync_is_too_early() -> None:
    assert _answers(WRITE, ANSWER) == Found(1, ["HTTP/1.1 200 OK: /d/a-wal"])


def test_a_sync_that_has_not_returned_keeps_nothing() -> None:
    began, ended = "7 fdatasync(5</d/a-wal> <unfinished ...>", "7 <... fdatasync resumed>) = 0"
    other = ANSWER.replace("7 ", "8 ", 1)
    assert _answers(WRITE, began, other, ended).broken
    assert _answers(WRITE, began, ended, other).broken == []


def test_a_write_during_a_sync_is_not_covered_by_it() -> None:
    began, ended = "7 fdatasync(5</d/a-wal> <unfinished ...>", "7 <... fdatasync resumed>) = 0"
    assert _answers(began, WRITE.replace("7 ", "8 ", 1), ended, ANSWER).broken


def test_a_sync_that_failed_keeps_nothing() -> None:
    failed = "7 fdatasync(5</d/a-wal>) = -1 EIO (Input/output error)"
    assert _answers(WRITE, failed, ANSWER).broken


def test_a_name_is_at_risk_until_its_folder_is_synced() -> None:
    written = ['7 write(5</d/new>, "x"..., 1) = 1', "7 fsync(5</d/new>) = 0"]
    renamed = '7 rename("/d/new", "/d/page") = 0'
    assert _answers(*written, renamed, ANSWER).broken == ["HTTP/1.1 200 OK: /d/page"]
    assert _answers(*written, renamed, "7 fsync(6</d>) = 0", ANSWER) == Found(1, [])


def test_a_file_renamed_before_its_sync_is_too_early() -> None:
    lines = ['7 write(5</d/new>, "x"..., 1) = 1', '7 rename("/d/new", "/d/page") = 0']
    assert _answers(*lines, "7 fsync(6</d>) = 0").broken == ["/d/page"]
