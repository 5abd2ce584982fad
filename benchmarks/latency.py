"""Publish → page on disk, publish → found; idle and under views and publications."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import httpx

from benchmarks.common import READER, Row, both, percentile, publish, running, until
from tests.deployment import Deployment, Editor, document

VIEWS_PER_SECOND, PUBLISHES_PER_SECOND = 50, 2


def measure(*, quick: bool) -> Iterator[Row]:
    count = 20 if quick else 200
    with running() as (deployment, editor):
        editor.category("tin-tuc", "Tin tức")
        publish(editor, uuid4(), document("Tin làm nóng"))
        limit = _raw_write(deployment.folder, count)
        for name, load in (("idle", False), ("under load", True)):
            with _load(deployment, editor) if load else _nothing():
                pages, found = _latencies(deployment, editor, count)
            times = percentile(pages, 0.5) / percentile(limit, 0.5)
            yield Row(
                f"publish → page on disk, {name}",
                both(pages),
                f"aim p99 0.3 s; raw write+fsync+rename of 20 KB {both(limit)}: × {times:.0f}",
            )
            yield Row(f"publish → found, {name}", both(found), "aim p99 0.5 s")


def _latencies(
    deployment: Deployment, editor: Editor, count: int
) -> tuple[list[float], list[float]]:
    """Return the seconds from sending the publish request to the page, and to the search hit."""
    pages, found = [], []
    for number in range(count):
        article_id, word = uuid4(), f"từ{uuid4().hex[:12]}"
        saved = editor.put(article_id, document(f"Tin đo {number} {word}"))
        saved.raise_for_status()
        began = time.perf_counter()
        url = str(editor.publish(article_id).json()["url"])
        file = deployment.folder / "site" / url.strip("/") / "index.html"
        page_at: list[float] = []
        watcher = threading.Thread(
            target=lambda f=file, at=page_at: (until(f.exists), at.append(time.perf_counter()))
        )
        watcher.start()
        until(lambda w=word: deployment.search(q=w)["total"] == 1, every=0.005)  # type: ignore[misc]
        found.append(time.perf_counter() - began)
        watcher.join()
        pages.append(page_at[0] - began)
    return pages, found


@contextmanager
def _nothing() -> Iterator[None]:
    yield


@contextmanager
def _load(deployment: Deployment, editor: Editor) -> Iterator[None]:
    stop = threading.Event()

    def every(seconds: float, work: threading.Event, what: str) -> None:
        with httpx.Client(base_url=deployment.url, headers={"User-Agent": READER}) as reader:
            due = time.monotonic()
            while not work.is_set():
                if what == "view":
                    reader.post("/api/visits", json={"path": "/", "id": str(uuid4())})
                else:
                    publish(editor, uuid4(), document(f"Tin nền {uuid4().hex[:8]}"))
                due += seconds
                work.wait(max(0.0, due - time.monotonic()))

    threads = [
        threading.Thread(target=every, args=(1 / VIEWS_PER_SECOND, stop, "view")),
        threading.Thread(target=every, args=(1 / PUBLISHES_PER_SECOND, stop, "publish")),
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _raw_write(folder: Path, count: int) -> list[float]:
    page, taken = os.urandom(20_000), []
    target = folder / "raw-write-probe"
    for _ in range(count):
        began = time.perf_counter()
        temporary = target.with_suffix(".tmp")
        with temporary.open("wb") as file:
            file.write(page)
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(target)
        taken.append(time.perf_counter() - began)
    target.unlink()
    return taken
