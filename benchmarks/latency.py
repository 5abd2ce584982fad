"""Publish → page on disk, publish → found; idle and under views and publications."""

import os
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from benchmarks.common import READER, Row, both, percentile, publish, running, until
from tests.deployment import Deployment, Editor, document

VIEWS_PER_SECOND, PUBLISHES_PER_SECOND = 50, 2
_LAST_DAY = datetime(2026, 11, 20, 8, tzinfo=timezone(timedelta(hours=7)))


def measure(*, quick: bool) -> Iterator[Row]:
    count = 20 if quick else 200
    with running() as (deployment, editor):
        editor.category("tin-tuc", "Tin tức")
        publish(editor, uuid4(), document("Tin làm nóng"))
        limit = raw_writes(deployment.folder, count)
        for name, load in (("idle", False), ("under load", True)):
            with background(deployment, editor) if load else nullcontext():
                taken = [publication(deployment, editor) for _ in range(count)]
            pages, found = [one.page for one in taken], [one.found for one in taken]
            times = percentile(pages, 0.5) / percentile(limit, 0.5)
            yield Row(
                f"publish → page on disk, {name}",
                both(pages),
                f"aim p99 0.3 s; raw write+fsync+rename of 20 KB {both(limit)}: × {times:.0f}",
            )
            yield Row(f"publish → found, {name}", both(found), "aim p99 0.5 s")


@dataclass(frozen=True)
class Latency:
    """Seconds from sending the publish request to the page on disk, and to the search hit."""

    page: float
    found: float


def publication(
    deployment: Deployment, editor: Editor, *, every: float = 0.005, within: float = 120
) -> Latency:
    """Publish one article and wait for both; searches are ``every`` so many seconds apart."""
    article_id, word = uuid4(), f"từ{uuid4().hex[:12]}"
    saved = editor.put(article_id, news(f"Tin đo {word}"))
    saved.raise_for_status()
    began = time.perf_counter()
    url = str(editor.publish(article_id).raise_for_status().json()["url"])
    file = deployment.folder / "site" / url.strip("/") / "index.html"
    with ThreadPoolExecutor(1) as pool:
        page = pool.submit(lambda: (until(file.exists, within=within), time.perf_counter()))
        until(
            lambda: deployment.search(q=word)["total"] == 1,
            within=within,
            every=every,
        )
        found = time.perf_counter() - began
        return Latency(page.result()[1] - began, found)


def news(title: str) -> dict[str, Any]:
    """Return an article of some day of the last year, so that no day's page grows with the run."""
    day = _LAST_DAY - timedelta(days=random.randrange(365))
    return document(title, contentCreated=day.isoformat())


@contextmanager
def background(deployment: Deployment, editor: Editor) -> Iterator[Counter[str]]:
    """Go on publishing and viewing meanwhile; give what has been done so far."""
    stop, done = threading.Event(), Counter[str]()

    def every(seconds: float, work: threading.Event, what: str) -> None:
        with httpx.Client(base_url=deployment.url, headers={"User-Agent": READER}) as reader:
            due = time.monotonic()
            while not work.is_set():
                if what == "view":
                    reader.post("/api/visits", json={"path": "/", "id": str(uuid4())})
                else:
                    publish(editor, uuid4(), news(f"Tin nền {uuid4().hex[:8]}"))
                done[what] += 1
                due += seconds
                work.wait(max(0.0, due - time.monotonic()))

    threads = [
        threading.Thread(target=every, args=(1 / VIEWS_PER_SECOND, stop, "view")),
        threading.Thread(target=every, args=(1 / PUBLISHES_PER_SECOND, stop, "publish")),
    ]
    for thread in threads:
        thread.start()
    try:
        yield done
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def raw_writes(folder: Path, count: int) -> list[float]:
    """Return the seconds that a page of 20 KB takes: write, fsync, rename and nothing else."""
    page = os.urandom(20_000)
    return [raw_write(folder, page) for _ in range(count)]


def raw_write(folder: Path, page: bytes) -> float:
    target = folder / "raw-write-probe"
    temporary = target.with_suffix(".tmp")
    began = time.perf_counter()
    with temporary.open("wb") as file:
        file.write(page)
        file.flush()
        os.fsync(file.fileno())
    temporary.rename(target)
    return time.perf_counter() - began
