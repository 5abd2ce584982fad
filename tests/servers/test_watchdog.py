"""However a run of tests ends, and wherever servers are missing, one is not left in the dark."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deployment import ROOT, wait_for
from tests.servers.leftovers import left_running
from tests.servers.postgresql import PostgreSQL
from tests.servers.reporting import started

STARTS_AND_HOLDS = """
import sys
from pathlib import Path
from tests.servers.postgresql import PostgreSQL
server = PostgreSQL(Path(sys.argv[1]))
server.start()
server.pause()
print("paused", flush=True)
sys.stdin.read()
"""


def test_a_killed_run_leaves_no_server_not_even_a_paused_one(tmp_path: Path) -> None:
    with started(PostgreSQL, tmp_path / "same") as server:
        pass
    words = [sys.executable, "-c", STARTS_AND_HOLDS, str(server.folder / "inner")]
    with subprocess.Popen(
        words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == "paused\n"
        run.kill()
    wait_for(lambda: left_running(server) == [])


@pytest.mark.parametrize(("ci", "status"), [("", 0), ("true", 1)])
def test_a_missing_server_is_told_loudly_and_fails_a_run_in_ci(ci: str, status: int) -> None:
    without = {
        **os.environ,
        "CI": ci,
        "BANTIN_TEST_SERVERS": "docker",
        "DOCKER_HOST": "unix:///nowhere.sock",
    }
    words = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-k", "password or reaches"]
    done = subprocess.run(
        [*words, "tests/servers/test_postgresql.py"],
        cwd=ROOT,
        env=without,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == status, done.stdout
    assert "NOT TESTED: PostgreSQL" in done.stdout
    assert "2 tests" in done.stdout
    assert "start a Docker engine that has the image postgres:17" in done.stdout
