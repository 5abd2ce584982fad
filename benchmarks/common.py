"""What every benchmark needs: a deployment in a temporary folder, percentiles, a table."""

import math
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import psutil

from tests.deployment import Deployment, Editor
from tests.embedded_deployment import EmbeddedDeployment
from tests.server_deployment import ServerDeployment
from tests.server_stores import own_servers

READER = "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"


@dataclass(frozen=True)
class Row:
    """One line of the table: what was done, the figure, and its limit or aim in the same run."""

    what: str
    figure: str
    beside: str


def percentile(values: Sequence[float], share: float) -> float:
    """Return the nearest-rank percentile; ``share`` from 0 to 1."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms" if seconds < 0.1 else f"{seconds * 1000:.0f} ms"


def both(values: Sequence[float]) -> str:
    return f"p50 {ms(percentile(values, 0.5))}, p99 {ms(percentile(values, 0.99))}"


@contextmanager
def running(**settings: str) -> Iterator[tuple[Deployment, Editor]]:
    """Give a running deployment and an editor of it, in a folder that is removed afterwards."""
    with (
        tempfile.TemporaryDirectory(prefix="bantin-bench-") as folder,
        EmbeddedDeployment(Path(folder) / "var", **settings) as deployment,
    ):
        yield deployment, Editor(deployment)


def alternately(rounds: int, *works: Callable[[], float]) -> list[list[float]]:
    """Return what each work measured in each round.

    All of them have their turn in every round, in one order and then the other, so that whatever
    else the machine does meanwhile is shared by all.
    """
    measured: list[list[float]] = [[] for _ in works]
    for number in range(rounds):
        turns = list(zip(works, measured, strict=True))
        for work, values in turns if number % 2 == 0 else reversed(turns):
            values.append(work())
    return measured


def ratio(figures: Sequence[float], limits: Sequence[float]) -> float:
    """Return the median of figure ÷ limit, each pair from one round."""
    return median(one / limit for one, limit in zip(figures, limits, strict=True))


@contextmanager
def served(**settings: str) -> Iterator[tuple[ServerDeployment, Editor]]:
    """Give the deployment on servers of its own; all of it is gone afterwards."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bantin-bench-")))
        servers = stack.enter_context(own_servers(folder / "servers"))
        deployment = ServerDeployment(folder / "var", servers=servers, **settings)
        yield stack.enter_context(deployment), Editor(deployment)


def until(what: Callable[[], bool], *, within: float = 600, every: float = 0.002) -> float:
    """Return the seconds until ``what`` holds."""
    began = time.perf_counter()
    while not what():
        if time.perf_counter() - began > within:
            raise TimeoutError(f"did not come true within {within} s")
        time.sleep(every)
    return time.perf_counter() - began


def cpu_seconds(deployment: Deployment) -> dict[str, float]:
    """Return the processor time each process has used so far."""
    used = {}
    for name, pid in deployment.pids().items():
        times = psutil.Process(pid).cpu_times()
        used[name] = times.user + times.system
    return used


def resident_mb(deployment: Deployment) -> dict[str, float]:
    """Return the resident memory of each process, in MB (10^6 bytes)."""
    return {
        name: psutil.Process(pid).memory_info().rss / 1e6 for name, pid in deployment.pids().items()
    }


def drained(deployment: Deployment) -> Callable[[], bool]:
    """Return a test for «no work is left»: outbox, queues and dirty pages are empty."""

    return lambda: not deployment.left_over()


def publish(editor: Editor, article_id: Any, document: dict[str, Any]) -> str:
    """Save and publish an article; return its address."""
    saved = editor.put(article_id, document)
    if not saved.is_success:
        raise RuntimeError(saved.text)
    answer = editor.publish(article_id)
    if not answer.is_success:
        raise RuntimeError(answer.text)
    return str(answer.json()["url"])
