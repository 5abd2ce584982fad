"""What the server found, in the words of the port."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from shared.index import FacetValue, Hit
from shared.index.records import search_document
from shared.text.highlight import fragments, highlight
from shared.text.words import Question

Names = Mapping[str, tuple[str, int]]
"""Label and position by category."""


def sources(answer: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [hit["_source"] for hit in answer.get("hits", {}).get("hits", [])]


def counts(answer: Mapping[str, Any], facet: str) -> dict[str, int]:
    """Return how many articles have each value of a facet."""
    buckets: Sequence[Mapping[str, Any]] = answer["aggregations"][facet]["buckets"]
    return {str(bucket["key"]): int(bucket["doc_count"]) for bucket in buckets}


def categories(found: Mapping[str, int], names: Names) -> tuple[FacetValue, ...]:
    """Return the largest first."""
    return tuple(
        FacetValue(slug, names[slug][0], count, names[slug][1])
        for slug, count in sorted(found.items(), key=lambda item: (-item[1], item[0]))
    )


def years(found: Mapping[str, int]) -> tuple[FacetValue, ...]:
    """Return the newest first."""
    newest_first = sorted(found.items(), key=lambda item: -int(item[0]))
    return tuple(FacetValue(year, year, count) for year, count in newest_first)


def hit(answer: Mapping[str, Any], names: Names, asked: Question) -> Hit:
    found = search_document(answer["_source"])
    return Hit(
        id=UUID(answer["_id"]),
        url=found.url,
        title=found.title,
        summary=found.summary,
        category=found.category,
        category_label=names[found.category][0],
        published_at=found.published_at,
        image=found.image,
        highlight_title=highlight(found.title, asked.terms),
        highlight_body=fragments(found.body, asked.terms),
    )
