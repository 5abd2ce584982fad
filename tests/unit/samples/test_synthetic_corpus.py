import unicodedata
from datetime import datetime
from itertools import islice

from hypothesis import given, settings
from hypothesis import strategies as st

from samples.generate import articles
from samples.load import categories
from shared.contracts.article import parse_article


def test_every_document_keeps_to_the_wire_format() -> None:
    names = {section["name"] for section in categories()}
    for document in articles(300):
        _, article = parse_article(document)
        assert article.subjects[0].name in names
        assert article.associations == ()
        assert unicodedata.is_normalized("NFC", article.title + article.summary + article.body)
        assert "{" not in article.title + article.summary + article.body


def test_bodies_are_of_about_four_kilobytes() -> None:
    sizes = [len(document["bodies"][0]["value"].encode()) for document in articles(500)]
    assert min(sizes) > 3300
    assert max(sizes) < 4800


def test_ids_and_bodies_are_unique() -> None:
    documents = list(articles(2000))
    assert len({document["uri"] for document in documents}) == 2000
    assert len({document["bodies"][0]["value"] for document in documents}) == 2000


def test_another_seed_gives_other_ids() -> None:
    first = {document["uri"] for document in articles(50, seed=1)}
    assert not first & {document["uri"] for document in articles(50, seed=2)}


def test_dates_are_spread_over_ten_years() -> None:
    years = [datetime.fromisoformat(d["contentCreated"]).year for d in articles(2000)]
    assert min(years) == 2016
    assert max(years) == 2026
    assert all(years.count(year) > 100 for year in range(2017, 2026))


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 2**32), count=st.integers(0, 40))
def test_a_longer_corpus_begins_with_the_shorter_one(seed: int, count: int) -> None:
    short = list(articles(count, seed=seed))
    assert len(short) == count
    assert short == list(islice(articles(count + 5, seed=seed), count))
