"""Which tests share a process, so that each deployment is started once."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deployment import ROOT
from tests.scheduling import part_of

_CHAOS = "tests/chaos/test_chaos_seeds.py::test_nothing_is_lost"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (f"{_CHAOS}[servers-0]", f"{_CHAOS}[servers-9]"),
        ("tests/e2e/test_a.py::test_b[embedded]", "tests/e2e/test_c.py::test_d[embedded-x]"),
        ("tests/faults/test_a.py::test_b", "tests/faults/test_c.py::test_d[killed]"),
        ("tests/unit/visits/test_a.py::test_b", "tests/unit/visits/test_a.py::test_c[x-y]"),
    ],
)
def test_those_of_one_deployment_or_module_go_together(one: str, other: str) -> None:
    assert part_of(one) == part_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (f"{_CHAOS}[servers-0]", f"{_CHAOS}[embedded-0]"),
        ("tests/e2e/test_a.py::test_b[embedded]", "tests/e2e/test_a.py::test_b[servers]"),
        ("tests/unit/visits/test_a.py::test_b", "tests/unit/visits/test_c.py::test_b"),
    ],
)
def test_others_may_run_elsewhere(one: str, other: str) -> None:
    assert part_of(one) != part_of(other)


def test_several_processes_get_whole_parts(tmp_path: Path) -> None:
    """Seen from outside, since a plugin may stop asking without a word."""
    (tmp_path / "conftest.py").write_text(
        "from tests.scheduling import Together\n"
        "def pytest_xdist_make_scheduler(config, log):\n    return Together(config, log)\n"
    )
    modules = [f"test_{number}.py" for number in range(3)]
    for module in modules:
        body = "\n".join(f"def test_{number}(): pass" for number in range(6))
        (tmp_path / module).write_text(body)
    words = ["pytest", "-v", "--rootdir", str(tmp_path), "--import-mode=importlib", "-n", "2"]
    ran = subprocess.run(
        [sys.executable, "-m", *words, "--dist", "loadscope"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    for module in modules:
        found = [line.split()[0] for line in ran.stdout.splitlines() if f"PASSED {module}" in line]
        assert len(found) == 6
        assert len(set(found)) == 1, f"{module} was dealt out to {set(found)}"
