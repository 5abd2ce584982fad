"""The index on Elasticsearch beside plain HTTP: the same documents written, the same searches."""

import json
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from benchmarks import corpus
from benchmarks.common import Row, alternately, both, ms, percentile, ratio
from services.indexing.documents import to_write
from shared.bus import BATCH
from shared.index import CategoryName, Query, Sort, Write, Written, open_index
from shared.index.elastic import ElasticEngine, documents
from shared.text.normalise import folded
from tests.servers.elasticsearch import Elasticsearch

_OURS: Final = "with-adapter"
_THEIRS: Final = "with-bulk"
_PATIENCE: Final = 60.0
_TURNS: Final = 5
"""Times that one question is asked in each way."""
_BULK: Final = (
    f"/{_THEIRS}/_bulk?require_alias=true&refresh=true"
    "&filter_path=items.*.status,items.*.error.type,items.*.error.reason"
)


class _Request(NamedTuple):
    target: str
    body: bytes
    headers: Mapping[str, str]


def measure(*, quick: bool) -> Iterator[Row]:
    articles, asked = (2_000, 5) if quick else (10_000, 40)
    events = corpus.published(articles)
    writes = [to_write(event.data) for event in events]
    with (
        tempfile.TemporaryDirectory(prefix="bantin-bench-") as folder,
        Elasticsearch(Path(folder)) as node,
    ):
        raw = _Raw(node.url)
        yield _writing(node, raw, writes)
        yield _searching(node, raw, writes, asked)
        raw.close()


class _Raw:
    """One kept connection, and nothing around it."""

    def __init__(self, url: str) -> None:
        self._http = HTTPConnection(urlsplit(url).netloc, timeout=_PATIENCE)

    def send(self, request: _Request) -> bytes:
        """Return the answer's body as it comes."""
        self._http.request("POST", request.target, request.body, dict(request.headers))
        answer = self._http.getresponse()
        said = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{answer.status}: {said[:500]!r}")
        return said

    def close(self) -> None:
        self._http.close()


def _address(node: Elasticsearch, alias: str) -> str:
    return f"elasticsearch://{urlsplit(node.url).netloc}/{alias}"


def _writing(node: Elasticsearch, raw: _Raw, writes: Sequence[Write]) -> Row:
    """Write the corpus to two indexes of one mapping, a batch to each in turn."""
    ours, theirs = open_index(_address(node, _OURS)), open_index(_address(node, _THEIRS))
    named = {w.document.category: w.document.category_label for w in writes if w.document}
    ours.rename([CategoryName(slug, label, 1) for slug, label in named.items()])
    theirs.check()  # which makes it
    starts = range(0, len(writes), BATCH)
    batches = (writes[start : start + BATCH] for start in starts)
    requests = iter([_bulk(writes[start : start + BATCH]) for start in starts])

    def with_adapter() -> float:
        batch = next(batches)
        began = time.perf_counter()
        written = ours.write(batch)
        taken = time.perf_counter() - began
        if set(written) != {Written.STORED}:
            raise RuntimeError(f"written: {set(written)}")
        return BATCH / taken

    def with_bulk() -> float:
        request = next(requests)
        began = time.perf_counter()
        said = json.loads(raw.send(request))
        taken = time.perf_counter() - began
        if any(item["index"]["status"] != 201 for item in said["items"]):
            raise RuntimeError(f"not created: {said!s:.500}")
        return BATCH / taken

    adapter, bulk = alternately(len(starts), with_adapter, with_bulk)
    ours.close()
    theirs.close()
    return Row(
        f"Elasticsearch, {len(writes):,} articles written by {BATCH}, on disk and found at return",
        f"{median(adapter):,.0f} articles/s",
        "aim ≥ 0.9 of `_bulk` with the same documents ready made, into an index of the same"
        f" mapping: {median(bulk):,.0f}/s ({ratio(adapter, bulk):.2f} of it)",
    )


def _bulk(writes: Sequence[Write]) -> _Request:
    lines = []
    for record in map(documents.article, writes):
        action = {"_id": record.key, "version": record.version, "version_type": "external"}
        lines += [json.dumps({"index": action}).encode(), record.source]
    return _Request(_BULK, b"\n".join([*lines, b""]), {"Content-Type": "application/x-ndjson"})


def _searching(node: Elasticsearch, raw: _Raw, writes: Sequence[Write], asked: int) -> Row:
    """Ask each question by the engine and by the requests that it sends, in turn."""
    engine = ElasticEngine(_address(node, _OURS))
    sent = _recorded(engine)
    taken: dict[str, list[tuple[float, float]]] = {}
    for kind, queries in _questions(writes, asked).items():
        for query in queries:
            sent.clear()
            engine.search(query)
            works = _by_engine(engine, query), _by_hand(raw, list(sent))
            by_engine, by_hand = alternately(_TURNS, *works)
            taken.setdefault(kind, []).append((median(by_engine), median(by_hand)))
    engine.close()
    pairs = [pair for kind in taken.values() for pair in kind]
    each = ", ".join(
        f"{kind} {ms(percentile(_added(pairs), 0.5))}" for kind, pairs in taken.items()
    )
    return Row(
        f"Elasticsearch, {len(pairs)} searches among {len(writes):,} articles",
        f"{both([one for one, _ in pairs])}; added by the adapter {both(_added(pairs))}",
        "aim ≤ 4 ms added at p50; the same requests over one kept connection, answers not read as"
        f" JSON: {both([other for _, other in pairs])}; added at p50, by kind: {each}",
    )


def _added(pairs: Sequence[tuple[float, float]]) -> list[float]:
    return [one - other for one, other in pairs]


def _by_engine(engine: ElasticEngine, query: Query) -> Callable[[], float]:
    def run() -> float:
        began = time.perf_counter()
        engine.search(query)
        return time.perf_counter() - began

    return run


def _by_hand(raw: _Raw, requests: Sequence[_Request]) -> Callable[[], float]:
    def run() -> float:
        began = time.perf_counter()
        for request in requests:
            raw.send(request)
        return time.perf_counter() - began

    return run


def _recorded(engine: ElasticEngine) -> list[_Request]:
    """Return a list to which every request of the engine is added, as it goes out."""
    sent: list[_Request] = []
    node: Any = engine._asking._client.transport.node_pool.get()  # noqa: SLF001 - nothing else has it
    perform = node.perform_request

    def recording(method: str, target: str, **rest: Any) -> Any:
        sent.append(_Request(target, rest["body"], rest["headers"]))
        return perform(method, target, **rest)

    node.perform_request = recording
    return sent


def _questions(writes: Sequence[Write], each: int) -> dict[str, list[Query]]:
    """Return what readers ask, made of the corpus's own titles, seeded."""
    chance = random.Random(7)
    titles = [write.document.title for write in writes if write.document is not None]
    categories = sorted({write.document.category for write in writes if write.document})

    def words() -> str:
        found = chance.choice(titles).split()
        start = chance.randrange(max(1, len(found) - 3))
        return " ".join(found[start : start + chance.choice((1, 2, 3))])

    def year(query: Query) -> Query:
        first = chance.randrange(2017, 2026)
        return replace(query, since=date(first, 1, 1), until=date(first, 12, 31))

    plain = [Query(words()) for _ in range(each)]
    return {
        "with marks": plain,
        "without marks": [Query(folded(words())) for _ in range(each)],
        "phrases": [Query(f'"{words()}"') for _ in range(each)],
        "in a category": [replace(query, category=chance.choice(categories)) for query in plain],
        "in a year": [year(query) for query in plain],
        "newest first": [replace(query, sort=Sort.NEWEST) for query in plain],
    }
