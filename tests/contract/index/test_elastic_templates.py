"""What the cluster may have against an index or a template, and code of two layouts at once."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import httpx
import pytest

from shared.index import Index, IndexUnavailable, Written, open_index
from shared.index.elastic import ElasticIndex, Indices, schema
from shared.index.elastic.client import WRITE_SECONDS, Address, connect
from tests.contract.index.elastic import call, new_aliases, raw
from tests.contract.index.writes import live
from tests.deployment import wait_for
from tests.servers.elasticsearch import Elasticsearch

STORED, UNAVAILABLE = Written.STORED, Written.UNAVAILABLE


@pytest.fixture
def adapter() -> str:
    return "elastic"


@pytest.fixture
def indices(index: Index) -> Indices:
    assert isinstance(index, ElasticIndex)
    assert index.is_empty()
    return index.indices


@pytest.fixture
def another_template(url: str) -> Iterator[str]:
    """A template of somebody else's that is in the way of ours."""
    server, _, alias = raw(url).rpartition("/")
    address = f"{server}/_index_template/{alias}-other"
    call("PUT", address, {"index_patterns": [f"{alias}*"], "priority": 500})
    yield address
    httpx.delete(address, timeout=60)


def test_what_the_cluster_has_against_a_template_is_told_and_blames_no_document(
    index: Index, another_template: str
) -> None:
    (outcome,) = index.write([live(1)])
    assert outcome == UNAVAILABLE
    assert "same priority" in outcome.reason
    with pytest.raises(IndexUnavailable, match="same priority"):
        index.check()
    call("DELETE", another_template)
    assert index.write([live(1)]) == [STORED]


def test_a_next_index_that_the_cluster_has_no_room_for_is_told_so(
    own_elasticsearch: Elasticsearch,
) -> None:
    limit = {"persistent": {"cluster.max_shards_per_node": 1}}
    with new_aliases(own_elasticsearch) as new, closing(open_index(url := new())) as opened:
        wait_for(lambda: opened.write([live(1)]) == [STORED])
        call("PUT", f"{own_elasticsearch.url}/_cluster/settings", limit)
        with closing(connect(Address.parse(url), WRITE_SECONDS)) as client:
            indices = Indices(client, url.rpartition("/")[2])
            with pytest.raises(IndexUnavailable, match="maximum normal shards open"):
                indices.create()
        (outcome,) = (other := open_index(new())).write([live(1)])
        other.close()
        assert outcome == UNAVAILABLE
        assert "maximum normal shards open" in outcome.reason


def _template(url: str) -> tuple[str, dict[str, Any]]:
    """Return the address of an alias's template, and what is put there."""
    server, _, alias = raw(url).rpartition("/")
    address = f"{server}/_index_template/{alias}"
    (found,) = call("GET", address)["index_templates"]
    put = ("index_patterns", "priority", "allow_auto_create", "template", "_meta")
    return address, {name: found["index_template"][name] for name in put}


def test_a_new_index_has_this_codes_layout_whatever_template_older_code_puts_back(
    url: str, indices: Indices, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, older = _template(url)
    older["template"]["mappings"]["_meta"]["revision"] = schema.REVISION - 1
    older["template"]["mappings"]["properties"]["title"] = {"type": "keyword"}
    put = indices._put_template

    def put_and_put_back() -> None:
        put()
        call("PUT", address, older)

    monkeypatch.setattr(indices, "_put_template", put_and_put_back)
    made = indices.create()
    assert indices.is_current(made)
    server = address.partition("/_index_template")[0]
    (live_one, next_one) = (
        call("GET", f"{server}/{name}/_mapping")[name]["mappings"]
        for name in (indices.targets().live, made)
    )
    assert next_one == live_one


def test_newer_codes_template_is_not_put_back(url: str, indices: Indices) -> None:
    address, newer = _template(url)
    assert newer["_meta"]["revision"] == schema.REVISION
    newer["_meta"]["revision"] = schema.REVISION + 1
    call("PUT", address, newer)
    indices.ensure()
    assert _template(url)[1]["_meta"]["revision"] == schema.REVISION + 1
    older = newer | {"_meta": {"description": "of code that did not number it"}}
    call("PUT", address, older)
    indices.ensure()
    assert _template(url)[1]["_meta"]["revision"] == schema.REVISION
