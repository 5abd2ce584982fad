"""Consumers killed when their effect is durable and the broker has not heard of it."""

import time
from uuid import UUID

import pytest

from tests.chaos.model import Article
from tests.deployment import wait_for
from tests.faults.acks import ack_losing_wire
from tests.faults.site import Site

pytestmark = [pytest.mark.crash, pytest.mark.timeout(600)]
_CONSUMERS = {
    "indexing-consumer": "indexing.live",
    "render-consumer": "render.live",
    "ingest-consumer": "ingest.live",
    "visits-counter": "visits.visits",
}


def test_consumers_killed_between_commit_and_ack_double_nothing(site: Site) -> None:
    deployment = site.deployment
    with (
        ack_losing_wire(deployment.stores.bus) as wire,
        deployment.changed(*_CONSUMERS, BANTIN_BUS=wire.url),
    ):
        with site.working() as trickle:
            wire.loses = True
            before, views = len(trickle.imported), deployment.total()
            trickle.flows(6)
            committed = trickle.imported[before:]
            wait_for(lambda: _is_committed(site, committed))
            wait_for(lambda: deployment.total() > views)
            wait_for(lambda: all(site.in_hand(queue) >= 6 for queue in _CONSUMERS.values()))
            killed = deployment.volley(list(_CONSUMERS))
            wire.loses = False
            since = time.monotonic()
            wait_for(lambda: all(deployment.restarted(*one) for one in killed.items()))
        site.all_there(trickle, since=since)
        for name, queue in _CONSUMERS.items():
            again = f'bantin_redeliveries_total{{queue="{queue}"}}'
            assert (deployment.value(name, again) or 0) >= 6, "it had been settled after all"


def _is_committed(site: Site, articles: list[Article]) -> bool:
    """Tell whether pages, index and ingest have these."""
    return all(
        site.deployment.http.get(one.url or "").status_code == 200
        and site.deployment.search(q=" ".join(one.tokens))["total"] == 1
        and all(site.editor.delivery(UUID(one.id)).values())
        for one in articles
    )
