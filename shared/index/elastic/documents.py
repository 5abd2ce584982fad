"""What is kept for an article, a category's name and a doubt, and the way back from a hit."""

import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from shared.index import UNPLACED, CategoryName, SearchDocument, Write
from shared.index import records as rules
from shared.index.elastic.schema import KIND_DOUBT, KIND_LIVE, KIND_NAME, KIND_TOMBSTONE
from shared.reconcile import Doubt, Kind

_NAMED = "named"
_nfc = partial(unicodedata.normalize, "NFC")
"""The analyzers expect composed letters; nearly all texts have them already."""


@dataclass(frozen=True, slots=True)
class Record:
    """One document with its place in time: the version is the server's own ``_version``."""

    key: str
    version: int
    state: str
    source: bytes


def article(write: Write) -> Record:
    """Return what keeps a write. Raises RefusedError before anything reaches the server."""
    rules.check(write)
    key = str(write.id)
    source: dict[str, Any] = {"id": key, "state": write.state, "kind": KIND_TOMBSTONE}
    if write.document is not None:
        source |= {"kind": KIND_LIVE, **_described(write.document)}
    return Record(key, write.version, write.state, rules.encoded(source))


def _described(document: SearchDocument) -> dict[str, Any]:
    year = rules.year_of(document.published_at)
    return {
        "title": _nfc(document.title),
        "summary": _nfc(document.summary),
        "body": _nfc(document.body),
        "tags": [_nfc(tag) for tag in document.tags],
        "by": None if document.by is None else _nfc(document.by),
        "url": document.url,
        "image": document.image,
        "category": document.category,
        "category_label": document.category_label,
        "published_at": document.published_at.isoformat(),
        "published": rules.microseconds(document.published_at),
        "year": year,
        "recency": rules.recency(year),
    }


def category_name(name: CategoryName) -> Record:
    """Return what keeps the name of a category. Raises RefusedError."""
    rules.check_version(name.version)
    source = {
        "kind": KIND_NAME,
        "state": _NAMED,
        "category": name.category,
        "label": name.label,
        "position": name.position,
    }
    key = f"name-{rules.name_id(name.category)}"
    return Record(key, name.version, _NAMED, rules.encoded(source))


def names(sources: list[Mapping[str, Any]]) -> dict[str, tuple[str, int]]:
    """Return label and position by category."""
    return {
        str(source["category"]): (str(source["label"]), int(source.get("position", UNPLACED)))
        for source in sources
    }


def doubt_key(article_id: UUID) -> str:
    return f"doubt-{article_id}"


def doubt(article_id: UUID, noted: Doubt) -> bytes:
    """Return what keeps a doubt about an article."""
    return json.dumps(
        {
            "kind": KIND_DOUBT,
            "id": str(article_id),
            "doubt": noted.kind,
            "wanted": noted.version,
            "noticed": noted.noticed.isoformat(),
        }
    ).encode()


def noted(source: Mapping[str, Any]) -> tuple[UUID, Doubt]:
    """Return the article and the doubt about it."""
    when = datetime.fromisoformat(source["noticed"])
    return UUID(source["id"]), Doubt(Kind(source["doubt"]), int(source["wanted"]), when)
