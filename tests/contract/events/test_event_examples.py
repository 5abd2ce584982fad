"""Recorded events: what was once sent is understood for ever, by everybody who receives it."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from deploy.describe import asyncapi
from shared.bus.topology import CONSUMERS, QUEUES, Consumer
from shared.contracts.events import EVENT_TYPES, PageViewed, decode

CONTRACTS = Path(__file__).parents[3] / "shared" / "contracts"
EXAMPLES = {path.stem: path.read_bytes() for path in sorted((CONTRACTS / "examples").iterdir())}
DOCUMENT = json.loads((CONTRACTS.parents[1] / "docs" / "asyncapi.yaml").read_text(encoding="utf-8"))


def test_there_is_an_example_and_a_schema_of_every_event() -> None:
    names = {asyncapi.short(name) for name in EVENT_TYPES}
    assert names <= set(EXAMPLES)
    assert names == {path.stem for path in (CONTRACTS / "schemas").iterdir()}


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_recorded_event_is_decoded_and_keeps_to_its_committed_schema(name: str) -> None:
    event = decode(EXAMPLES[name])
    short = asyncapi.short(event.type)
    assert name == short or name.startswith(f"{short}.")
    schema = json.loads((CONTRACTS / "schemas" / f"{short}.json").read_text(encoding="utf-8"))
    jsonschema_rs.meta.validate(schema)
    recorded = json.loads(EXAMPLES[name])
    for validator in (
        jsonschema_rs.validator_for(schema, validate_formats=True),
        jsonschema_rs.validator_for(_of_document(short), validate_formats=True),
    ):
        assert not list(validator.iter_errors(recorded))


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_decoded_event_written_again_says_the_same(name: str) -> None:
    event = decode(EXAMPLES[name])
    assert decode(event.encode()) == event


@pytest.mark.parametrize("name", ["article.published", "page.viewed"])
def test_the_schema_refuses_what_the_models_refuse(name: str) -> None:
    broken = json.loads(EXAMPLES[name])
    broken["data"]["id"] = 7
    assert list(jsonschema_rs.validator_for(_of_document(name)).iter_errors(broken))


def _of_document(name: str) -> dict[str, Any]:
    """Return the payload schema that AsyncAPI's document gives a message, able to stand alone."""
    message = DOCUMENT["components"]["messages"][name]
    return {"components": DOCUMENT["components"], "allOf": [message["payload"]]}


def test_every_queue_is_a_channel_with_the_messages_that_it_carries() -> None:
    assert set(DOCUMENT["channels"]) == set(QUEUES)
    for name, queue in QUEUES.items():
        carried = set(DOCUMENT["channels"][name]["messages"])
        receives = CONSUMERS[queue.consumer].receives
        assert carried == {asyncapi.short(t) for t, m in EVENT_TYPES.items() if m in receives}
    for operation in DOCUMENT["operations"].values():
        assert operation["channel"]["$ref"].removeprefix("#/channels/") in DOCUMENT["channels"]


def _received(consumer: Consumer) -> dict[str, bytes]:
    found = {n: b for n, b in EXAMPLES.items() if type(decode(b).data) in consumer.receives}
    return {name: _of_today(body) for name, body in found.items()}


def _of_today(body: bytes) -> bytes:
    """Return a view as if it were received now: older ones are rightly not counted any more."""
    event = decode(body)
    if not isinstance(event.data, PageViewed):
        return body
    recorded = json.loads(body)
    recorded["data"]["received_at"] = datetime.now(UTC).isoformat()
    return json.dumps(recorded).encode()


def test_every_consumer_is_done_with_every_recorded_event_that_it_receives(
    consumer: str, receiving: Any
) -> None:
    bodies = _received(CONSUMERS[consumer])
    assert len(bodies) > 2
    receiving.send(*bodies.values())
    receiving.wait()
    assert receiving.parked() == []
    receiving.send(*reversed(bodies.values()), *bodies.values())
    receiving.wait()
    assert receiving.parked() == []
