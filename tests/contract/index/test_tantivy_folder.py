"""What is true of tantivy alone: a folder, and one process that writes it."""

import shutil
import signal
from pathlib import Path

import pytest

from shared.index import Engine, Index, Query, Written, open_index
from tests.contract.index.children import WRITER, start
from tests.contract.index.conftest import Find
from tests.contract.index.writes import live
from tests.deployment import wait_for

STORED, UNAVAILABLE = Written.STORED, Written.UNAVAILABLE

FULL_DISK = """
    import resource, sys
    from shared.index import open_index
    from tests.contract.index.writes import live

    index = open_index(sys.argv[1])
    words = " ".join(str(number) for number in range(20_000))
    large = [live(number, 2, "Đường", body=words) for number in range(5)]
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    for room in (0, 1000, 4096, 20_000):
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, before[1]))
        outcomes = index.write(large)
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        print(*{outcome.value for outcome in outcomes})
    print(*{outcome.value for outcome in index.write([live(7)])})
    print(*{outcome.value for outcome in index.write(large)})
"""


@pytest.fixture
def adapter() -> str:
    return "tantivy"


@pytest.fixture
def folder(url: str) -> Path:
    return Path(url.removeprefix("tantivy://"))


def test_a_wiped_folder_is_written_and_read_anew(index: Index, folder: Path, find: Find) -> None:
    index.write([live(1, 5)])
    assert find() == [1]
    shutil.rmtree(folder)
    assert find() == []
    assert index.write([live(2, 1)]) == [STORED]
    assert find() == [2]
    for path in folder.iterdir():
        path.unlink()
    assert find() == []
    assert index.write([live(1, 1)]) == [STORED]
    assert find() == [1]


def test_a_folder_that_cannot_be_written_makes_the_writes_unavailable_until_it_can(
    index: Index, folder: Path, find: Find
) -> None:
    folder.write_text("not a folder")
    assert index.write([live(1), live(2)]) == [UNAVAILABLE] * 2
    folder.unlink()
    assert index.write([live(1)]) == [STORED]
    assert find() == [1]


def test_a_second_writer_waits_for_the_first(index: Index, url: str, find: Find) -> None:
    index.write([live(1)])
    second = open_index(url)
    assert second.write([live(2)]) == [UNAVAILABLE]
    index.close()
    assert second.write([live(2)]) == [STORED]
    assert sorted(find()) == [1, 2]
    second.close()


def test_readers_are_never_disturbed_by_commits_and_merges(
    index: Index, url: str, engine: Engine
) -> None:
    index.write([live(n) for n in range(50)])
    with start(WRITER.replace("number = 0", "number = 100"), url) as second:
        second.wait(60)
        assert second.returncode != 0, "there is one writer"
    for version in range(2, 60):
        index.write([live(version % 50, version)])
        assert engine.search(Query("cầu")).total == 50
    wait_for(lambda: engine.search(Query("cầu")).total == 50)


def test_a_batch_of_a_killed_writer_is_there_as_a_whole_or_not_at_all(
    url: str, engine: Engine
) -> None:
    for life in range(1, 6):
        with start(WRITER, url) as writer:
            assert writer.stdout
            for _ in range(life):
                writer.stdout.readline()
            writer.send_signal(signal.SIGKILL)
        assert engine.search(Query("cầu")).total % 5 == 0


def test_a_full_disk_makes_writes_unavailable_keeps_what_was_there_and_passes(
    index: Index, url: str, engine: Engine
) -> None:
    index.write([live(number) for number in range(5)])
    index.close()
    with start(FULL_DISK, url) as writer:
        said, _ = writer.communicate(timeout=60)
    # Where the log of a warning goes to standard output too, only the outcomes' lines count.
    outcomes = [line for line in said.splitlines() if line in {"stored", "unavailable"}]
    assert outcomes == ["unavailable"] * 4 + ["stored"] * 2
    assert engine.search(Query("cầu")).total == 1
    assert engine.search(Query("đường")).total == 5
