"""Search at 10,000 articles, over HTTP, beside the engine asked in this process."""

import json
import random
import time
from collections.abc import Iterator
from typing import Any

from benchmarks.common import Row, both, drained, percentile, running, until
from samples.generate import articles
from shared.index import Query, open_engine


def measure(*, quick: bool) -> Iterator[Row]:
    count, asked = (1_000, 100) if quick else (10_000, 1_000)
    with running() as (deployment, editor):
        corpus = list(articles(count))
        body = "".join(json.dumps(found, ensure_ascii=False) + "\n" for found in corpus).encode()
        answer = editor.http.post(
            "/v1/import?publish=true&create_categories=true", content=body, timeout=600
        )
        answer.raise_for_status()
        until(drained(deployment), every=0.5)
        questions = _questions(corpus, asked)
        over_http = []
        for question in questions:
            began = time.perf_counter()
            deployment.search(q=question)
            over_http.append(time.perf_counter() - began)
        engine = open_engine(f"tantivy://{deployment.folder / 'index'}")
        direct = []
        for question in questions:
            began = time.perf_counter()
            engine.search(Query(text=question))
            direct.append(time.perf_counter() - began)
        engine.close()
        added = percentile(over_http, 0.5) - percentile(direct, 0.5)
        yield Row(
            f"search at {count:,} articles, one client, over HTTP",
            both(over_http),
            f"the engine in process {both(direct)}; HTTP adds {added * 1000:.1f} ms at p50",
        )


def _questions(corpus: list[dict[str, Any]], count: int) -> list[str]:
    """Return word pairs and single words of the corpus's own titles, seeded."""
    chosen = random.Random(7)
    questions = []
    for _ in range(count):
        words = str(chosen.choice(corpus)["headlines"][0]["value"]).split()
        start = chosen.randrange(max(1, len(words) - 2))
        questions.append(" ".join(words[start : start + chosen.choice((1, 2, 3))]))
    return questions
