"""Broken events on the queues of the real consumers: parked with a reason, harming nobody."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from shared.bus.topology import CONSUMERS, Consumer
from shared.contracts.events import EVENT_TYPES, ArticlePublished, PageViewed, decode
from tests.contract.events.broken import BROKEN

EXAMPLES = Path(__file__).parents[3] / "shared" / "contracts" / "examples"


def _good(consumer: Consumer) -> bytes:
    """Return a recorded event that this consumer receives, received now where that matters."""
    names = {model: name for name, model in EVENT_TYPES.items()}
    short = names[consumer.receives[0]].removeprefix("vn.bantin.").removesuffix(".v1")
    recorded = json.loads((EXAMPLES / f"{short}.json").read_text(encoding="utf-8"))
    if consumer.receives[0] is PageViewed:
        recorded["data"]["received_at"] = datetime.now(UTC).isoformat()
    return json.dumps(recorded).encode()


def test_broken_events_of_every_kind_are_parked_and_their_neighbours_go_through(
    consumer: str, receiving: Any
) -> None:
    good = _good(CONSUMERS[consumer])
    receiving.send(good, *(one for body in BROKEN.values() for one in (body, good)))
    receiving.wait()
    parked = receiving.parked()
    assert sorted(letter.body for letter in parked) == sorted(BROKEN.values())
    for letter in parked:
        assert letter.reason
        assert len(letter.reason) < 500
        assert letter.attempts == 1


def test_an_event_that_belongs_to_others_is_parked_with_its_name(
    consumer: str, receiving: Any
) -> None:
    receives = CONSUMERS[consumer].receives
    foreign = [
        path.read_bytes()
        for path in sorted(EXAMPLES.iterdir())
        if not isinstance(decode(path.read_bytes()).data, receives)
    ]
    good = _good(CONSUMERS[consumer])
    receiving.send(good, *foreign, good)
    receiving.wait()
    parked = receiving.parked()
    assert sorted(letter.body for letter in parked) == sorted(foreign)
    assert all(letter.reason and letter.attempts == 1 for letter in parked)


HOSTILE: dict[str, dict[str, Any]] = {
    "an address outside the site": {"url": "/../../etc/passwd"},
    "an address with NUL": {"url": "/tin/a\0b-2kczyv2bp4/"},
    "an empty address": {"url": ""},
    "a former address of 100,000 letters": {"former_urls": ["/" + "a" * 100_000]},
    "a former address that is none": {"former_urls": ["http://[/"]},
    "the highest version": {"version": 2**63 - 1},
    "an early day": {"article": {"created": "0001-01-03T00:00:01Z"}},
    "a late day": {"article": {"created": "9999-12-29T23:59:58Z"}},
    "a slug that climbs": {"article": {"category": {"slug": "../..", "name": "x"}}},
    "an empty slug": {"article": {"category": {"slug": "", "name": ""}}},
    "1 MB of title": {"article": {"title": "á" * 500_000}},
    "an empty title": {"article": {"title": ""}},
    "control characters": {"article": {"title": "a\0b\x0b\x1b\ufffe", "summary": "\x01"}},
    "2,000 open elements": {"article": {"body_html": "<div>" * 2_000}},
    "a picture without files": {"article": {"pictures": [{"href": "/media/x"}]}},
}


def test_an_article_that_is_well_formed_and_hostile_stops_no_consumer(
    consumer: str, receiving: Any
) -> None:
    if ArticlePublished not in CONSUMERS[consumer].receives:
        assert consumer in {"ingest", "visits"}
        return
    recorded = json.loads((EXAMPLES / "article.published.json").read_text(encoding="utf-8"))
    hostile = []
    for number, fields in enumerate(HOSTILE.values()):
        changed = json.loads(json.dumps(recorded))
        changed["data"]["id"] = f"00000000-0000-4000-8000-{number:012}"
        changed["data"] |= {k: v for k, v in fields.items() if k != "article"}
        changed["data"]["article"] |= fields.get("article", {})
        hostile.append(json.dumps(changed).encode())
    good = _good(CONSUMERS[consumer])
    receiving.send(good, *(one for body in hostile for one in (body, good)))
    receiving.wait()
    parked = receiving.parked()
    assert {letter.body for letter in parked} <= set(hostile)
    for letter in parked:
        assert letter.attempts == 1, f"tried in vain: {letter.reason}"
