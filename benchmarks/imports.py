"""Import rate while the pipeline drains, and what one publication costs as the site grows."""

import json
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

from benchmarks.common import Row, cpu_seconds, drained, publish, running, until
from samples.generate import articles
from tests.deployment import Deployment, Editor, document

_QUIET = 0.06
"""The share of one processor below which nothing but polling goes on."""


def measure(*, quick: bool) -> Iterator[Row]:
    small, large = (200, 1_000) if quick else (1_000, 20_000)
    with running() as (deployment, editor):
        editor.category("tin-tuc", "Tin tức")
        corpus = list(articles(large))
        raw = _raw_inserts(deployment.folder, corpus[:small])
        send_lines(editor, corpus[:small])
        until(drained(deployment), every=0.5)
        first = _cost_of_one(deployment, editor)
        taken = send_lines(editor, corpus[small:])
        rate = (large - small) / taken
        rest = until(drained(deployment), every=0.5)
        yield Row(
            f"import of {large - small:,} articles (~4 KB) while the pipeline drains",
            f"{rate:,.0f} articles/s; all on page and in search {rest:.0f} s later",
            f"aim ≥ 300/s; raw SQLite inserts of the same lines {raw:,.0f}/s",
        )
        second = _cost_of_one(deployment, editor)
        yield Row(
            f"one publication at {small:,} articles → at {large:,}",
            f"{first[0]:.0f} → {second[0]:.0f} files written; "
            f"{first[1] * 1000:.0f} → {second[1] * 1000:.0f} ms of processor time, all processes",
            f"must not grow: × {second[1] / first[1]:.2f}",
        )


def send_lines(editor: Editor, corpus: list[dict[str, Any]]) -> float:
    """Import and publish the corpus in one request; return the seconds it took."""
    body = "".join(json.dumps(found, ensure_ascii=False) + "\n" for found in corpus).encode()
    began = time.perf_counter()
    with editor.http.stream(
        "POST", "/v1/import?publish=true&create_categories=true", content=body, timeout=1200
    ) as answer:
        results = [json.loads(line) for line in answer.iter_lines()]
    taken = time.perf_counter() - began
    wrong = [result for result in results if result["status"] not in {200, 201}]
    if wrong or len(results) != len(corpus):
        raise RuntimeError(f"{len(results)} results, wrong: {wrong[:3]}")
    return taken


def _cost_of_one(deployment: Deployment, editor: Editor, rounds: int = 20) -> tuple[float, float]:
    """Return files written and processor seconds for one publication, idle costs taken off."""
    per_second = _when_quiet(deployment)
    written, before = _written(deployment), _spent(deployment)
    began = time.perf_counter()
    for number in range(rounds):
        url = publish(editor, uuid4(), document(f"Tin đo chi phí {number} {uuid4().hex[:6]}"))
        until(lambda u=url: (deployment.folder / "site" / u.strip("/")).exists())  # type: ignore[misc]
        time.sleep(0.3)
    time.sleep(2)
    spent = _spent(deployment) - before - per_second * (time.perf_counter() - began)
    return (_written(deployment) - written) / rounds, spent / rounds


def _when_quiet(deployment: Deployment) -> float:
    """Wait until merges and other late work are over; return processor seconds a second, idle."""
    for _ in range(60):
        before = _spent(deployment)
        time.sleep(3)
        share = (_spent(deployment) - before) / 3
        if share < _QUIET:
            return share
    raise TimeoutError("the deployment does not come to rest")


def _spent(deployment: Deployment) -> float:
    return sum(cpu_seconds(deployment).values())


def _written(deployment: Deployment) -> float:
    for line in deployment.metrics("render").splitlines():
        if line.startswith("bantin_pages_written_total"):
            return float(line.rsplit(" ", 1)[1])
    raise RuntimeError("render does not say how many pages it wrote")


def _raw_inserts(folder: Path, corpus: list[dict[str, Any]]) -> float:
    """Return lines a second: nothing but their text into SQLite, fully synchronous, by 100."""
    connection = sqlite3.connect(folder / "raw-probe.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE line (id TEXT PRIMARY KEY, body TEXT)")
    lines = [(str(found["uri"]), json.dumps(found, ensure_ascii=False)) for found in corpus]
    began = time.perf_counter()
    for start in range(0, len(lines), 100):
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("INSERT INTO line VALUES (?, ?)", lines[start : start + 100])
        connection.execute("COMMIT")
    taken = time.perf_counter() - began
    connection.close()
    return len(lines) / taken
