"""A writer that is killed anywhere leaves only whole pages, and its work to the next."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from shared.contracts.events import Event
from tests.contract.site.harness import Harness, Sites
from tests.factories import published

ROOT = Path(__file__).parents[3]
CHILD = Path(__file__).with_name("writer_child.py")
ARTICLES = 120


def _start(site: Harness) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, str(CHILD), str(site.settings.data_dir)],
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "BANTIN_DATABASE": site.settings.database,
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _when(condition: Callable[[], bool], child: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert child.poll() is None, "the writer ended by itself"
        assert time.monotonic() < deadline, "the writer has stopped writing"
        time.sleep(0.005)


def _fewer_marks(site: Harness, than: int) -> bool:
    return len(site.marked()) < than


def _events(version: int) -> list[Event]:
    return [published(n, version=version, title=f"Bản {version}") for n in range(ARTICLES)]


@pytest.mark.crash
def test_a_kill_in_the_middle_of_writing_leaves_no_half_page_and_loses_no_mark(
    new_site: Sites,
) -> None:
    site, whole = new_site(), new_site()
    root = site.settings.site_dir
    for version, stop_after in ((1, 0.3), (2, 0.6), (3, 0.1)):
        site.store.take([event.data for event in _events(version)])
        most = len(site.marked())
        child = _start(site)
        _when(partial(_fewer_marks, site, int(most * (1 - stop_after))), child)
        child.send_signal(signal.SIGKILL)
        child.wait()
        for page in root.rglob("index.html"):
            assert page.read_bytes().endswith(b"</html>"), page
    child = _start(site)
    _when(lambda: not site.marked(), child)
    child.terminate()
    child.wait()
    whole.store.take([event.data for event in _events(3)])
    whole.store.mark_all()
    whole.writer.drain()
    left = {name: text for name, text in site.files().items() if not name.endswith(".new")}
    assert left == whole.files()
