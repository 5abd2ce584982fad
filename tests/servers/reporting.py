"""What happens to a test whose server this machine does not have: it is not passed over quietly."""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import pytest

from tests.servers.server import Missing, Server

S = TypeVar("S", bound=Server)
_missing: dict[str, str] = {}


@contextmanager
def started(make: Callable[[Path], S], folder: Path) -> Iterator[S]:
    """Start a server for a test; where there is none, skip the test, or fail it in CI."""
    try:
        server = make(folder)
    except Missing as why:
        if os.environ.get("CI", "").lower() not in {"", "0", "false", "no"}:
            pytest.fail(f"{why}\n(a run with CI={os.environ['CI']} must have every server)")
        pytest.skip(str(why))
    with server:
        yield server


def report_missing(reporter: pytest.TerminalReporter) -> None:
    """Say at the end of a run, loudly, which servers were missing and what did not run."""
    lost: Counter[str] = Counter()
    for report in reporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
        if reason.startswith("Skipped: no "):
            lost[reason.removeprefix("Skipped: ")] += 1
    if not lost:
        return
    reporter.section("NOT TESTED: servers are missing", sep="!", red=True, bold=True)
    for why, count in lost.items():
        reporter.line(f"{count} tests did not run: {why}", red=True)
    reporter.line("BANTIN_TEST_SERVERS chooses where servers come from; see CONTRIBUTING.md.")
