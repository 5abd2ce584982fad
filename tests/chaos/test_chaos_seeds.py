"""Some seeds in a row on each deployment: processes killed again and again, nothing lost.

Ten where CI is set, which together kill every process; else three.
"""

from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from tests.chaos.run import Past, Size, final, run
from tests.deployment import Deployment
from tests.servers.reporting import in_ci

_ALL = 10
SEEDS = range(_ALL if in_ci() else 3)
SHORT = Size(kills=5, editors=2, calls=24, views=40, articles=12, pace=4, each=False)
"""A process that starts costs a second of a processor; the ten seeds together kill every one."""


class Site:
    """A deployment that the seeds share; whoever finds a difference leaves a new one behind."""

    def __init__(self, make: Callable[[], Deployment]) -> None:
        self._make = make
        self._running: tuple[Deployment, Past] | None = None
        self.kills: Counter[str] = Counter()
        self.repeats: Counter[str] = Counter()
        self.seeds = 0

    def running(self) -> tuple[Deployment, Past]:
        if self._running is None:
            deployment = self._make()
            deployment.__enter__()
            self._running = deployment, Past()
        return self._running

    def spoilt(self) -> None:
        if self._running is not None:
            self._running[0].close()
            self._running = None

    def left_well(self) -> None:
        if self._running is not None:
            assert final(*self._running) == []
            targets = {*self._running[0].processes, *self._running[0].mortal}
            if self.seeds == _ALL:
                assert set(self.kills) == targets, self.kills
                assert self.repeats["visits"], "no view was ever repeated, so nothing was tried"


@pytest.fixture(scope="module")
def site(
    new_deployment: Callable[..., Deployment], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    made = Site(lambda: new_deployment(tmp_path_factory.mktemp("chaos") / "var"))
    try:
        yield made
        made.left_well()
    finally:
        made.spoilt()


@pytest.mark.crash
@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_accepted_is_lost_or_doubled_while_every_process_is_killed(
    seed: int, site: Site
) -> None:
    deployment, past = site.running()
    try:
        report = run(seed, SHORT, deployment, print, past)
        options = f"--deployment {deployment.kind} --seed {seed} --kills {SHORT.kills} --some"
        assert report.differences == [], f"repeat it: make chaos ARGS='{options}'"
    except BaseException:
        site.spoilt()
        raise
    assert sum(report.kills.values()) >= SHORT.kills
    site.kills.update(report.kills)
    site.repeats.update(report.repeats)
    site.seeds += 1
    assert report.accepted["all"] >= 100
