"""What is kept for an article, and the way from a write to a document of tantivy and back."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import cache
from typing import Any, Final
from uuid import UUID

import tantivy

from shared.index import CategoryName, IndexUnavailable, SearchDocument, Write
from shared.index.records import (
    STATES,
    TEXTS,
    check,
    check_version,
    encoded,
    microseconds,
    name_id,
    recency,
    year_of,
)
from shared.reconcile import Doubt, Kind
from shared.text.normalise import nfc
from shared.text.words import forms

DOUBTS: Final = tuple(Kind)
"""Kept as the position in this list; append only."""
KIND_LIVE, KIND_TOMBSTONE, KIND_NAME, KIND_DOUBT = "live", "tombstone", "name", "doubt"
PLACED: Final = 1
"""State of a category's name that tells its position too; one without is written again."""
_HALF = 64


@contextmanager
def tantivy_errors() -> Iterator[None]:
    """Turn what the library raises, its panics too, into IndexUnavailable."""
    try:
        yield
    except (ValueError, OSError) as error:
        raise IndexUnavailable(str(error)) from error
    except BaseException as error:
        # A Rust panic arrives as an exception that is no Exception, of a type nobody can import.
        if type(error).__name__ == "PanicException":
            raise IndexUnavailable(f"tantivy failed: {error}") from None
        raise


@cache
def schema() -> tantivy.Schema:
    """Return the fields. ``hi`` and ``lo`` are the halves of the id, quick to read for many."""
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("id", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("kind", tokenizer_name="raw", index_option="basic")
    builder.add_unsigned_field("hi", fast=True, indexed=True)
    builder.add_unsigned_field("lo", fast=True)
    builder.add_integer_field("version", fast=True)
    builder.add_unsigned_field("state", fast=True)
    builder.add_text_field("category", tokenizer_name="raw", index_option="basic", fast=True)
    builder.add_integer_field("year", fast=True)
    builder.add_integer_field("published", fast=True, indexed=True)
    builder.add_float_field("recency", fast=True)
    for name in TEXTS:
        builder.add_text_field(f"{name}_accented", tokenizer_name="whitespace")
        builder.add_text_field(f"{name}_folded", tokenizer_name="whitespace")
    builder.add_bytes_field("source", stored=True)
    return builder.build()


def article(write: Write) -> tantivy.Document:
    """Return the document of a write. Raises RefusedError before anything reaches the index."""
    check(write)
    kind = KIND_LIVE if write.document else KIND_TOMBSTONE
    document = _record(write.id, kind, write.version, STATES.index(write.state))
    if write.document is not None:
        _describe(document, write.document)
    return document


def category_name(name: CategoryName) -> tantivy.Document:
    """Return the document that keeps the name of a category. Raises RefusedError."""
    document = _record(name_id(name.category), KIND_NAME, name.version, PLACED)
    source = {"category": name.category, "label": name.label, "position": name.position}
    document.add_bytes("source", encoded(source))
    return document


def doubt_key(record: UUID) -> str:
    """Return the id of the document that keeps the doubt about an article."""
    return f"doubt-{record.hex}"


def doubt_document(record: UUID, doubt: Doubt) -> tantivy.Document:
    """Return what keeps a doubt about an article, in the article's place among the ids."""
    state = DOUBTS.index(doubt.kind)
    document = _record(record, KIND_DOUBT, doubt.version, state, doubt_key(record))
    document.add_bytes("source", encoded({"noticed": doubt.noticed}))
    return document


def _record(
    record: UUID, kind: str, version: int, state: int, key: str | None = None
) -> tantivy.Document:
    check_version(version)
    document = tantivy.Document()
    document.add_text("id", key or record.hex)
    document.add_text("kind", kind)
    document.add_unsigned("hi", halves(record)[0])
    document.add_unsigned("lo", halves(record)[1])
    document.add_integer("version", version)
    document.add_unsigned("state", state)
    return document


def _describe(document: tantivy.Document, source: SearchDocument) -> None:
    year = year_of(source.published_at)
    document.add_bytes("source", encoded(asdict(source)))
    document.add_text("category", source.category)
    document.add_integer("year", year)
    document.add_integer("published", microseconds(source.published_at))
    document.add_float("recency", _recency(year))
    values = asdict(source) | {"tags": "\n".join(source.tags), "by": source.by or ""}
    for name in TEXTS:
        accented, folded = forms(nfc(values[name]))
        document.add_text(f"{name}_accented", accented)
        document.add_text(f"{name}_folded", folded)


def _recency(year: int) -> float:
    """Return the number that makes a score rise by a fiftieth of itself for each newer year.

    The search multiplies scores by log2(2 + this number) (tantivy-py, ``weight_by_field``).
    """
    return float(2 ** recency(year) - 2)


def source_of(document: tantivy.Document) -> dict[str, Any]:
    """Return the stored source as it was encoded."""
    source: dict[str, Any] = json.loads(bytes(document.get_first("source") or b"{}"))
    return source


def halves(record: UUID) -> tuple[int, int]:
    """Return the upper and the lower 64 bits."""
    return record.int >> _HALF, record.int & (2**_HALF - 1)


def joined(hi: int, lo: int) -> UUID:
    return UUID(int=hi << _HALF | lo)
