"""The one deployment of these tests, and what is told of its recoveries."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

from tests.faults.site import Site
from tests.server_deployment import ServerDeployment
from tests.server_stores import own_servers
from tests.servers.reporting import or_passed_over

_RECOVERY = "recovery_seconds"


class _Ground:
    """Where the site stands; after a test that failed, the next one gets another."""

    def __init__(self, new_folder: Callable[[], Path]) -> None:
        self._new_folder = new_folder
        self._stack = ExitStack()
        self._site: Site | None = None

    def site(self) -> Site:
        if self._site is None:
            folder = self._new_folder()
            with or_passed_over():
                servers = self._stack.enter_context(own_servers(folder / "servers"))
            # Manifests are far apart: they could mend what a fault has broken.
            deployment = ServerDeployment(
                folder / "var", servers=servers, BANTIN_MANIFEST_SECONDS="36000"
            )
            self._site = Site(self._stack.enter_context(deployment))
        return self._site

    def spoilt(self) -> None:
        self._site = None
        self._stack.close()

    def left_well(self) -> None:
        if self._site is not None:
            found = list(self._site.last_differences())
            assert not found, "\n".join(found)


@pytest.fixture(scope="package")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Ground]:
    made = _Ground(lambda: tmp_path_factory.mktemp("faults"))
    try:
        yield made
        made.left_well()
    finally:
        made.spoilt()


@pytest.fixture
def site(
    ground: _Ground,
    request: pytest.FixtureRequest,
    record_property: Callable[[str, object], None],
) -> Iterator[Site]:
    """Give the site that all of these tests share; it tells how long it took to recover."""
    given = ground.site()
    given.tell = partial(record_property, _RECOVERY)
    failed = request.session.testsfailed
    yield given
    if request.session.testsfailed > failed:
        ground.spoilt()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    told = [
        (report.nodeid.rpartition("::")[2], dict(report.user_properties)[_RECOVERY])
        for report in terminalreporter.stats.get("passed", [])
        if report.when == "call" and _RECOVERY in dict(report.user_properties)
    ]
    if told:
        terminalreporter.section("seconds from the end of a fault until everything had arrived")
    for name, seconds in told:
        terminalreporter.line(f"{seconds:6.1f}  {name}")
