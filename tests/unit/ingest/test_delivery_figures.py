"""What ingest measures of deliveries: how late each was, and how long one is missing."""

from prometheus_client import REGISTRY

from services.ingest.consumer import handle, undelivered_ages
from shared.bus import Done
from shared.contracts.events import ArticleDelivered, Event
from tests.factories import an_id, event
from tests.unit.ingest.newsroom import Newsroom

A, B = an_id(1), an_id(2)


def _publish(newsroom: Newsroom, number: int) -> int:
    newsroom.put(an_id(number))
    version: int = newsroom.publish(an_id(number)).get_json()["version"]
    return version


def _told(consumer: str, number: int, version: int) -> Event:
    data = ArticleDelivered.model_validate(
        {"consumer": consumer, "id": an_id(number), "version": version}
    )
    return event(data, subject=str(an_id(number)))


def _tell(newsroom: Newsroom, *events: Event) -> None:
    done = handle(events, newsroom.published, newsroom.clock, lambda: None)
    assert done == [Done()] * len(events)


def _lags(consumer: str) -> tuple[float, float]:
    """Return how many lags were observed, and their sum."""
    name, labels = "bantin_delivery_lag_seconds", {"consumer": consumer}
    count = REGISTRY.get_sample_value(f"{name}_count", labels) or 0.0
    return count, REGISTRY.get_sample_value(f"{name}_sum", labels) or 0.0


def test_the_lag_of_a_version_is_observed_once_however_often_it_is_told(
    newsroom: Newsroom,
) -> None:
    version = _publish(newsroom, 1)
    count, total = _lags("render")
    newsroom.clock.forward(seconds=3)
    _tell(newsroom, _told("render", 1, version), _told("render", 1, version))
    newsroom.clock.forward(seconds=60)
    _tell(newsroom, _told("render", 1, version))  # as after a replay
    assert _lags("render") == (count + 1, total + 3)


def test_a_version_that_is_superseded_or_unknown_has_no_lag(newsroom: Newsroom) -> None:
    first = _publish(newsroom, 1)
    newsroom.clock.forward(seconds=1)
    newsroom.unpublish(A)
    before = _lags("indexing")
    _tell(newsroom, _told("indexing", 1, first), _told("indexing", 7, 1))
    assert _lags("indexing") == before


def test_what_a_consumer_has_not_told_of_grows_old_until_it_does(newsroom: Newsroom) -> None:
    assert undelivered_ages(newsroom.published, newsroom.clock) == {}
    first = _publish(newsroom, 1)
    newsroom.clock.forward(seconds=20)
    second = _publish(newsroom, 2)
    newsroom.clock.forward(seconds=10)
    ages = undelivered_ages(newsroom.published, newsroom.clock)
    assert ages == {("render",): 30, ("indexing",): 30}
    _tell(newsroom, _told("render", 1, first), _told("indexing", 2, second))
    ages = undelivered_ages(newsroom.published, newsroom.clock)
    assert ages == {("render",): 10, ("indexing",): 30}
    _tell(newsroom, _told("render", 2, second), _told("indexing", 1, first))
    assert undelivered_ages(newsroom.published, newsroom.clock) == {}


def test_a_draft_and_what_was_published_days_ago_are_not_waited_for(newsroom: Newsroom) -> None:
    newsroom.put(A)
    _publish(newsroom, 2)
    newsroom.clock.forward(hours=25)
    assert undelivered_ages(newsroom.published, newsroom.clock) == {}
    newsroom.unpublish(B)
    newsroom.clock.forward(seconds=5)
    assert set(undelivered_ages(newsroom.published, newsroom.clock).values()) == {5}
