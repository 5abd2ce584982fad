"""Time until everything is ready, and resident memory, on an empty folder and on a full one."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.common import Row, drained, resident_mb, until
from tests.embedded_deployment import EmbeddedDeployment


def measure(*, quick: bool) -> Iterator[Row]:
    del quick
    with tempfile.TemporaryDirectory(prefix="bantin-bench-") as folder:
        deployment = EmbeddedDeployment(Path(folder) / "var", BANTIN_SAMPLES="true")
        began = time.perf_counter()
        deployment.start()
        first = time.perf_counter() - began
        until((deployment.folder / "samples-published").exists, every=0.1)
        until(drained(deployment), every=0.5)
        samples = time.perf_counter() - began
        used = resident_mb(deployment)
        deployment.stop()
        began = time.perf_counter()
        deployment.start()
        again = time.perf_counter() - began
        deployment.stop()
    yield Row(
        "first start: ready",
        f"{first:.1f} s (samples published and shown after {samples:.1f} s)",
        "aim ≤ 10 s",
    )
    yield Row("later start: ready", f"{again:.1f} s", "aim ≤ 10 s")
    shares = ", ".join(f"{name} {size:.0f}" for name, size in used.items())
    yield Row(
        "resident memory of all processes",
        f"{sum(used.values()):.0f} MB ({shares})",
        "aim ≤ 700 MB",
    )
