"""What the fuzzer needs to know of newline-delimited JSON; it loads this by the module's name."""

import json
from typing import Any

import schemathesis
from schemathesis.core.transport import Response


@schemathesis.serializer("application/x-ndjson")
def to_lines(_: schemathesis.SerializationContext, value: object) -> bytes:
    """Write each item on a line; what is no list goes as a line of its own."""
    items = value if isinstance(value, list) else [value]
    return b"".join(json.dumps(item).encode() + b"\n" for item in items)


@schemathesis.deserializer("application/x-ndjson")
def from_lines(_: schemathesis.DeserializationContext, response: Response) -> list[Any]:
    return [json.loads(line) for line in response.content.splitlines()]


@schemathesis.deserializer("text/html", "text/css")
def from_text(_: schemathesis.DeserializationContext, response: Response) -> str:
    return response.content.decode()
