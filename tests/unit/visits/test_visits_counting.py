from collections import Counter
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.visits.counting import (
    CURRENT,
    KEPT,
    SITE,
    first_of_each,
    forgotten_before,
    local_day,
    needed_since,
    refusal,
    tally,
    windows,
)
from shared.contracts.events import PageViewed
from tests.factories import NOON, an_id

TODAY = date(2026, 3, 14)
ARTICLE = "/tin/cau-ben-da-3xk5n2q7ab/"


def view(number: int = 1, *, at: datetime = NOON, path: str = "/", **fields: str) -> PageViewed:
    given = {"visitor": f"visitor {number}", "filtered": None} | fields
    return PageViewed.model_validate({"id": an_id(number), "path": path, "received_at": at} | given)


def test_a_day_begins_at_midnight_in_vietnam() -> None:
    assert local_day(datetime(2026, 3, 13, 16, 59, 59, tzinfo=UTC)) == date(2026, 3, 13)
    assert local_day(datetime(2026, 3, 13, 17, 0, tzinfo=UTC)) == TODAY


def test_a_view_adds_to_the_site_and_to_its_page() -> None:
    found = tally([view(path=ARTICLE)], NOON)
    assert found.daily == {(SITE, TODAY): 1, (ARTICLE, TODAY): 1}
    assert found.totals == {SITE: 1, ARTICLE: 1}
    assert found.seen == {(SITE, "visitor 1"): NOON, (ARTICLE, "visitor 1"): NOON}
    assert found.filtered == {}


def test_a_filtered_view_adds_to_its_reason_only() -> None:
    found = tally([view(1, filtered="bot"), view(2, filtered="prefetch")], NOON)
    assert found.filtered == {"bot": 1, "prefetch": 1}
    assert found.daily == {}
    assert found.totals == {}
    assert found.seen == {}


def test_views_on_both_sides_of_midnight_go_to_their_own_days() -> None:
    midnight = datetime(2026, 3, 13, 17, 0, tzinfo=UTC)
    found = tally([view(1, at=midnight - timedelta(milliseconds=1)), view(2, at=midnight)], NOON)
    assert found.daily[SITE, date(2026, 3, 13)] == found.daily[SITE, TODAY] == 1
    assert found.totals[SITE] == 2


def test_a_view_that_waited_long_counts_but_its_visitor_is_not_here() -> None:
    found = tally([view(at=NOON - CURRENT)], NOON)
    assert found.totals[SITE] == 1
    assert found.seen == {}


def test_a_visitor_was_last_seen_at_the_latest_view_in_whatever_order_they_come() -> None:
    early = view(1, at=NOON - timedelta(minutes=2), visitor="one")
    late = view(2, at=NOON - timedelta(minutes=1), visitor="one")
    assert tally([early, late], NOON).seen == tally([late, early], NOON).seen
    assert tally([late, early], NOON).seen[SITE, "one"] == late.received_at


def test_of_several_views_with_one_id_the_first_holds() -> None:
    first, second = view(1, path=ARTICLE), view(1, path="/")
    assert first_of_each([first, second]) == {first.id: first}


@pytest.mark.parametrize("days", range(KEPT.days))
def test_a_view_of_the_last_eight_days_is_counted(days: int) -> None:
    assert refusal(view(at=NOON - timedelta(days=days)), TODAY) is None


def test_a_view_older_than_the_ids_that_are_kept_is_refused() -> None:
    assert refusal(view(at=NOON - KEPT), TODAY) == (
        "received on 2026-03-06, and ids are kept for 8 days only"
    )


def test_the_ids_of_a_day_that_can_still_be_counted_are_never_forgotten() -> None:
    for late in range(2):  # also when the purge's midnight comes before the counter's
        horizon = forgotten_before(TODAY + timedelta(days=late))
        for days in range(30):
            if refusal(view(at=NOON - timedelta(days=days)), TODAY) is None:
                assert TODAY - timedelta(days=days) >= horizon


def test_a_view_from_the_future_or_of_no_page_is_refused() -> None:
    assert refusal(view(at=NOON + timedelta(hours=20)), TODAY) is None  # a clock ahead
    assert "future" in (refusal(view(at=NOON + timedelta(days=3)), TODAY) or "")
    for path in ("", "/\x00", "/nowhere", "/tin", "/tim-kiem?q=a"):
        assert refusal(view(path=path), TODAY) == "not the address of a page"


def test_windows_reach_back_over_the_turn_of_a_month() -> None:
    first = date(2026, 3, 1)
    days = {date(2026, 2, 28): 5, first: 7}
    assert windows(days, first) == (7, 5, 7)
    assert needed_since(first) == date(2026, 2, 28)
    assert needed_since(TODAY) == first
    assert windows({}, TODAY) == (0, 0, 0)


@given(
    st.lists(
        st.builds(
            view,
            st.integers(0, 20),
            at=st.integers(0, 7 * 24 * 60).map(lambda ago: NOON - timedelta(minutes=ago)),
            path=st.sampled_from(["/", "/tim-kiem", ARTICLE]),
        )
    )
)
def test_pages_and_days_always_sum_up_to_the_total(views: list[PageViewed]) -> None:
    distinct: dict[UUID, PageViewed] = first_of_each(views)
    found = tally(distinct.values(), NOON)
    assert found.totals.get(SITE, 0) == len(distinct)
    assert sum(n for page, n in found.totals.items() if page != SITE) == len(distinct)
    by_page: Counter[str] = Counter()
    for (page, _), number in found.daily.items():
        by_page[page] += number
    assert by_page == found.totals
