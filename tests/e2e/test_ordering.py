"""Events late, twice and out of order, on the bus of a running deployment."""

from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest

from shared.bus import Bus
from shared.clock import now, unix_ms
from shared.contracts.events import (
    ArticlePublished,
    ArticleUnpublished,
    Event,
    UnpublishType,
    new_event,
)
from tests.deployment import Deployment, wait_for
from tests.factories import NOON, body


@pytest.fixture
def bus(deployment: Deployment) -> Iterator[Bus]:
    with deployment.bus() as opened:
        yield opened


def _url(article_id: UUID) -> str:
    return f"/tin/thu-tu-{article_id.hex[:12]}/"


def _published(article_id: UUID, version: int, title: str) -> Event:
    data = ArticlePublished(
        id=article_id,
        version=version,
        edition=1,
        url=_url(article_id),
        first_published_at=NOON,
        updated_at=NOON,
        article=body(title=title),
    )
    return new_event(data, subject=str(article_id), source="/test", time=now())


def _unpublished(article_id: UUID, version: int) -> Event:
    data = ArticleUnpublished(
        id=article_id,
        version=version,
        url=_url(article_id),
        unpublish_type=UnpublishType.GONE,
    )
    return new_event(data, subject=str(article_id), source="/test", time=now())


def _settled(deployment: Deployment, bus: Bus) -> None:
    """Wait until every event sent so far has had its effect, by sending one more and seeing it."""
    marker = uuid4()
    bus.publish([_published(marker, unix_ms(now()), f"Mốc {marker.hex}")])
    wait_for(lambda: deployment.http.get(_url(marker)).status_code == 200)
    wait_for(lambda: deployment.search(q=f"Mốc {marker.hex}")["total"] == 1)
    wait_for(lambda: not deployment.left_over())


def test_an_older_version_arriving_late_changes_nothing(deployment: Deployment, bus: Bus) -> None:
    article_id, version = uuid4(), unix_ms(now())
    bus.publish([_published(article_id, version, "Bản mới của tin")])
    bus.publish([_published(article_id, version - 1, "Bản cũ của tin")])
    _settled(deployment, bus)
    assert "Bản mới của tin" in deployment.http.get(_url(article_id)).text
    titles = [found["title"] for found in deployment.search(q="của tin", per_page=50)["results"]]
    assert "Bản mới của tin" in titles
    assert "Bản cũ của tin" not in titles


def test_an_event_delivered_twice_has_one_effect(deployment: Deployment, bus: Bus) -> None:
    article_id, version = uuid4(), unix_ms(now())
    twice = _published(article_id, version, f"Hai lần {article_id.hex}")
    bus.publish([twice, twice])
    bus.publish([twice])
    _settled(deployment, bus)
    assert deployment.search(q=f"Hai lần {article_id.hex}")["total"] == 1
    assert deployment.http.get("/ngay/2026/03/14/").text.count(_url(article_id)) >= 1


def test_an_unpublish_that_overtakes_its_publish_keeps_the_article_away(
    deployment: Deployment, bus: Bus
) -> None:
    article_id, version = uuid4(), unix_ms(now())
    bus.publish([_unpublished(article_id, version)])
    bus.publish([_published(article_id, version - 1, f"Đến muộn {article_id.hex}")])
    _settled(deployment, bus)
    assert deployment.http.get(_url(article_id)).status_code == 410
    assert deployment.search(q=f"Đến muộn {article_id.hex}")["total"] == 0
