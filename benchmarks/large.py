"""A hundred thousand lines in one import: constant memory, cut off half-way, sent again."""

import json
import threading
import time
from collections.abc import Iterator
from typing import Self

import httpx

from benchmarks.common import Row, resident_mb, running
from samples.generate import articles
from tests.deployment import Deployment, Editor


class _Peaks:
    """The most memory each process had, looked at twice a second."""

    def __init__(self, deployment: Deployment) -> None:
        self.before = resident_mb(deployment)
        self.most = dict(self.before)
        self._deployment = deployment
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(0.5):
            for name, size in resident_mb(self._deployment).items():
                self.most[name] = max(self.most[name], size)


def measure(*, quick: bool) -> Iterator[Row]:
    count = 2_000 if quick else 100_000
    with running(BANTIN_MANIFEST_SECONDS="3600") as (deployment, editor):
        with _Peaks(deployment) as peaks:
            cut = _send(editor, count, stop_after=count // 2)
            whole = _send(editor, count)
        again = _send(editor, count)
    if whole[0] != count or again[1] != count:
        raise RuntimeError(f"{count} lines sent: answers {whole[0]}, then unchanged {again[1]}")
    yield Row(
        f"import of {count:,} lines (~4 KB), cut off after {cut[0]:,} answers, sent again whole",
        f"{count / (cut[2] + whole[2]):,.0f} new lines/s over both, while the pipeline works; "
        f"{whole[1]:,} were known the second time",
        f"sent a third time, all unchanged: {again[0] / again[2]:,.0f} lines/s",
    )
    front = f"front {peaks.before['front']:.0f} → {peaks.most['front']:.0f} MB"
    most = ", ".join(f"{name} {size:.0f}" for name, size in peaks.most.items())
    yield Row(
        "memory meanwhile, at the most",
        f"{front}; each process: {most} MB",
        f"the body itself {_body_mb(count):,.0f} MB",
    )


def _lines(count: int) -> Iterator[bytes]:
    for found in articles(count):
        yield (json.dumps(found, ensure_ascii=False) + "\n").encode()


def _body_mb(count: int) -> float:
    return sum(map(len, _lines(min(count, 1_000)))) / min(count, 1_000) * count / 1e6


def _send(editor: Editor, count: int, *, stop_after: int | None = None) -> tuple[int, int, float]:
    """Return answers, how many of them were unchanged lines, and seconds."""
    answers = unchanged = 0
    began = time.perf_counter()
    path = "/v1/import?publish=true&create_categories=true"
    with editor.http.stream("POST", path, content=_lines(count), timeout=httpx.Timeout(600)) as got:
        for line in got.iter_lines():
            result = json.loads(line)
            if result["status"] not in {200, 201}:
                raise RuntimeError(line)
            answers += 1
            unchanged += result["status"] == 200
            if stop_after is not None and answers >= stop_after:
                break
    return answers, unchanged, time.perf_counter() - began
