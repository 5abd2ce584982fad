"""Waits until search and site have everything that was ever published, and says how far they are.

Consumers that begin with nothing ask ingest for a replay by themselves; this only looks.
"""

import json
import sys
import time
from collections.abc import Mapping
from typing import Any, Final

from deploy.compose.stack import Stack, Steps, TroubleError

_EVERY_SECONDS: Final = 1.0
_PATIENCE_SECONDS: Final = 600.0
"""Without any progress; with some it goes on as long as it takes."""
_PAGE: Final = 10_000
_PUBLIC: Final = "SELECT id, public_version FROM articles WHERE public_version IS NOT NULL"
_LIVE: Final = (
    "SELECT url FROM articles WHERE public_version IS NOT NULL AND unpublish_type IS NULL"
)
_ON_PAGES: Final = "SELECT id, version FROM articles WHERE delivery > 0"
_EXISTS: Final = 'while read -r url; do test -f "/srv/site${url}index.html" || echo "$url"; done'

Versions = Mapping[str, int]


def follow(stack: Stack, steps: Steps) -> None:
    """Return once every version is in the index, on its page, and the front door has the file.

    Raises TroubleError when nothing has come on for ten minutes.
    """
    wanted = _versions(stack.sql("ingest", _PUBLIC))
    best, since = -1, time.monotonic()
    while True:
        found = _indexed(stack), _versions(stack.sql("render", _ON_PAGES))
        in_index, on_pages = (
            sum(kept.get(one, -1) >= version for one, version in wanted.items()) for kept in found
        )
        if in_index == on_pages == len(wanted):
            break
        if in_index + on_pages > best:
            best, since = in_index + on_pages, time.monotonic()
            steps.note(f"of {len(wanted)}: {in_index} in search, {on_pages} on their pages")
        if time.monotonic() - since > _PATIENCE_SECONDS:
            raise TroubleError(
                f"of {len(wanted)} only {in_index} are in search and {on_pages} on their pages, "
                "and no more come: `make ps`, `make logs`, docs/runbooks/drift.md"
            )
        time.sleep(_EVERY_SECONDS)
    live = _have_pages(stack)
    taken_back = len(wanted) - live
    steps.done(f"{live} live and {taken_back} taken back, all in search and on their pages")


def _versions(rows: list[list[str]]) -> Versions:
    return {one: int(version) for one, version in rows}


def _indexed(stack: Stack) -> Versions:
    """Return the version of every article in the index; nothing while there is none."""
    found: dict[str, int] = {}
    last = ""
    while True:
        query = {
            "query": {"range": {"id": {"gt": last}}},
            "sort": "id",
            "size": _PAGE,
            "version": True,
            "_source": False,
            "docvalue_fields": ["id"],
            "track_total_hits": False,
        }
        hits = _search(stack, query)
        found |= {hit["fields"]["id"][0]: int(hit["_version"]) for hit in hits}
        if len(hits) < _PAGE:
            return found
        last = hits[-1]["fields"]["id"][0]


def _search(stack: Stack, query: Mapping[str, Any]) -> list[dict[str, Any]]:
    said = stack.ask(
        *("exec", "-T", "elasticsearch", "curl", "--silent", "--max-time", "30"),
        *("--header", "Content-Type: application/json", "--data", json.dumps(query)),
        "http://127.0.0.1:9200/bantin/_search?allow_partial_search_results=false",
    )
    hits: list[dict[str, Any]] = json.loads(said).get("hits", {}).get("hits", [])
    return hits


def _have_pages(stack: Stack) -> int:
    """Return how many articles are live. Raises TroubleError where one's page is not there."""
    urls = [row[0] for row in stack.sql("ingest", _LIVE)]
    words = ("exec", "-T", "gateway", "sh", "-c", _EXISTS)
    if missing := stack.ask(*words, given="".join(f"{url}\n" for url in urls)).split():
        raise TroubleError(f"{len(missing)} page(s) are missing, the first is {missing[0]}")
    return len(urls)


if __name__ == "__main__":
    try:
        follow(Stack(), Steps())
    except TroubleError as error:
        sys.exit(str(error))
