"""The events as an AsyncAPI 3.0 document and as JSON Schemas. Pure."""

from typing import Any, Final

from deploy.describe.form import Json, of_models
from shared.bus.topology import CONSUMERS, DELIVERY_LIMIT, Lane, queues_for
from shared.contracts.events import EVENT_TYPES, Event, Payload

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_SENDERS: Final = {
    "article.published": ("ingest",),
    "article.unpublished": ("ingest",),
    "category.changed": ("ingest",),
    "articles.manifest": ("ingest",),
    "replay.requested": ("indexing", "render"),
    "article.delivered": ("indexing", "render"),
    "page.viewed": ("visits",),
}
"""Which services publish an event."""


def short(event_type: str) -> str:
    """Return ``article.published`` for ``vn.bantin.article.published.v1``."""
    return event_type.removeprefix("vn.bantin.").rpartition(".v")[0]


def schemas() -> dict[str, Json]:
    """Return one self-contained JSON Schema for each event, envelope and payload, by its name."""
    return {short(name): _schema(name, model) for name, model in EVENT_TYPES.items()}


def _schema(name: str, model: type[Payload]) -> Json:
    components = of_models(Event, model)
    envelope = components.pop("Event")
    envelope["properties"] |= {
        "type": {"const": name},
        "data": {"$ref": "#/$defs/" + model.__name__},
    }
    found = {"$schema": _DIALECT, "title": name, **envelope, "$defs": components}
    schema: Json = _relocated(found, "#/$defs/")
    return schema


def _relocated(value: Any, home: str) -> Any:
    """Return the same with every reference into components pointing to ``home``."""
    if isinstance(value, list):
        return [_relocated(item, home) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: home + one.rpartition("/")[2] if key == "$ref" else _relocated(one, home)
        for key, one in value.items()
    }


def document() -> Json:
    """Return the document: a channel for each queue, and who sends and receives what."""
    channels, operations = _queues()
    messages: Json = {}
    for name, model in EVENT_TYPES.items():
        messages[short(name)] = {
            "name": name,
            "title": short(name),
            "summary": " ".join((model.__doc__ or "").split()),
            "contentType": "application/cloudevents+json",
            "payload": {"$ref": f"#/components/schemas/{short(name)}"},
        }
        for sender in _SENDERS[short(name)]:
            operations[f"{sender}.sends.{short(name)}"] = _sends(model)
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Bản Tin's events", "version": "1", "description": _about()},
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages, "schemas": _bundled()},
    }


def _bundled() -> Json:
    """Return the events' schemas with their definitions where the document has them."""
    found: Json = {}
    for name, schema in schemas().items():
        definitions = schema.pop("$defs")
        inside = f"#/components/schemas/{name}/definitions/"
        moved = _relocated(schema | {"definitions": definitions}, inside)
        found[name] = {key: value for key, value in moved.items() if key != "$schema"}
    return found


def _queues() -> tuple[Json, Json]:
    channels: Json = {}
    operations: Json = {}
    for consumer in CONSUMERS.values():
        names = [short(name) for name, m in EVENT_TYPES.items() if m in consumer.receives]
        for queue in consumer.queues:
            bulk = ", for replays and manifests" if queue.lane is Lane.BULK else ""
            channels[queue.name] = {
                "address": queue.name,
                "description": f"The {queue.lane} queue of {consumer.name}{bulk}.",
                "messages": {n: {"$ref": f"#/components/messages/{n}"} for n in names},
            }
            operations[f"{queue.name}.receive"] = {
                "action": "receive",
                "channel": {"$ref": f"#/channels/{queue.name}"},
            }
    return channels, operations


def _sends(model: type[Payload]) -> Json:
    queues = queues_for(model)
    found: Json = {"action": "send", "channel": {"$ref": f"#/channels/{queues[0].name}"}}
    others = [queue.name for queue in queues[1:]]
    if others:
        found["description"] = f"Also to {', '.join(others)}: one copy for each."
    return found


def _about() -> str:
    return (
        "CloudEvents 1.0 in JSON, structured mode. Delivered at least once; handlers may be "
        "repeated, and `version` tells the newer of two. Readers ignore fields they do not know. "
        f"What fails {DELIVERY_LIMIT} times, or can never be processed, is parked with its reason."
    )
