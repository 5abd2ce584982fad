"""A real index that takes some documents and not others, in one and the same request."""

import time
from uuid import UUID

import pytest

from shared.contracts.events import ArticlePublished, Event
from tests.chaos.model import Article
from tests.contract.index.injector import Injector, injecting
from tests.deployment import wait_for
from tests.factories import NOON, body, event
from tests.faults.site import RECOVERED_WITHIN, Site

pytestmark = [pytest.mark.crash, pytest.mark.timeout(600)]


def _older(article: Article) -> Event:
    """Return an event of before, which the index answers with 409."""
    data = ArticlePublished(
        id=UUID(article.id),
        version=article.version - 1,
        edition=1,
        url=article.url or "",
        first_published_at=NOON,
        updated_at=NOON,
        article=body(title="Bản cũ"),
    )
    return event(data, subject=article.id)


def _was_mixed(injector: Injector) -> bool:
    return any(statuses.keys() >= {201, 400, 409, 429} for statuses in injector.statuses)


def test_of_a_bulk_with_mixed_answers_only_what_is_refused_is_parked_and_can_be_replayed(
    site: Site,
) -> None:
    deployment, alias = site.deployment, site.deployment.stores.alias
    with (
        injecting(site.servers.elasticsearch.url) as injector,
        deployment.changed("indexing-consumer", BANTIN_SEARCH_INDEX=injector.url(alias)),
    ):
        with site.working() as trickle:
            with deployment.without("indexing"):  # so that what waits makes one request
                trickle.flows(9)
                refused, late, *crowded = trickle.imported[-6:]
                with deployment.bus() as bus:
                    bus.publish([_older(late)])
                injector.items = {one.id: 429 for one in crowded} | {refused.id: 400}
            wait_for(lambda: _was_mixed(injector))
            (letter,) = wait_for(deployment.dead_letters)
            injector.items = {refused.id: 400}
        wait_for(site.is_quiet, within=RECOVERED_WITHIN)
        assert site.waiting() == {"indexing.live.dead": 1}
        assert (letter["queue"], letter["event"]["subject"]) == ("indexing.live", refused.id)
        assert "document_parsing_exception: made up: this document is wrong" in letter["reason"]
        assert deployment.search(q=" ".join(refused.tokens))["total"] == 0
        for one in crowded:
            assert deployment.search(q=" ".join(one.tokens))["total"] == 1

        injector.items = {}
        since = time.monotonic()
        deployment.command("shared.bus", "deadletters", "replay", str(letter["id"]))
        site.all_there(trickle, since=since)
