"""Other processes: a reader sees a write at once, and a killed writer blocks nobody."""

import signal
import subprocess
import time

from shared.index import Engine, Index, Query, Written, open_index
from tests.contract.index.children import WRITER, start
from tests.contract.index.writes import live
from tests.factories import an_id

READER = """
    import sys
    from shared.index import Query, open_engine

    engine = open_engine(sys.argv[1])
    for line in sys.stdin:
        print(engine.search(Query(line.strip())).total, flush=True)
"""


def _ask(reader: subprocess.Popen[str], question: str) -> int:
    assert reader.stdin
    assert reader.stdout
    reader.stdin.write(question + "\n")
    reader.stdin.flush()
    return int(reader.stdout.readline())


def test_a_write_is_visible_to_another_process_at_its_next_question(index: Index, url: str) -> None:
    with start(READER, url) as reader:
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
        with start(WRITER, url) as writer:
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
        again = open_index(url)
        assert again.write([live(n, 1) for n in range(said)]) == [Written.STORED] * said
        assert again.write([live(150, life, "Đường")]) == [Written.STORED]
        assert again.get(an_id(150)) is not None
        again.close()
        # A server may carry out what a dead writer had sent, a batch of five, after we looked.
        assert found <= engine.search(Query("cầu")).total <= found + 5
