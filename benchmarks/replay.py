"""How long search and site take to come back from nothing, as after a restore, with no other work.

Beside it stands the sending of the replay itself, which neither can be quicker than.
"""

import math
import time
from collections.abc import Iterator
from typing import Final

from benchmarks.common import Row, served, until
from benchmarks.replaying import Replay
from benchmarks.served import FIRST_MANIFEST, import_alone
from samples.generate import articles as corpus_of

ARTICLES: Final = 10_000
_LONGEST: Final = 7_200.0
"""Seconds that it is watched."""


def measure(*, quick: bool, articles: int | None = None) -> Iterator[Row]:
    total = articles or (500 if quick else ARTICLES)
    with served(BANTIN_MANIFEST_SECONDS="86400") as (deployment, editor):
        manifest_gone = time.monotonic() + FIRST_MANIFEST
        editor.category("tin-tuc", "Tin tức")
        yield import_alone(deployment, editor, corpus_of(total), total, manifest_gone)
        with Replay(deployment, longest=_LONGEST) as replay:
            until(replay.is_over, within=_LONGEST + 60, every=0.5)
            sent = replay.sent - replay.began
            taken = {one: at - replay.began for one, at in replay.ended.items()}
    found, shown = (taken.get(one, math.inf) for one in ("indexing", "render"))
    yield Row(
        f"servers: a replay of {total:,} articles to an empty index and site, nothing else to do",
        f"all found after {found:.0f} s ({total / found:,.0f}/s); all pages written after"
        f" {shown:.0f} s ({total / shown:,.0f}/s)",
        f"the sending alone {sent:.0f} s ({total / sent:,.0f}/s to each of the two)",
    )
