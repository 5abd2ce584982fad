"""Addresses of articles: fixed at the first publication, moved by a slug, old ones kept."""

import pytest
from sqlalchemy import func, update

from services.ingest.public import short_ids
from services.ingest.store.tables import EDITIONS
from shared.contracts.events import ArticlePublished
from tests.factories import an_id
from tests.unit.ingest.newsroom import Newsroom, is_problem

A, B = an_id(1), an_id(2)


def test_the_address_is_fixed_at_first_publication(newsroom: Newsroom) -> None:
    assert newsroom.put(A).get_json()["url"] is None
    url = newsroom.publish(A).get_json()["url"]
    assert url == f"/tin/khanh-thanh-cau-ben-da-{short_ids(A)[0]}/"
    newsroom.put(A, title="Tên khác hẳn")
    assert newsroom.publish(A).get_json()["url"] == url
    newsroom.unpublish(A)
    newsroom.put(A, title="Lại tên khác")
    assert newsroom.publish(A).get_json()["url"] == url


def test_another_slug_moves_the_article_and_the_old_address_stays_its_own(
    newsroom: Newsroom,
) -> None:
    newsroom.put(A)
    first = newsroom.publish(A, slug="cau-moi").get_json()["url"]
    assert first == f"/tin/cau-moi-{short_ids(A)[0]}/"
    second = newsroom.publish(A, slug="cau-ben-da").get_json()["url"]
    is_problem(newsroom.publish(A, slug="cau-ben-da"), 409)
    event = newsroom.sent()[-1].data
    assert isinstance(event, ArticlePublished)
    assert (event.url, event.former_urls) == (second, (first,))
    assert newsroom.publish(A, slug="cau-moi").get_json()["url"] == first
    back = newsroom.sent()[-1].data
    assert isinstance(back, ArticlePublished)
    assert (back.url, back.former_urls) == (first, (second,))


def test_two_articles_whose_short_ids_would_be_equal_get_different_ones(
    newsroom: Newsroom,
) -> None:
    other = type(A)(int=A.int ^ (1 << 120))
    assert short_ids(A)[0] == short_ids(other)[0]
    for article_id in (A, other):
        newsroom.put(article_id)
    urls = {newsroom.publish(article_id).get_json()["url"] for article_id in (A, other)}
    assert len(urls) == 2
    assert any(short_ids(other)[1] in url for url in urls)


def test_an_old_portals_address_goes_with_the_article(newsroom: Newsroom) -> None:
    legacy = [{"role": "legacy-url", "value": "http://cu.example.org/tin?id=7"}]
    newsroom.put(A, altIds=[*legacy, {"role": "cms", "value": "7"}])
    newsroom.publish(A)
    event = newsroom.sent()[-1].data
    assert isinstance(event, ArticlePublished)
    assert event.former_urls == ("/tin?id=7",)
    refused = is_problem(newsroom.put(B, altIds=legacy), 422)
    assert refused["errors"] == [
        {"pointer": "/altIds/0/value", "detail": f"belongs to the article {A} already"}
    ]
    newsroom.put(A, title="Không còn địa chỉ cũ")
    newsroom.publish(A)
    assert newsroom.put(B, altIds=legacy).status_code == 201


@pytest.mark.parametrize("refused", ["/cu/%00x", "/cu/" + "\u1ebf" * 1000], ids=["NUL", "long"])
def test_a_draft_from_when_more_old_addresses_were_taken_can_still_be_published(
    newsroom: Newsroom, refused: str
) -> None:
    newsroom.put(A, altIds=[{"role": "legacy-url", "value": v} for v in ("/cu/7", "/cu/8")])
    with newsroom.store.database.write() as connection:
        older = func.replace(EDITIONS.c.body, "/cu/7", refused)
        connection.execute(update(EDITIONS).values(body=older))
    assert newsroom.publish(A).status_code == 200
    assert newsroom.sent()[-1].data.former_urls == ("/cu/8",)


def test_two_drafts_that_want_one_old_address_are_told_at_publication(newsroom: Newsroom) -> None:
    legacy = [{"role": "legacy-url", "value": "/cu/7"}]
    newsroom.put(A, altIds=legacy)
    newsroom.put(B, altIds=legacy)
    newsroom.publish(A)
    before = newsroom.store.record(B)
    is_problem(newsroom.publish(B), 409)
    assert newsroom.store.record(B) == before
