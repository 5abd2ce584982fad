"""How a process ends when one of its threads does, or will not."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SCRIPT = """
import sys
import threading

from shared.runtime import Process, run


def hangs(stop):
    threading.Event().wait()


def obeys(stop):
    stop.wait()


def ends(stop):
    pass


def exits(stop):
    raise SystemExit(0)


def fails(stop):
    raise OSError("no disk")


wanted = [globals()[name] for name in sys.argv[1:]]
processes = [Process(body.__name__, body) for body in wanted]
sys.exit(run("sample", processes, admin_port=0, patience=0.2))
"""


def _ended(*bodies: str) -> tuple[int, str]:
    """Run such threads as one process; return its status and what it logged."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *bodies],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize("body", ["ends", "exits", "fails"])
def test_a_thread_that_ends_in_whatever_way_ends_the_process_with_its_siblings(body: str) -> None:
    status, logged = _ended(body, "obeys")
    assert status == 1
    assert '"process_ended_early"' in logged


def test_a_thread_that_will_not_end_is_left_and_named() -> None:
    status, logged = _ended("ends", "hangs")
    assert status == 1
    assert '"processes": ["hangs"]' in logged
