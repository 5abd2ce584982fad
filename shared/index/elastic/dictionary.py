"""The words that the index knows, as spelling wants them: one search for a whole question."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from shared.index import spelling
from shared.index.elastic.queries import has_word, live
from shared.index.elastic.schema import folded_field
from shared.index.records import TEXTS

_NEAR: Final = {
    name: {
        "term": {
            "field": folded_field(name),
            "analyzer": "whitespace",
            "suggest_mode": "always",
            "max_edits": 1,
            "prefix_length": 1,
            "min_word_length": spelling.SHORTEST,
            "accuracy": 0.0,
            "max_term_freq": 1e9,
            "sort": "frequency",
            "size": 20,
        }
    }
    for name in TEXTS
}


def asking(words: Sequence[str]) -> dict[str, Any]:
    """Return the search that :func:`known` and :func:`near` read the answer of."""
    has = {word: has_word(word) for word in words}
    body: dict[str, Any] = {
        "size": 0,
        "query": {"bool": {"filter": [live()]}},
        "aggregations": {"known": {"filters": {"filters": has}}},
        "track_total_hits": False,
    }
    if guessable := [word for word in words if spelling.is_guessable(word)]:
        body["suggest"] = {"text": " ".join(guessable), **_NEAR}
    return body


def known(answer: Mapping[str, Any]) -> set[str]:
    """Return the words that some article has."""
    buckets = answer["aggregations"]["known"]["buckets"]
    return {word for word, bucket in buckets.items() if bucket["doc_count"]}


def near(answer: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return known words one slip from each, the most frequent first."""
    counts: dict[str, dict[str, int]] = {}
    for entries in answer.get("suggest", {}).values():
        for entry in entries:
            others = counts.setdefault(entry["text"], {})
            for option in entry.get("options", ()):
                others[option["text"]] = others.get(option["text"], 0) + int(option["freq"])
    return {
        word: sorted(others, key=lambda other: (-others[other], other))
        for word, others in counts.items()
    }
