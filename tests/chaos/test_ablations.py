"""The safeguards are tested: with one of them taken out, a test that passed fails."""

import os
from pathlib import Path

import pytest

from tests.chaos.ablate import ABLATIONS, Ablation, AblationError, hold, prove, remove
from tests.chaos.traced import STRACE
from tests.deployment import ROOT

GUARDS = [one for one in ABLATIONS if not one.name.endswith("-fsync")]
SYNCS = [one for one in ABLATIONS if one.name in {"bus-fsync", "page-fsync"}]
"""The others take as long again; ``python -m tests.chaos ablate`` has them all."""


@pytest.fixture(scope="module", autouse=True)
def _passing(tmp_path_factory: pytest.TempPathFactory) -> None:
    """With every safeguard in place the same tests pass."""
    traced = SYNCS if STRACE else []
    hold([*GUARDS, *traced], tmp_path_factory.mktemp("whole"))


@pytest.mark.parametrize("ablation", GUARDS, ids=lambda one: one.name)
def test_a_test_notices_that_a_guard_is_gone(ablation: Ablation, tmp_path: Path) -> None:
    assert prove(ablation, tmp_path)


@pytest.mark.skipif(STRACE is None and not os.environ.get("CI"), reason="strace is not installed")
@pytest.mark.parametrize("ablation", SYNCS, ids=lambda one: one.name)
def test_a_test_notices_that_a_sync_is_gone(ablation: Ablation, tmp_path: Path) -> None:
    assert prove(ablation, tmp_path)


@pytest.mark.parametrize("ablation", ABLATIONS, ids=lambda one: one.name)
def test_every_safeguard_stands_where_its_ablation_looks_for_it(ablation: Ablation) -> None:
    assert (ROOT / ablation.file).read_text().count(ablation.old) == 1


def test_an_ablation_that_finds_nothing_to_remove_fails(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("pass\n")
    with pytest.raises(AblationError, match="0 times"):
        remove(Ablation("none", "a.py", "no such text", "", ()), tmp_path)
