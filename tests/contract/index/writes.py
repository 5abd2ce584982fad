"""Made-up documents and writes for the index."""

from datetime import datetime
from typing import Any

from shared.index import SearchDocument, Write
from tests.factories import NOON, an_id


def document(title: str = "Khánh thành cầu Bến Đá", **fields: Any) -> SearchDocument:
    given: dict[str, Any] = {
        "title": title,
        "summary": "",
        "body": "",
        "url": "/tin/bai-viet-abcdefghij/",
        "category": "tin-tuc",
        "category_label": "Tin tức",
        "published_at": NOON,
    }
    return SearchDocument(**(given | fields))


def live(number: int = 1, version: int = 1, title: str = "Cầu Bến Đá", **fields: Any) -> Write:
    return Write(an_id(number), version, document(title, **fields))


def taken_back(number: int = 1, version: int = 2, state: str = "gone") -> Write:
    return Write(an_id(number), version, None, state)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)
