"""Elasticsearch as the tests have it: the product's version and settings, killed on demand."""

import httpx

from tests.servers.elasticsearch import Elasticsearch
from tests.servers.elasticsearch.build import version
from tests.servers.leftovers import left_running


def test_it_is_the_version_that_is_asked_for(elasticsearch: Elasticsearch) -> None:
    assert httpx.get(elasticsearch.url).json()["version"]["number"] == version()


def test_no_index_comes_into_being_by_a_write(elasticsearch: Elasticsearch) -> None:
    answer = httpx.put(f"{elasticsearch.url}/never-made/_doc/1", json={"title": "Tin"})
    assert answer.status_code == 404


def test_the_stock_analysis_is_there(elasticsearch: Elasticsearch) -> None:
    asked = {
        "tokenizer": "standard",
        "filter": ["lowercase", "asciifolding"],
        "text": "Bản Tin xã Bến Đá",
    }
    told = httpx.post(f"{elasticsearch.url}/_analyze", json=asked).json()
    assert [token["token"] for token in told["tokens"]] == ["ban", "tin", "xa", "ben", "da"]


def test_what_was_acknowledged_survives_a_kill_and_nothing_is_left_at_the_end(
    own_elasticsearch: Elasticsearch,
) -> None:
    document = f"{own_elasticsearch.url}/news/_doc/1"
    assert httpx.put(f"{own_elasticsearch.url}/news").is_success
    assert httpx.put(document, json={"title": "Tin"}).is_success
    own_elasticsearch.kill()
    assert left_running(own_elasticsearch) == []

    own_elasticsearch.start()
    own_elasticsearch.restart()
    assert httpx.get(document).json()["_source"] == {"title": "Tin"}

    own_elasticsearch.close()
    assert left_running(own_elasticsearch) == []
