"""The state table of the contract, cell by cell, as a pure table and through the API."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.edition import Call, Facts, Refused, Standing, after, due, next_version
from tests.factories import an_id
from tests.unit.ingest.newsroom import Newsroom

NEVER, LIVE, TAKEN = Standing.NEVER, Standing.LIVE, Standing.UNPUBLISHED
ROWS = {
    "none": Facts(),
    "draft": Facts(draft=True),
    "live": Facts(LIVE),
    "live + draft": Facts(LIVE, draft=True),
    "scheduled": Facts(scheduled=True),
    "scheduled + draft": Facts(draft=True, scheduled=True),
    "live + scheduled": Facts(LIVE, scheduled=True),
    "live + scheduled + draft": Facts(LIVE, draft=True, scheduled=True),
    "unpublished": Facts(TAKEN),
    "unpublished + draft": Facts(TAKEN, draft=True),
    "unpublished + scheduled": Facts(TAKEN, scheduled=True),
}
NAMES = {facts: name for name, facts in ROWS.items()}
CALLS = (Call.PUT, Call.PUBLISH, Call.PUBLISH_AT, Call.UNPUBLISH, Call.DISCARD)
CELLS: dict[str, tuple[str | int, ...]] = {
    "none": ("draft", 404, 404, 404, 404),
    "draft": ("draft", "live", "scheduled", 409, "none"),
    "live": ("live + draft", 409, 409, "unpublished", 409),
    "live + draft": (
        "live + draft",
        "live",
        "live + scheduled",
        "unpublished + draft",
        "live",
    ),
    "scheduled": ("scheduled + draft", "live", "scheduled", 409, "draft"),
    "scheduled + draft": ("scheduled + draft", "live", "scheduled", 409, "draft"),
    "live + scheduled": (
        "live + scheduled + draft",
        "live",
        "live + scheduled",
        "unpublished + scheduled",
        "live + draft",
    ),
    "unpublished": ("unpublished + draft", 409, 409, "unpublished", "unpublished"),
    "unpublished + draft": (
        "unpublished + draft",
        "live",
        "unpublished + scheduled",
        "unpublished + draft",
        "unpublished",
    ),
}
TABLE = [
    pytest.param(row, call, cell, id=f"{row} ← {call}")
    for row, cells in CELLS.items()
    for call, cell in zip(CALLS, cells, strict=True)
]


@pytest.mark.parametrize(("row", "call", "cell"), TABLE)
def test_a_cell_of_the_table(row: str, call: Call, cell: str | int) -> None:
    if isinstance(cell, int):
        with pytest.raises(Refused) as refused:
            after(ROWS[row], call)
        assert (404 if "no such article" in refused.value.why else 409) == cell
    else:
        assert NAMES[after(ROWS[row], call)] == cell


REACHED: dict[str, Callable[[Newsroom, UUID], object]] = {
    "none": lambda _room, _id: None,
    "draft": lambda room, i: room.put(i),
    "live": lambda room, i: (room.put(i), room.publish(i)),
    "live + draft": lambda room, i: (room.put(i), room.publish(i), room.put(i, title="Mới")),
    "scheduled": lambda room, i: (room.put(i), _schedule(room, i)),
    "scheduled + draft": lambda room, i: (
        room.put(i),
        _schedule(room, i),
        room.put(i, title="Mới"),
    ),
    "live + scheduled": lambda room, i: (
        room.put(i),
        room.publish(i),
        room.put(i, title="Mới"),
        _schedule(room, i),
    ),
    "unpublished": lambda room, i: (room.put(i), room.publish(i), room.unpublish(i)),
    "unpublished + draft": lambda room, i: (
        room.put(i),
        room.publish(i),
        room.unpublish(i),
        room.put(i, title="Mới"),
    ),
}


def _schedule(room: Newsroom, article_id: UUID, hours: int = 1) -> int:
    at = (room.clock() + timedelta(hours=hours)).isoformat()
    return room.publish(article_id, at=at).status_code


CALLED: dict[Call, Callable[[Newsroom, UUID], int]] = {
    Call.PUT: lambda room, i: int(room.put(i, title="Mới nhất").status_code),
    Call.PUBLISH: lambda room, i: room.publish(i).status_code,
    Call.PUBLISH_AT: lambda room, i: _schedule(room, i, hours=2),
    Call.UNPUBLISH: lambda room, i: room.unpublish(i, "withdrawal").status_code,
    Call.DISCARD: lambda room, i: room.discard(i).status_code,
}


@pytest.mark.parametrize(("row", "call", "cell"), TABLE)
def test_a_cell_of_the_table_through_the_api(
    newsroom: Newsroom, row: str, call: Call, cell: str | int
) -> None:
    article_id = an_id(1)
    REACHED[row](newsroom, article_id)
    newsroom.clock.forward(minutes=1)
    before = newsroom.store.record(article_id)
    events = len(newsroom.sent())
    status = CALLED[call](newsroom, article_id)
    record = newsroom.store.record(article_id)
    if isinstance(cell, int):
        assert status == cell
        assert record == before
        assert len(newsroom.sent()) == events, "a refused call tells nobody anything"
    else:
        assert status in {200, 201, 204}
        assert NAMES[record.facts if record else Facts()] == cell


@pytest.mark.parametrize("row", ["draft", "live + draft", "scheduled", "unpublished + draft"])
def test_publish_at_a_moment_in_the_past_is_live_now(newsroom: Newsroom, row: str) -> None:
    REACHED[row](newsroom, an_id(1))
    assert newsroom.publish(an_id(1), at="2020-01-01T00:00:00Z").get_json()["state"] == "published"


def test_the_schedule_keeps_the_edition_it_was_given(newsroom: Newsroom) -> None:
    newsroom.put(an_id(1), title="Bản đã hẹn giờ")
    _schedule(newsroom, an_id(1))
    newsroom.put(an_id(1), title="Bản viết sau")
    assert due(Facts(draft=True, scheduled=True)) == Facts(LIVE, draft=True)
    kept = newsroom.store.record(an_id(1))
    assert kept is not None
    assert (kept.scheduled_edition, kept.draft_edition) == (1, 2)


@given(
    facts=st.builds(Facts, st.sampled_from(Standing), st.booleans(), st.booleans()),
    call=st.sampled_from(Call),
)
def test_no_call_makes_an_article_that_was_public_forget_it(facts: Facts, call: Call) -> None:
    try:
        found = after(facts, call)
    except Refused as refused:
        assert refused.facts == facts  # noqa: PT017 - either way is an answer
        return
    if facts.standing is not NEVER:
        assert found.standing is not NEVER


@given(previous=st.integers(0, 2**62), clock=st.integers(0, 2**62))
def test_a_version_always_rises_whatever_the_clock_says(previous: int, clock: int) -> None:
    found = next_version(previous, clock)
    assert found > previous
    assert found >= clock


def test_versions_rise_when_the_clock_is_set_back(newsroom: Newsroom) -> None:
    versions = [newsroom.put(an_id(1), title="Một").get_json()["version"]]
    newsroom.clock.forward(days=-400)
    versions.append(newsroom.put(an_id(1), title="Hai").get_json()["version"])
    versions.append(newsroom.publish(an_id(1)).get_json()["version"])
    assert versions == sorted(set(versions))


def test_a_discarded_article_that_is_written_anew_never_gets_an_old_version(
    newsroom: Newsroom,
) -> None:
    first = newsroom.put(an_id(1)).get_json()
    newsroom.discard(an_id(1))
    assert newsroom.get(an_id(1)).status_code == 404
    again = newsroom.put(an_id(1))
    assert again.status_code == 201
    assert again.get_json()["version"] > first["version"] + 1
    assert again.get_json()["edition"] == 2, "the words that were discarded stay in the history"
