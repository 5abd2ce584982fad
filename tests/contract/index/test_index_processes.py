"""Other processes: a reader sees a writer's commit at once, and a killed writer blocks nobody."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

from shared.index import Engine, Index, Query, Written, open_index
from tests.contract.index.writes import live
from tests.factories import an_id

ROOT = Path(__file__).parents[3]

WRITER = """
    import sys
    from shared.index import open_index
    from tests.contract.index.writes import live

    index = open_index(sys.argv[1])
    number = 0
    while True:
        batch = [live(number + n, 1, "Cầu Bến Đá", body="Câu chữ. " * 50) for n in range(5)]
        outcomes = index.write(batch)
        assert all(outcome.value == "stored" for outcome in outcomes), outcomes
        number += 5
        print(number, flush=True)
"""
READER = """
    import sys
    from shared.index import Query, open_engine

    engine = open_engine(sys.argv[1])
    for line in sys.stdin:
        print(engine.search(Query(line.strip())).total, flush=True)
"""

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


def _start(code: str, url: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), url],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _ask(reader: subprocess.Popen[str], question: str) -> int:
    assert reader.stdin
    assert reader.stdout
    reader.stdin.write(question + "\n")
    reader.stdin.flush()
    return int(reader.stdout.readline())


def _wait(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_commit_is_visible_to_another_process_at_its_next_question(
    index: Index, url: str
) -> None:
    with _start(READER, url) as reader:
        try:
            assert _ask(reader, "cầu") == 0
            for version in range(1, 30):
                index.write([live(1, version, f"Cầu thứ {version}"), live(100 + version)])
                assert _ask(reader, f"thứ {version}") == 1
                assert _ask(reader, "cầu") == version + 1
        finally:
            reader.kill()


def test_a_writer_killed_at_any_moment_loses_nothing_it_had_said_and_blocks_nobody(
    url: str, engine: Engine
) -> None:
    for life in range(1, 6):
        with _start(WRITER, url) as writer:
            assert writer.stdout
            said = 0
            for _ in range(life * 3):
                said = int(writer.stdout.readline())
            time.sleep(life * 0.003)  # somewhere else in its work each time
            writer.send_signal(signal.SIGKILL)
            rest = writer.stdout.read().split()
            said = int(rest[-1]) if rest else said
        found = engine.search(Query("cầu")).total
        assert found >= said
        assert found % 5 == 0, "a batch is there as a whole or not at all"
        again = open_index(url)
        assert again.write([live(n, 1) for n in range(said)]) == [Written.STORED] * said
        assert again.write([live(150, life, "Đường")]) == [Written.STORED]
        assert again.get(an_id(150)) is not None
        again.close()
        assert engine.search(Query("cầu")).total == found


def test_readers_are_never_disturbed_by_commits_and_merges(
    index: Index, url: str, engine: Engine
) -> None:
    index.write([live(n) for n in range(50)])
    with _start(WRITER.replace("number = 0", "number = 100"), url) as second:
        second.wait(60)
        assert second.returncode != 0, "there is one writer"
    for version in range(2, 60):
        index.write([live(version % 50, version)])
        assert engine.search(Query("cầu")).total == 50
    _wait(lambda: engine.search(Query("cầu")).total == 50)


def test_a_full_disk_makes_writes_unavailable_keeps_what_was_there_and_passes(
    index: Index, url: str, engine: Engine
) -> None:
    index.write([live(number) for number in range(5)])
    index.close()
    with _start(FULL_DISK, url) as writer:
        said, _ = writer.communicate(timeout=60)
    # Where the log of a warning goes to standard output too, only the outcomes' lines count.
    outcomes = [line for line in said.splitlines() if line in {"stored", "unavailable"}]
    assert outcomes == ["unavailable"] * 4 + ["stored"] * 2
    assert engine.search(Query("cầu")).total == 1
    assert engine.search(Query("đường")).total == 5
