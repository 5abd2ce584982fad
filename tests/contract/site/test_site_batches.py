"""A batch leaves the site as its events one by one do, in as many statements as a single one."""

from datetime import timedelta

import pytest
from sqlalchemy import event as events

from shared.contracts.events import Event
from tests.contract.site.harness import Harness, Sites
from tests.factories import NOON, published, unpublished

_DAYS = [NOON.replace(day=day) for day in (3, 9, 21)]
_STANDING = (published(1, created=_DAYS[0]), published(2, created=_DAYS[2]))


@pytest.mark.parametrize(
    ("before", "batch"),
    [
        ((), (published(3, created=_DAYS[1]), published(4, created=_DAYS[1]))),
        (
            (published(3, created=_DAYS[1]), published(4, created=_DAYS[1])),
            (unpublished(3, version=2), unpublished(4, version=2)),
        ),
        (
            (published(3, created=_DAYS[1]),),
            (unpublished(3, version=2), published(4, created=_DAYS[1] - timedelta(days=62))),
        ),
        (
            (published(3, created=_DAYS[1], url="/tin/a-1/"),),
            (
                published(
                    3, version=2, created=_DAYS[1], url="/tin/a-2/", former_urls=("/tin/a-1/",)
                ),
                published(
                    3,
                    version=3,
                    created=_DAYS[2],
                    url="/tin/a-3/",
                    former_urls=("/tin/a-1/", "/tin/a-2/"),
                ),
            ),
        ),
        ((), (published(3, version=2, title="Sau"), published(3, version=1, title="Trước"))),
    ],
    ids=[
        "two come to an empty day",
        "the last two of a day leave",
        "one leaves its day as another comes to an empty month",
        "one moves twice",
        "an older version comes after a newer one",
    ],
)
def test_a_batch_leaves_the_same_bytes_as_its_events_one_by_one(
    new_site: Sites, before: tuple[Event, ...], batch: tuple[Event, ...]
) -> None:
    at_once, one_by_one = new_site(), new_site()
    at_once.publish(*_STANDING, *before)
    at_once.publish(*batch)
    for one in (*_STANDING, *before, *batch):
        one_by_one.publish(one)
    assert at_once.files() == one_by_one.files()


def test_a_batch_of_many_asks_the_database_as_often_as_a_batch_of_few(new_site: Sites) -> None:
    asked = [_statements(new_site(), count) for count in (5, 100)]
    assert asked[0] == asked[1]


def _statements(site: Harness, count: int) -> int:
    """Return in how many statements a batch is stored; many rows to write are one."""
    site.take(published(1), published(2, created=NOON - timedelta(days=40)))
    batch = [published(n, created=NOON - timedelta(hours=10 * n)) for n in range(3, 3 + count)]
    asked = 0

    def count_one(*_: object) -> None:
        nonlocal asked
        asked += 1

    events.listen(site.database.engine, "before_cursor_execute", count_one)
    site.take(*batch)
    events.remove(site.database.engine, "before_cursor_execute", count_one)
    return asked
