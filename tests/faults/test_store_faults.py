"""PostgreSQL and Elasticsearch lost: what waits for them waits uncharged, and all of it arrives."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.contract.index.injector import injecting
from tests.deployment import wait_for
from tests.faults.faults import elasticsearch_down, elasticsearch_full, postgresql_restarted
from tests.faults.site import Site

pytestmark = [pytest.mark.crash, pytest.mark.timeout(600)]
_LIMIT = 3
"""Deliveries; the usual 20 would take the worker's patience some minutes to use up."""


@contextmanager
def _delivery_limit(site: Site, queue: str) -> Iterator[None]:
    """Have the broker park what was delivered so often; the lower of two limits holds."""
    manage, path = site.servers.rabbitmq.manage, f"policies/{site.deployment.stores.vhost}/strict"
    definition = {"delivery-limit": _LIMIT}
    manage(
        "PUT",
        path,
        {"pattern": f"^{queue}$", "definition": definition, "apply-to": "queues", "priority": 9},
    )
    yield
    manage("DELETE", path)


@pytest.mark.parametrize("killed", [False, True], ids=["shut down", "killed"])
def test_a_postgresql_that_is_restarted_loses_nothing(site: Site, killed: bool) -> None:  # noqa: FBT001
    deployment = site.deployment
    with site.suffering(postgresql_restarted(site.servers, killed=killed)) as trickle:
        views = trickle.viewed
        answer = site.editor.http.get("/v1/articles")
        assert answer.status_code == 503, answer.text
        wait_for(lambda: trickle.viewed >= views + 10)
        wait_for(lambda: not deployment.says_ready("render-consumer"))
        assert deployment.answers(), "readers go on reading"
        assert deployment.search(q="Tin")["total"] > 0


def test_elasticsearch_down_for_more_tries_than_a_message_has_deliveries_parks_nothing(
    site: Site,
) -> None:
    deployment, alias = site.deployment, site.deployment.stores.alias
    with (
        _delivery_limit(site, "indexing.live"),
        injecting(site.servers.elasticsearch.url) as before_node,
        deployment.changed("indexing-consumer", BANTIN_SEARCH_INDEX=before_node.url(alias)),
    ):
        with site.suffering(elasticsearch_down(site.servers)) as trickle:
            tries, before = len(before_node.seen), len(trickle.imported)
            wait_for(lambda: len(before_node.seen) >= tries + 2 * _LIMIT)
            trickle.flows()
            page = trickle.imported[before].url or ""
            wait_for(lambda: deployment.http.get(page).status_code == 200)
            assert deployment.http.get("/api/search").status_code == 503
        again = deployment.value("indexing", 'bantin_redeliveries_total{queue="indexing.live"}')
        assert not again, "waiting for the index costs no delivery"


def test_an_elasticsearch_whose_disk_is_full_is_read_and_gets_everything_once_there_is_room(
    site: Site,
) -> None:
    deployment, alias = site.deployment, site.deployment.stores.alias
    with site.suffering(elasticsearch_full(site.servers, alias)) as trickle:
        before = len(trickle.imported)
        trickle.flows()
        wait_for(lambda: len(trickle.imported) > before)
        late = trickle.imported[before]
        wait_for(lambda: deployment.http.get(late.url or "").status_code == 200)
        wait_for(lambda: "disk usage exceeded flood-stage" in deployment.log("indexing-consumer"))
        assert deployment.search(q="Tin")["total"] > 0, "what was found before is found"
        assert deployment.search(q=" ".join(late.tokens))["total"] == 0
