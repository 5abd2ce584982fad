"""What both adapters hold a write to, and the times they keep: checked before anything is sent."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from uuid import NAMESPACE_URL, UUID, uuid5

from shared.index import SearchDocument, Write
from shared.settings import LOCAL_TIME

TEXTS: Final = ("title", "summary", "tags", "by", "body")
"""Fields in which words are looked for."""
STATES: Final = ("live", "gone", "redirect", "withdrawal")
"""tantivy keeps the position in this list; append only."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_VERSIONS = range(2**63)


class RefusedError(ValueError):
    """The write can never be stored; the text says why."""


def check(write: Write) -> None:
    """Raise RefusedError unless the state, the document and the version go together."""
    if write.state not in STATES:
        raise RefusedError(f"unknown state {write.state!r}")
    if (write.document is None) == (write.state == "live"):
        raise RefusedError(f"a document does not go with the state {write.state}")
    check_version(write.version)
    if write.document is not None:
        if write.document.published_at.tzinfo is None:
            raise RefusedError("published_at has no zone")
        if not write.document.category:
            raise RefusedError("the category is empty")


def check_version(version: int) -> None:
    """Raise RefusedError for a version that is no number of 63 bits."""
    if version not in _VERSIONS:
        raise RefusedError(f"version {version} is out of range")


def encoded(source: Mapping[str, Any]) -> bytes:
    """Return JSON in UTF-8. Raises RefusedError for what is no text."""
    try:
        return json.dumps(source, ensure_ascii=False, default=datetime.isoformat).encode()
    except (UnicodeEncodeError, TypeError) as error:
        raise RefusedError(f"not text: {error}") from error


def source(document: SearchDocument) -> dict[str, Any]:
    """Return the document as it is kept."""
    return asdict(document)


def search_document(kept: Mapping[str, Any]) -> SearchDocument:
    """Return the document as it was written."""
    return SearchDocument(
        title=kept["title"],
        summary=kept["summary"],
        body=kept["body"],
        url=kept["url"],
        category=kept["category"],
        category_label=kept["category_label"],
        published_at=datetime.fromisoformat(kept["published_at"]),
        tags=tuple(kept["tags"]),
        by=kept["by"],
        image=kept["image"],
    )


def name_id(category: str) -> UUID:
    """Return the id under which the name of a category is kept."""
    return uuid5(NAMESPACE_URL, f"urn:bantin:category:{category}")


def year_of(moment: datetime) -> int:
    """Return the year in Vietnam. Raises RefusedError at the very ends of time."""
    try:
        return moment.astimezone(LOCAL_TIME).year
    except OverflowError as error:
        raise RefusedError(f"published_at {moment} is out of range") from error


def recency(year: int) -> float:
    """Return what a score is multiplied by: it grows by a fiftieth with each newer year."""
    return 1 + min(max(year, 2000) - 2000, 100) / 50


def microseconds(moment: datetime) -> int:
    """Return Unix time in microseconds."""
    return (moment - _EPOCH) // _MICROSECOND


def day_begins(day: date) -> int:
    """Return when a day begins in Vietnam, in Unix microseconds; right for any date there is."""
    begins = datetime.combine(day, time.min)
    offset = begins.replace(tzinfo=LOCAL_TIME).utcoffset() or timedelta()
    return (begins - _EPOCH.replace(tzinfo=None) - offset) // _MICROSECOND


def day_ends(day: date) -> int:
    """Return the first microsecond after a day in Vietnam."""
    if day == date.max:
        return day_begins(day) + timedelta(days=1) // _MICROSECOND
    return day_begins(day + timedelta(days=1))
