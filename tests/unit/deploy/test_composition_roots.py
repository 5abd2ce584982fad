"""What a process loads before it knows what it is to be."""

import subprocess
import sys

import pytest

from tests.deployment import ROOT

LOADED = "import sys, services.{0}.__main__, services.{0}.bootstrap; print(*sys.modules)"


@pytest.mark.parametrize("service", ["ingest", "indexing", "render", "visits"])
def test_background_processes_do_without_a_web_framework(service: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADED.format(service)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {module.partition(".")[0] for module in done.stdout.split()}
    assert {"services", "shared"} <= loaded
    assert not loaded & {"flask", "werkzeug", "celery", "kombu", "PIL", "alembic"}
