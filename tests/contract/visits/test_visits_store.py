import threading
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import SQLAlchemyError

from services.visits import jobs
from services.visits.consumer import handle
from services.visits.counting import CURRENT, KEPT, SITE, Totals, first_of_each
from services.visits.store import Store
from services.visits.tables import PRESENCE
from shared.bus import Done, Park, Retry
from shared.contracts.events import Event, PageViewed
from shared.database import Database
from tests.databases import Databases
from tests.factories import NOON, an_id, event, published

ARTICLE = "/tin/cau-ben-da-3xk5n2q7ab/"
MIDNIGHT = datetime(2026, 3, 13, 17, 0, tzinfo=UTC)
TODAY = date(2026, 3, 14)


def view(number: int = 1, *, at: datetime = NOON, path: str = "/", **fields: str) -> PageViewed:
    given = {"visitor": f"visitor {number}", "filtered": None} | fields
    return PageViewed.model_validate({"id": an_id(number), "path": path, "received_at": at} | given)


def viewed(number: int = 1, *, at: datetime = NOON, path: str = "/", **fields: str) -> Event:
    return event(view(number, at=at, path=path, **fields), subject=str(an_id(number)))


def at(moment: datetime) -> Callable[[], datetime]:
    return lambda: moment


def test_a_new_database_has_counted_nothing(store: Store) -> None:
    assert store.totals(SITE, NOON) == Totals(0, 0, 0, 0, 0)
    assert store.filtered() == {}


def test_a_view_counts_for_the_site_and_for_its_page(store: Store) -> None:
    assert handle([viewed(1, path=ARTICLE)], store, at(NOON)) == [Done()]
    assert store.totals(SITE, NOON) == store.totals(ARTICLE, NOON) == Totals(1, 1, 1, 0, 1)
    assert store.totals("/", NOON) == Totals(0, 0, 0, 0, 0)


def test_an_event_that_comes_twice_counts_once(store: Store) -> None:
    for _ in range(2):
        assert handle([viewed(1)], store, at(NOON)) == [Done()]
    assert store.totals(SITE, NOON).total == 1


def test_an_event_twice_in_one_batch_counts_once(store: Store) -> None:
    assert handle([viewed(1), viewed(2), viewed(1)], store, at(NOON)) == [Done()] * 3
    assert store.totals(SITE, NOON).total == 2


def test_a_bot_view_that_comes_twice_counts_apart_once(store: Store) -> None:
    for _ in range(2):
        handle([viewed(1, filtered="bot"), viewed(2, filtered="prefetch")], store, at(NOON))
    assert store.filtered() == {"bot": 1, "prefetch": 1}
    assert store.totals(SITE, NOON) == Totals(0, 0, 0, 0, 0)


def test_a_retry_with_the_same_id_across_midnight_counts_once(store: Store) -> None:
    before, after = MIDNIGHT - timedelta(seconds=1), MIDNIGHT + timedelta(seconds=1)
    handle([viewed(1, at=before)], store, at(after))
    handle([viewed(1, at=after)], store, at(after))
    assert store.totals(SITE, after) == Totals(1, 1, 0, 1, 1)


def test_views_that_arrive_in_the_wrong_order_count_on_their_own_days(store: Store) -> None:
    handle([viewed(2, at=MIDNIGHT)], store, at(NOON))
    handle([viewed(1, at=MIDNIGHT - timedelta(milliseconds=1))], store, at(NOON))
    assert store.totals(SITE, NOON) == Totals(2, 0, 1, 1, 2)


def test_an_event_older_than_the_ids_is_parked_and_never_counted(store: Store) -> None:
    outcomes = handle([viewed(1, at=NOON - KEPT), viewed(2)], store, at(NOON))
    assert outcomes == [
        Park("received on 2026-03-06, and ids are kept for 8 days only"),
        Done(),
    ]
    assert store.totals(SITE, NOON).total == 1


def test_an_event_that_is_no_view_is_parked_beside_one_that_counts(store: Store) -> None:
    outcomes = handle([published(1), viewed(1), viewed(2, path="/nowhere")], store, at(NOON))
    assert outcomes == [Park("not a page view"), Done(), Park("not the address of a page")]
    assert store.totals(SITE, NOON).total == 1


def test_without_its_database_the_counter_retries_and_parks_nothing_good(
    store: Store, broken: Store
) -> None:
    outcomes = handle([viewed(1), viewed(2, at=NOON - KEPT), viewed(3)], broken, at(NOON))
    retry = Retry("the visits database is unavailable")
    assert outcomes[0] == outcomes[2] == retry
    assert isinstance(outcomes[1], Park)
    assert handle([viewed(1), viewed(3)], store, at(NOON)) == [Done(), Done()]


def test_ids_and_counts_are_one_transaction(new_database: Callable[[], Database]) -> None:
    database = new_database()
    store = Store(database)
    with database.write() as connection:
        PRESENCE.drop(connection)  # what is written last fails
    assert handle([viewed(1)], store, at(NOON)) == [Retry("the visits database is unavailable")]
    with database.write() as connection:
        PRESENCE.create(connection)
    assert store.totals(SITE, NOON).total == 0
    assert handle([viewed(1)], store, at(NOON)) == [Done()]
    assert store.totals(SITE, NOON).total == 1


def test_readiness_says_that_the_database_was_never_migrated(store: Store, broken: Store) -> None:
    store.check()
    with pytest.raises(SQLAlchemyError, match=r"no such table|does not exist"):
        broken.check()


def test_current_counts_visitors_of_the_last_five_minutes_once(store: Store) -> None:
    handle(
        [
            viewed(1, visitor="a", path="/"),
            viewed(2, visitor="a", path=ARTICLE),
            viewed(3, visitor="b", path=ARTICLE, at=NOON - timedelta(minutes=4)),
            viewed(4, visitor="c", path=ARTICLE, at=NOON - timedelta(minutes=6)),
        ],
        store,
        at(NOON),
    )
    assert store.totals(SITE, NOON).current == 2
    assert store.totals(ARTICLE, NOON).current == 2
    assert store.totals("/", NOON).current == 1
    assert store.totals(SITE, NOON + timedelta(minutes=2)).current == 1
    assert store.totals(SITE, NOON + CURRENT).current == 0


def test_a_view_arriving_late_never_moves_its_visitor_back(store: Store) -> None:
    handle([viewed(1, visitor="a")], store, at(NOON))
    handle([viewed(2, visitor="a", at=NOON - timedelta(minutes=4))], store, at(NOON))
    assert store.totals(SITE, NOON + timedelta(minutes=3)).current == 1


def test_days_and_months_turn_at_midnight_in_vietnam(store: Store) -> None:
    turn = datetime(2026, 2, 28, 17, 0, tzinfo=UTC)  # 1 March in Vietnam
    handle([viewed(1, at=turn - timedelta(seconds=1)), viewed(2, at=turn)], store, at(turn))
    assert store.totals(SITE, turn) == Totals(2, 2, 1, 1, 1)
    assert store.totals(SITE, turn - timedelta(seconds=1)).today == 1
    assert store.totals(SITE, turn + timedelta(days=40)) == Totals(2, 0, 0, 0, 0)


def test_each_day_has_one_salt_and_the_day_before_loses_its_own(store: Store) -> None:
    monday = store.salt(TODAY)
    assert store.salt(TODAY) == monday
    assert len(monday) == 32
    tuesday = store.salt(TODAY + timedelta(days=1))
    assert tuesday != monday
    assert store.salt(TODAY) != monday  # it was thrown away


def test_two_collectors_agree_on_the_salt_of_a_day(store: Store) -> None:
    found: list[bytes] = []
    threads = [threading.Thread(target=lambda: found.append(store.salt(TODAY))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


def test_the_purge_throws_away_what_is_over_and_keeps_what_counts(store: Store) -> None:
    store.salt(TODAY)
    handle([viewed(n) for n in range(1, 4)], store, at(NOON))
    assert jobs.purge(store, at(NOON)) == jobs.Purged(seen=0, visitors=0, salts=0)
    assert jobs.purge(store, at(NOON + CURRENT)) == jobs.Purged(seen=0, visitors=6, salts=0)
    later = NOON + timedelta(days=1)
    assert jobs.purge(store, at(later)) == jobs.Purged(seen=0, visitors=0, salts=1)
    much_later = NOON + KEPT + timedelta(days=1)
    assert jobs.purge(store, at(much_later)) == jobs.Purged(seen=3, visitors=0, salts=0)
    assert store.totals(SITE, much_later).total == 3


def test_a_purge_never_lets_a_view_count_twice(store: Store) -> None:
    handle([viewed(1)], store, at(NOON))
    for days in range(2 * KEPT.days):
        today = NOON + timedelta(days=days)
        jobs.purge(store, at(today))
        handle([viewed(1)], store, at(today))
        jobs.purge(store, at(today + timedelta(days=1)))  # a purge whose clock is ahead
        handle([viewed(1)], store, at(today))
        assert store.totals(SITE, today).total == 1


@pytest.mark.parametrize("batch", [1, 7, 500])
def test_several_counters_at_once_count_every_view_once(store: Store, batch: int) -> None:
    events = [viewed(number % 600) for number in range(900)]

    def count(part: list[Event]) -> None:
        for first in range(0, len(part), batch):
            handle(part[first : first + batch], store, at(NOON))

    parts = [events[:500], events[300:], list(reversed(events))[:400]]
    if batch == 1:
        parts = [part[:100] for part in parts]
    threads = [threading.Thread(target=count, args=(part,)) for part in parts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    distinct = {found.subject for part in parts for found in part}
    assert store.totals(SITE, NOON).total == len(distinct)


VIEWS = st.builds(
    view,
    st.integers(0, 30),
    at=st.integers(0, 60 * 24 * 3).map(lambda ago: NOON - timedelta(minutes=ago)),
    path=st.sampled_from(["/", "/tim-kiem", ARTICLE]),
    visitor=st.sampled_from(["a", "b", "c"]),
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_the_total_is_exact_however_events_are_doubled_reordered_and_cut_into_batches(
    visits_databases: Databases, data: st.DataObject
) -> None:
    with visits_databases.lend() as url, closing(Database(url)) as database:
        _count_and_compare(Store(database), data)


def _count_and_compare(store: Store, data: st.DataObject) -> None:
    distinct = list(first_of_each(data.draw(st.lists(VIEWS, max_size=40))).values())
    doubled = distinct + data.draw(st.lists(st.sampled_from(distinct))) if distinct else []
    shuffled = data.draw(st.permutations(doubled))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(shuffled)), max_size=5)))
    for first, last in zip([0, *cuts], [*cuts, len(shuffled)], strict=True):
        batch = [event(found, subject=str(found.id)) for found in shuffled[first:last]]
        assert handle(batch, store, at(NOON)) == [Done()] * len(batch)
    assert store.totals(SITE, NOON).total == len(distinct)
    for page, number in Counter(found.path for found in distinct).items():
        assert store.totals(page, NOON).total == number
    here = {found.visitor for found in distinct if NOON - found.received_at < CURRENT}
    assert store.totals(SITE, NOON).current == len(here)
