"""How an index is laid out: settings, mappings, and analyzers made from the tables of shared.text.

Each text is analysed twice, as ``title`` (with its marks) and as ``title.folded`` (without any).
A change here needs a reindex; raise :data:`REVISION` with it.
"""

import sys
import unicodedata
from functools import cache
from itertools import product
from typing import Any, Final

from shared.index.records import TEXTS
from shared.text.normalise import accented, folded, lower
from shared.text.words import LONGEST

REVISION: Final = 1
"""Kept with an index, so that one made by other code can be told."""
KIND_LIVE, KIND_TOMBSTONE, KIND_NAME, KIND_DOUBT = "live", "tombstone", "name", "doubt"
_SIGMA: Final = "ς => σ"
"""Python writes a Greek word's last sigma in its final form, the server does not."""
_SIZES: Final = {"number_of_shards": 1, "auto_expand_replicas": "0-1"}


def folded_field(name: str) -> str:
    return f"{name}.folded"


def sent(word: str) -> str:
    """Return a word of ``shared.text`` as the server's analyzers write it."""
    return word.replace("ς", "σ")


def pattern(alias: str) -> str:
    """Return what matches every concrete index of an alias, and nothing else of it."""
    return f"{alias}-0*"


def template(alias: str) -> dict[str, Any]:
    """Return the index template. No write can create an index by naming it."""
    return {
        "index_patterns": [pattern(alias), alias, f"{alias}-next"],
        "priority": 500,
        "allow_auto_create": False,
        "template": {"settings": settings(), "mappings": mappings()},
        "_meta": {"description": "The search index of Bản Tin", "revision": REVISION},
    }


def settings() -> dict[str, Any]:
    return {
        "index": {
            **_SIZES,
            # Whoever writes refreshes; this is for what others might write.
            "refresh_interval": "1s",
            # An answered write is on disk.
            "translog": {"durability": "request"},
            # Articles are never deleted. What somebody deletes by hand can be written again at once
            # instead of being refused as an older version for a minute.
            "gc_deletes": "0s",
            "analysis": _analysis(),
        }
    }


def mappings() -> dict[str, Any]:
    kept: dict[str, Any] = {"type": "keyword", "index": False, "doc_values": False}
    number: dict[str, Any] = {"type": "long", "index": False, "doc_values": False}
    return {
        "dynamic": "strict",
        "_meta": {"revision": REVISION},
        "properties": {
            "kind": {"type": "keyword"},
            "id": {"type": "keyword"},
            "state": {"type": "keyword", "index": False},
            **{name: _text() for name in TEXTS},
            "url": kept,
            "image": kept,
            "category": {"type": "keyword"},
            "category_label": kept,
            "published_at": kept,
            "published": {"type": "long"},
            "year": {"type": "short", "index": False},
            "recency": {"type": "float", "index": False},
            "label": kept,
            "position": number,
            "doubt": {"type": "keyword"},
            "wanted": number,
            "noticed": kept,
        },
    }


def _text() -> dict[str, Any]:
    """Words in a row are looked for without marks only, so the other form needs no positions."""
    return {
        "type": "text",
        "analyzer": "accented",
        "index_options": "freqs",
        "fields": {"folded": {"type": "text", "analyzer": "folded"}},
    }


def _analysis() -> dict[str, Any]:
    def analyzer(char_filter: str) -> dict[str, Any]:
        return {
            "type": "custom",
            "char_filter": [char_filter],
            "tokenizer": "words",
            "filter": ["lowercase", "cut"],
        }

    return {
        "char_filter": {
            "tones": {"type": "mapping", "mappings": _tones()},
            "bases": {"type": "mapping", "mappings": _bases()},
        },
        "tokenizer": {"words": {"type": "pattern", "pattern": r"[^\p{L}\p{N}]+"}},
        "filter": {"cut": {"type": "truncate", "length": LONGEST}},
        "analyzer": {"accented": analyzer("tones"), "folded": analyzer("bases")},
    }


@cache
def _bases() -> list[str]:
    """Return every letter that :func:`folded` takes marks from."""
    letters = map(chr, range(sys.maxunicode + 1))
    return [_SIGMA] + [
        f"{letter} => {folded(letter)}"
        for letter in letters
        if letter.isalpha()
        and unicodedata.is_normalized("NFC", letter)
        and folded(letter) != lower(letter)
    ]


@cache
def _tones() -> list[str]:
    """Return every group of letters in which :func:`accented` moves the tone."""
    vowels = "aăâeêioôơuưy"
    toned = [
        unicodedata.normalize("NFC", vowel + tone)
        for vowel in "ou"
        for tone in "\u0300\u0301\u0303\u0309\u0323"
    ]
    pairs = ["".join(pair) for pair in product(toned, vowels)]
    groups = [*pairs, *(f"q{pair}" for pair in pairs)]
    cased = ("".join(letters) for group in groups for letters in product(*_cases(group)))
    moved = ((group, accented(group)) for group in cased)
    return [_SIGMA] + [f"{group} => {to}" for group, to in moved if to != lower(group)]


def _cases(group: str) -> list[tuple[str, str]]:
    return [(letter, letter.upper()) for letter in group]
