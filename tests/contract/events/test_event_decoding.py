"""Whatever the bytes are, decoding gives an event or an EventError that says why; nothing else."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.contracts.events import LARGEST, Event, EventError, decode
from tests.contract.events.broken import BROKEN

EXAMPLES = [
    json.loads(path.read_text(encoding="utf-8"))
    for path in sorted((Path(__file__).parents[3] / "shared/contracts/examples").iterdir())
]
REASON = 500
"""Characters that a reason may have: people read it in a list."""

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=()), max_size=20)
    | st.sampled_from(["", "1.0", "2026-03-14T01:01:01Z", "9999-12-31T23:59:59-14:00", 10**30, -1])
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=10,
)


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the way to every value inside a JSON value, its own left out."""
    inside = value.items() if isinstance(value, dict) else enumerate(value)
    found = []
    for key, one in inside:
        found.append((*at, key))
        if isinstance(one, dict | list):
            found += places(one, (*at, key))
    return found


def with_value(document: Any, way: tuple[Any, ...], value: Any) -> Any:
    """Return a copy with the value at this place replaced, or taken out by ``...``."""
    copied = json.loads(json.dumps(document))
    at = copied
    for key in way[:-1]:
        at = at[key]
    if value is ...:
        del at[way[-1]]
    else:
        at[way[-1]] = value
    return copied


def outcome(body: bytes) -> Event | str:
    """Return the event or the reason; any other exception fails the test."""
    try:
        return decode(body)
    except EventError as error:
        return str(error)


def says_why(found: Event | str) -> bool:
    return isinstance(found, str) and 0 < len(found) <= REASON and bool(found.encode())


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_event_is_refused_with_a_short_reason(name: str) -> None:
    assert says_why(outcome(BROKEN[name]))


@given(st.binary(max_size=300))
def test_bytes_that_are_no_event_are_refused_with_a_short_reason(body: bytes) -> None:
    assert says_why(outcome(body))


@given(values)
def test_json_that_is_no_event_is_refused_with_a_short_reason(value: Any) -> None:
    assert says_why(outcome(json.dumps(value).encode()))


@given(st.data())
def test_an_event_with_one_value_replaced_or_missing_is_read_or_refused(
    data: st.DataObject,
) -> None:
    recorded = data.draw(st.sampled_from(EXAMPLES))
    way = data.draw(st.sampled_from(places(recorded)))
    changed = with_value(recorded, way, data.draw(values | st.just(...)))
    found = outcome(json.dumps(changed).encode())
    if isinstance(found, Event):
        assert decode(found.encode()) == found, "what is read can be written and read again"
    else:
        assert says_why(found)


@given(st.data())
def test_an_event_with_some_bytes_damaged_is_read_or_refused(data: st.DataObject) -> None:
    recorded = json.dumps(data.draw(st.sampled_from(EXAMPLES)), ensure_ascii=False).encode()
    start = data.draw(st.integers(0, len(recorded)))
    end = data.draw(st.integers(start, min(len(recorded), start + 8)))
    found = outcome(recorded[:start] + data.draw(st.binary(max_size=8)) + recorded[end:])
    assert isinstance(found, Event) or says_why(found)


@given(st.integers(1, 200_000), st.sampled_from(["[", '{"a":', '[{"":']))
@example(200_000, "[")
def test_any_depth_of_nesting_is_refused_or_read_without_a_crash(depth: int, opening: str) -> None:
    bare = json.dumps(EXAMPLES[0])[:-1]
    found = outcome(f'{bare}, "x": {opening * depth}'.encode())
    assert says_why(found)


def test_an_event_longer_than_any_broker_takes_is_refused_unread() -> None:
    recorded = json.dumps(EXAMPLES[0]).encode()
    assert isinstance(outcome(recorded + b" " * (LARGEST - len(recorded))), Event)
    found = outcome(recorded + b" " * (LARGEST + 1 - len(recorded)))
    assert isinstance(found, str)
    assert "an event has at most" in found
