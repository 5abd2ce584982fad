"""One broken event of every kind, as bytes, by what is wrong with it."""

import json
from typing import Any

from shared.contracts.events import LARGEST
from tests.factories import published

_GOOD: dict[str, Any] = json.loads(published(1).encode())


def _with(**fields: Any) -> bytes:
    return json.dumps(_GOOD | fields).encode()


def _data(**fields: Any) -> bytes:
    return _with(data=_GOOD["data"] | fields)


def _without(*names: str) -> bytes:
    return json.dumps({k: v for k, v in _GOOD.items() if k not in names}).encode()


def _raw(instead_of_1: bytes) -> bytes:
    """Return the event with these bytes in an unknown field: nothing else is wrong with it."""
    return _with(unknown="1").replace(b'"1"', instead_of_1)


BROKEN: dict[str, bytes] = {
    "nothing": b"",
    "NUL": b"\0",
    "not JSON": b"this is no JSON",
    "half of it": _with()[: len(_with()) // 2],
    "something after it": _with() + b"{}",
    "not UTF-8": _raw(b'"\xff\xfe"'),
    "UTF-16": _with().decode().encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf" + _with(),
    "a surrogate in UTF-8": _raw(b'"\xed\xa0\x80"'),
    "a lone surrogate": _raw(rb'"\ud800"'),
    "a lone surrogate as a name": _with(unknown=1).replace(b"unknown", rb"\udfff"),
    "NaN": _raw(b"NaN"),
    "infinity": _raw(b"-Infinity"),
    "a number of 100,000 digits": _raw(b"9" * 100_000),
    "a list": b"[]",
    "a word": b'"vn.bantin.article.published.v1"',
    "100,000 brackets": b"[" * 100_000,
    "100,000 brackets, closed": b"[" * 100_000 + b"]" * 100_000,
    "100,000 braces in a field": _raw(b'{"a":' * 100_000 + b"1" + b"}" * 100_000),
    "20 MB": _raw(b'"' + b"x" * (LARGEST + 4_000_000) + b'"'),
    "another specversion": _with(specversion="0.3"),
    "no specversion that is text": _with(specversion=1.0),
    "an unknown type": _with(type="vn.bantin.article.eaten.v1"),
    "a later version of a type": _with(type="vn.bantin.article.published.v2"),
    "a type of 100,000 letters": _with(type="x" * 100_000),
    "no type": _without("type"),
    "a type that is a list": _with(type=["vn.bantin.article.published.v1"]),
    "an empty id": _with(id=""),
    "an empty source": _with(source=""),
    "no id": _without("id"),
    "no subject": _without("subject"),
    "no time": _without("time"),
    "a time without a zone": _with(time="2026-03-14T08:00:00"),
    "a time that is a number": _with(time=1_773_450_061),
    "a time outside the calendar": _with(time="9999-12-31T23:59:59-14:00"),
    "another content type": _with(datacontenttype="text/xml"),
    "no data": _without("data"),
    "data that are null": _with(data=None),
    "data that are text": _with(data="{}"),
    "data of another event": _with(data={"consumer": "render"}),
    "an id that is no uuid": _data(id="7"),
    "a version that is text": _data(version="1"),
    "a version that is true": _data(version=True),
    "a version below zero": _data(version=-1),
    "a version that no store can hold": _data(version=2**63),
    "an edition of 0": _data(edition=0),
    "an address that is null": _data(url=None),
    "an article that is a list": _data(article=[]),
    "an article without a title": _data(
        article={k: v for k, v in _GOOD["data"]["article"].items() if k != "title"}
    ),
    "an article made before the calendar": _data(
        article=_GOOD["data"]["article"] | {"created": "0001-01-01T00:00:00+14:00"}
    ),
}
