"""What is due: scheduled articles go live, expired ones go; one that fails holds up no other."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import OperationalError

from services.ingest.jobs import DueError, publish_due
from services.ingest.store.store import Store
from services.ingest.store.tables import HISTORY
from services.ingest.store.unit import Unit
from shared.clock import unix_ms
from shared.contracts.events import ArticleUnpublished
from tests.factories import an_id
from tests.unit.ingest.newsroom import Newsroom

A, B, C = an_id(1), an_id(2), an_id(3)


def test_a_scheduled_article_goes_live_when_its_time_comes(newsroom: Newsroom) -> None:
    newsroom.put(A, title="Hẹn giờ")
    newsroom.publish(A, at="2026-03-14T06:00:00Z", slug="dung-gio", change_note="Theo lịch")
    newsroom.put(A, title="Nháp viết sau")
    assert publish_due(newsroom.store) == 0
    newsroom.clock.forward(hours=1)
    assert publish_due(newsroom.store) == 1
    assert publish_due(newsroom.store) == 0, "another look at the clock publishes nothing twice"
    found = newsroom.get(A, "live").get_json()
    assert found["title"] == "Nháp viết sau"
    assert found["article"]["headlines"] == [{"value": "Hẹn giờ"}]
    assert (found["state"], found["draft"], found["scheduled_at"]) == ("published", True, None)
    assert "/tin/dung-gio-" in found["url"]


def test_a_schedule_that_was_cancelled_publishes_nothing(newsroom: Newsroom) -> None:
    newsroom.put(A)
    newsroom.publish(A, at="2026-03-14T06:00:00Z")
    assert newsroom.discard(A).status_code == 204
    newsroom.clock.forward(hours=2)
    assert publish_due(newsroom.store) == 0
    assert newsroom.get(A).get_json()["state"] == "draft"


def test_an_article_is_gone_once_it_expires(newsroom: Newsroom) -> None:
    newsroom.put(A, expires="2026-03-14T06:00:00Z")
    newsroom.publish(A)
    newsroom.clock.forward(hours=1)
    assert publish_due(newsroom.store) == 1
    assert publish_due(newsroom.store) == 0
    event = newsroom.sent()[-1].data
    assert isinstance(event, ArticleUnpublished)
    assert event.unpublish_type == "gone"
    assert newsroom.store.history(A)[0][0].who == "expiry"


def test_an_article_that_the_database_refuses_holds_up_no_other(newsroom: Newsroom) -> None:
    newsroom.put(A)
    newsroom.publish(A, at="2026-03-14T05:30:00Z")
    newsroom.put(B)
    newsroom.publish(B, at="2026-03-14T05:45:00Z")
    newsroom.put(C, expires="2026-03-14T06:00:00Z")
    newsroom.publish(C)
    newsroom.clock.forward(hours=1)
    _refuse_the_next_change(newsroom, A)
    with pytest.raises(DueError, match="1 article"):
        publish_due(newsroom.store, page=1)
    states = [newsroom.get(one).get_json()["state"] for one in (A, B, C)]
    assert states == ["scheduled", "published", "unpublished"]
    newsroom.clock.forward(seconds=1)
    assert publish_due(newsroom.store) == 1, "nothing was left of the attempt that failed"
    assert newsroom.get(A).get_json()["state"] == "published"


def test_articles_due_at_the_same_moment_are_all_done_however_few_are_looked_up_at_once(
    newsroom: Newsroom,
) -> None:
    for one in (A, B, C):
        newsroom.put(one)
        newsroom.publish(one, at="2026-03-14T06:00:00Z")
    newsroom.clock.forward(hours=1)
    assert publish_due(newsroom.store, page=2) == 3


def _refuse_the_next_change(newsroom: Newsroom, article_id: UUID) -> None:
    """Have the history say already what happened to the article at this very moment."""
    row = {"article_id": article_id, "version": unix_ms(newsroom.clock()), "action": "saved"}
    told = {"who": "Lan", "at": newsroom.clock(), "details": "{}"}
    with newsroom.store.database.write() as connection:
        connection.execute(insert(HISTORY), [row | told])


class LostStore(Store):
    """Reads what is due, and has lost its database when it is to change something."""

    lost = True
    attempts = 0

    @contextmanager
    def unit(self) -> Iterator[Unit]:
        self.attempts += 1
        if self.lost:
            raise OperationalError(None, None, ConnectionError("the server is gone"))
        with super().unit() as unit:
            yield unit


def test_a_database_that_is_away_is_not_asked_for_one_due_article_after_the_other(
    newsroom: Newsroom,
) -> None:
    for one in (A, B):
        newsroom.put(one)
        newsroom.publish(one, at="2026-03-14T05:30:00Z")
    newsroom.clock.forward(hours=1)
    store = LostStore(newsroom.store.database, clock=newsroom.clock)
    with pytest.raises(OperationalError):
        publish_due(store)
    assert store.attempts == 1
    store.lost = False
    assert publish_due(store) == 2


def test_an_old_address_taken_meanwhile_does_not_hold_up_a_scheduled_article(
    newsroom: Newsroom,
) -> None:
    legacy = [{"role": "legacy-url", "value": "/cu/7"}]
    newsroom.put(A, altIds=legacy)
    newsroom.publish(A, at="2026-03-14T06:00:00Z")
    newsroom.put(B, altIds=legacy)
    newsroom.publish(B)
    newsroom.clock.forward(hours=1)
    assert publish_due(newsroom.store) == 1
    live = newsroom.sent()[-1].data
    assert (live.id, live.former_urls) == (A, ())
