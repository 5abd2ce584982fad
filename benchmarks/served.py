"""The deployment on servers: publish → page and → found; idle, under load, during a replay.

The replay is the one after a loss: the articles are in ingest, while render and indexing have
none of them, so each is drawn and indexed for the first time. It goes over the bulk lanes.
"""

import json
import math
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final
from uuid import uuid4

import httpx

from benchmarks.common import Row, both, served, until
from benchmarks.imports import send_lines
from benchmarks.latency import Latency, background, news, publication, raw_write
from benchmarks.replaying import Replay
from samples.generate import articles as corpus_of
from services.ingest.replay import TARGETS
from shared.bus.topology import CONSUMERS
from tests.deployment import Editor
from tests.server_deployment import ServerDeployment

ARTICLES: Final = 100_000
_PAGE_AIM: Final = "aim p99 0.5 s"
_FOUND_AIM: Final = "aim p99 1.5 s"
_LONGEST: Final = 720.0
"""Seconds that a replay is watched."""
_PORTION: Final = 5_000
"""Articles of one import request while nobody consumes."""
FIRST_MANIFEST: Final = 40.0
"""Seconds after which the manifest that follows a start has been sent."""
_SEARCHES_APART: Final = 0.02
"""Seconds between two searches, so that the asking itself is no load."""


@dataclass(frozen=True)
class _Sample:
    """One publication, and beside it the floors; seconds, ``at`` by the monotonic clock."""

    at: float
    taken: Latency
    raw_page: float
    raw_found: float


def measure(*, quick: bool, articles: int | None = None) -> Iterator[Row]:
    total = articles or (1_000 if quick else ARTICLES)
    rounds, alongside = (20, 200) if quick else (200, min(total // 2, 2_000))
    with served(BANTIN_MANIFEST_SECONDS="86400") as (deployment, editor):
        manifest_gone = time.monotonic() + FIRST_MANIFEST
        editor.category("tin-tuc", "Tin tức")
        meter = _Meter(deployment, editor)
        for _ in range(3):
            meter.sample()
        yield from _rows("idle", [meter.sample() for _ in range(rounds)])
        with background(deployment, editor):
            samples = [meter.sample() for _ in range(rounds)]
        yield from _rows("with 2 publications/s and 50 views/s", samples)
        corpus = corpus_of(total)
        yield _import_alongside(deployment, editor, list(islice(corpus, alongside)))
        yield import_alone(deployment, editor, corpus, total - alongside, manifest_gone)
        yield from _replay(deployment, editor, meter, total, 60.0 if quick else _LONGEST)


class _Meter:
    """Publishes, and measures the floor below: a file made durable, a document made searchable."""

    def __init__(self, deployment: ServerDeployment, editor: Editor) -> None:
        self._deployment = deployment
        self._editor = editor
        self._page = os.urandom(20_000)
        self._index = f"{deployment.servers.elasticsearch.url}/bantin-bench-probe"
        self._document = json.dumps(news("Tin đo giới hạn"), ensure_ascii=False)
        settings = {"number_of_shards": 1, "number_of_replicas": 0}
        made = {"settings": settings, "mappings": {"dynamic": True}}
        httpx.put(self._index, json=made, timeout=60).raise_for_status()

    def sample(self) -> _Sample:
        at = time.monotonic()
        raw_page, raw_found = raw_write(self._deployment.folder, self._page), self._raw_found()
        taken = publication(self._deployment, self._editor, every=_SEARCHES_APART)
        return _Sample(at, taken, raw_page, raw_found)

    def _raw_found(self) -> float:
        lines = f'{{"index": {{"_id": "{uuid4()}"}}}}\n{self._document}\n'
        headers = {"Content-Type": "application/x-ndjson"}
        began = time.perf_counter()
        address = f"{self._index}/_bulk?refresh=true"
        answer = httpx.post(address, content=lines.encode(), headers=headers, timeout=60)
        answer.raise_for_status()
        return time.perf_counter() - began


def _rows(situation: str, samples: list[_Sample]) -> Iterator[Row]:
    yield _page_row(situation, samples)
    yield _found_row(situation, samples)


def _page_row(situation: str, samples: list[_Sample]) -> Row:
    floor = both([one.raw_page for one in samples])
    return Row(
        f"servers: publish → page on disk, {situation}",
        both([one.taken.page for one in samples]),
        f"{_PAGE_AIM}; raw write+fsync+rename of 20 KB {floor}; {len(samples)} times",
    )


def _found_row(situation: str, samples: list[_Sample]) -> Row:
    floor = both([one.raw_found for one in samples])
    return Row(
        f"servers: publish → found, {situation}",
        both([one.taken.found for one in samples]),
        f"{_FOUND_AIM}; raw `_bulk` of one document with its refresh {floor}",
    )


def _import_alongside(
    deployment: ServerDeployment, editor: Editor, corpus: list[dict[str, Any]]
) -> Row:
    taken = send_lines(editor, corpus)
    rest = until(lambda: not deployment.left_over(), every=0.5)
    return Row(
        f"servers: import of {len(corpus):,} articles (~4 KB) while the pipeline drains",
        f"{len(corpus) / taken:,.0f} articles/s; all on page and in search {rest:.0f} s later",
        f"{len(corpus) / (taken + rest):,.0f} articles/s from the request to the last page",
    )


def import_alone(
    deployment: ServerDeployment,
    editor: Editor,
    corpus: Iterator[dict[str, Any]],
    count: int,
    not_before: float,
) -> Row:
    """Import while nobody consumes, and lose the events: what the replay is to make good.

    It lasts until the first manifest is lost too, which would ask for a replay of its own.
    """
    taken, lost = 0.0, [queue.name for one in TARGETS for queue in CONSUMERS[one].queues]
    with deployment.without(*TARGETS):
        while portion := list(islice(corpus, _PORTION)):
            taken += send_lines(editor, portion)
            until(lambda: "the outbox" not in deployment.left_over(), every=0.5)
            _purge(deployment, lost)
        time.sleep(max(0.0, not_before - time.monotonic()))
        _purge(deployment, lost)
    return Row(
        f"servers: import of {count:,} articles while nobody consumes",
        f"{count / taken:,.0f} articles/s",
        "accepted and in the outbox; the relay sends them on meanwhile",
    )


def _purge(deployment: ServerDeployment, queues: list[str]) -> None:
    for queue in queues:
        path = f"queues/{deployment.stores.vhost}/{queue}/contents"
        deployment.servers.rabbitmq.manage("DELETE", path)


def _replay(
    deployment: ServerDeployment, editor: Editor, meter: _Meter, total: int, longest: float
) -> Iterator[Row]:
    samples = []
    with background(deployment, editor) as done, Replay(deployment, longest=longest) as replay:
        while not replay.is_over():
            samples.append(meter.sample())
        load = {what: count / replay.age() for what, count in done.items()}
    situation = f"the same load, during a replay of {total:,}"
    for make, consumer in ((_page_row, "render"), (_found_row, "indexing")):
        ended = replay.ended.get(consumer, math.inf)
        yield make(situation, [one for one in samples if one.at < ended])
    yield Row(
        f"servers: the replay of {total:,} articles itself",
        f"sent after {replay.sent - replay.began:.0f} s; "
        + "; ".join(_done(consumer, replay, total, longest) for consumer in TARGETS),
        f"meanwhile {load['publish']:.1f} publications/s, {load['view']:.0f} views/s, and one of"
        " the measured ones after the other",
    )


def _done(consumer: str, replay: Replay, total: int, longest: float) -> str:
    if (ended := replay.ended.get(consumer)) is None:
        left = f"{replay.left[consumer]:,}" if consumer in replay.left else "all"
        return f"{consumer} has {left} left after {longest:.0f} s"
    taken = ended - replay.began
    return f"{consumer} done after {taken:.0f} s ({total / taken:,.0f}/s)"
