"""How the status reads, and what counts as a problem."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from deploy.embedded.__main__ import main
from deploy.embedded.settings import EmbeddedSettings
from deploy.embedded.status import Problem, ProcessStatus, QueueStatus, Status, look
from deploy.embedded.status_text import WIDTH, written
from shared.bus import open_bus
from shared.bus.topology import QUEUES
from shared.locks import FileLock

AT = datetime(2026, 3, 14, 5, 0, tzinfo=UTC)
WELL = Status(
    at=AT,
    folder="/srv/bantin/var",
    processes=(
        ProcessStatus("supervisor", 4_194_304),
        ProcessStatus("front", 4_194_303, AT, 123_456_789),
    ),
    queues=tuple(QueueStatus(name, 1_000_000, 500, 0) for name in QUEUES),
    outbox={"waiting": 3, "oldest_seconds": 2.5},
    delivered={"indexing": {"at": AT.isoformat(), "lag_seconds": 0.31}},
    drift={"indexing": {"behind": 12_000, "newer": 1, "unlisted": 0, "ahead": 0}},
    dirty_pages=1234,
    views=9_827_966,
)
ILL = replace(
    WELL,
    processes=(ProcessStatus("render", 7, AT, 1, problem="writer.files: " + "x" * 300),),
    queues=(QueueStatus("render.live", 0, 0, 2),),
    outbox={"waiting": 1, "oldest_seconds": 61.0},
    drift={"render": {"ahead": 1}},
    unreadable={"visits": "no such table"},
    disk_free=100 * 1024 * 1024,
)


def test_all_is_well_when_nothing_waits_too_long() -> None:
    assert WELL.problems() == []
    assert "Mọi thứ đều ổn." in written(WELL)


def test_every_kind_of_problem_is_told() -> None:
    assert [problem.kind for problem in ILL.problems()] == [
        "not-ready",
        "unreadable",
        "disk",
        "dead-letters",
        "outbox",
        "drift",
    ]
    assert Status(AT, "var").problems() == [Problem("not-running", "var")]


@pytest.mark.parametrize(
    "status", [WELL, ILL, Status(AT, "/" + "a-long-folder/" * 20)], ids=["well", "ill", "nothing"]
)
def test_it_is_readable_in_80_columns_and_in_vietnamese(status: Status) -> None:
    lines = written(status).splitlines()
    assert max(map(len, lines)) <= WIDTH
    for english in ("waiting", "ready", "Please", "PROCESS", "QUEUE", "well"):
        assert english not in written(status)


def test_figures_are_written_as_readers_write_them() -> None:
    shown = written(WELL)
    for expected in ("9.827.966", "1.234", "14/03 12:00:00", "sau khi nhận 0,3 giây", "117 MB"):
        assert expected in shown


def test_looking_at_a_folder_where_nothing_ever_ran_makes_nothing_and_is_not_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BANTIN_DATA_DIR", str(tmp_path / "var"))
    assert main(["status"]) == 1
    assert "chưa có gì chạy" in capsys.readouterr().out
    assert not (tmp_path / "var").exists()


def test_a_lock_that_is_never_given_back_does_not_hold_up_the_status(tmp_path: Path) -> None:
    settings = EmbeddedSettings(data_dir=tmp_path, _env_file=None)
    open_bus(settings.bus_url).close()
    lock = FileLock(tmp_path / "bus" / "live.lock")
    assert lock.try_hold()
    found = look(settings)
    lock.release()
    assert [problem.subject for problem in found.problems()] == [str(tmp_path), "bus"]
