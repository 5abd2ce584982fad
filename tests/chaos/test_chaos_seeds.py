"""Ten seeds in a row: every process killed again and again, and nothing lost or doubled."""

from pathlib import Path

import pytest

from tests.chaos.plan import TARGETS
from tests.chaos.run import Size, run

SEEDS = range(10)
SHORT = Size(kills=20, editors=2, calls=30, views=60, articles=12)


@pytest.mark.crash
@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_accepted_is_lost_or_doubled_while_every_process_is_killed(
    seed: int, tmp_path: Path
) -> None:
    report = run(seed, SHORT, tmp_path / "var", print)
    assert report.differences == [], f"repeat it: make chaos ARGS='--seed {seed} --kills 20'"
    assert set(report.kills) == set(TARGETS)
    assert sum(report.kills.values()) >= 20
    assert report.accepted["all"] >= 100
    assert report.repeats.get("visits", 0) > 0, "no view was ever repeated, so nothing was tried"
