"""``basic.publish`` as bytes: what py-amqp writes, at a fifth of its cost for each message.

The library builds a message object, a promise and four buffers for each; nearly all of the bytes
are the same every time.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from struct import Struct
from typing import Any, Final

from amqp.serialization import dumps

_METHOD, _HEADER, _BODY = 1, 2, 3
_END: Final = b"\xce"
_FRAME: Final = Struct(">BHI")
"""Type, channel, size; then as many bytes, and the end."""
_CONTENT: Final = Struct(">BHIHHQH")
"""A header frame up to its properties: class, weight (always 0), size of the body, flags."""
_OF_CONTENT: Final = 14
"""Bytes of it that count in the frame's size."""
_CLASS: Final = 60
_MANDATORY: Final = 1
_FRAME_OVERHEAD: Final = 8
_WITH_TYPE, _WITH_HEADERS, _WITH_MODE, _WITH_ID = 1 << 15, 1 << 13, 1 << 12, 1 << 7
_TYPE: Final = dumps("s", ("application/cloudevents+json",))
_PERSISTENT: Final = b"\x02"


def publishing(
    channel: int,
    frame_max: int,
    *,
    exchange: str,
    key: str,
    body: bytes,
    message_id: str,
    headers: Mapping[str, Any],
) -> Sequence[bytes]:
    """Return the bytes of a persistent, mandatory message, in parts to be sent one by one."""
    flags = _WITH_TYPE | _WITH_MODE | _WITH_ID
    name = message_id.encode()
    rest = _PERSISTENT + bytes((len(name),)) + name
    if headers:
        flags |= _WITH_HEADERS
        rest = dumps("F", (headers,)) + rest
    size = _OF_CONTENT + len(_TYPE) + len(rest)
    content = _CONTENT.pack(_HEADER, channel, size, _CLASS, 0, len(body), flags)
    start = b"".join((_method(channel, exchange, key), content, _TYPE, rest, _END))
    most = frame_max - _FRAME_OVERHEAD
    if 0 < len(body) <= most:
        return start, _FRAME.pack(_BODY, channel, len(body)), body, _END
    parts = [start]
    for place in range(0, len(body), most):
        piece = body[place : place + most]
        parts += [_FRAME.pack(_BODY, channel, len(piece)), piece, _END]
    return parts


@lru_cache(maxsize=256)
def _method(channel: int, exchange: str, key: str) -> bytes:
    """Return the method's frame; there are as many different ones as routing keys."""
    arguments = dumps("Bssb", (0, exchange, key, _MANDATORY))
    method = _METHOD_ID + arguments
    return _FRAME.pack(_METHOD, channel, len(method)) + method + _END


_METHOD_ID: Final = Struct(">HH").pack(_CLASS, 40)
