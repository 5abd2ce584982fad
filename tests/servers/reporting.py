"""What happens to a test whose server this machine does not have: it is not passed over quietly."""

import os
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import pytest

from tests.servers.server import Missing, Server

S = TypeVar("S", bound=Server)
_IN_CI = "(with CI set, every server must be there)"
_SAID = re.compile(
    rf"no (?P<server>[A-Z]\w+): (?P<advice>.+?)(?: {re.escape(_IN_CI)}|$)", re.MULTILINE
)
"""What a Missing says, in what pytest keeps of a test; the tests may run in other processes."""


@contextmanager
def started(make: Callable[[Path], S], folder: Path) -> Iterator[S]:
    """Start a server for a test; where there is none, skip the test, or fail it in CI."""
    with or_passed_over():
        server = make(folder)
    with server:
        yield server


def in_ci() -> bool:
    """Tell whether this is a run that has to have every server."""
    return os.environ.get("CI", "").lower() not in {"", "0", "false", "no"}


@contextmanager
def or_passed_over() -> Iterator[None]:
    """Skip the test whose server is missing, or fail it in CI."""
    try:
        yield
    except Missing as missing:
        if in_ci():
            pytest.fail(f"{missing} {_IN_CI}", pytrace=False)
        pytest.skip(str(missing))


def report_missing(reporter: pytest.TerminalReporter) -> None:
    """Say at the end of a run, loudly, which servers were missing and what did not run."""
    lost: Counter[tuple[str, str]] = Counter()
    for outcome in ("skipped", "error", "failed"):
        for report in reporter.stats.get(outcome, []):
            told = getattr(report, "longrepr", "")
            found = _SAID.search(told[2] if isinstance(told, tuple) else str(told))
            if found:
                lost[found["server"], found["advice"]] += 1
    for (name, advice), count in lost.items():
        reporter.section(f"NOT TESTED: {name} is missing", sep="!", red=True, bold=True)
        reporter.line(f"{count} tests did not run. To have {name}: {advice}.", red=True)
