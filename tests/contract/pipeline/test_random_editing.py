"""Random editors against a model: whatever they do, and however late, doubled or out of order the
events arrive, pages, search and database end where the model says.

The real API, relay, handlers, index, page database, writer and web application run in this
process; only the bus between them is ours, so that it can misbehave on purpose.
"""

import json
import shutil
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import ClassVar
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)

from services.indexing import consumer as indexing
from services.indexing import reconciling as index_reconciling
from services.ingest.jobs import publish_due
from services.ingest.relay import Relay
from services.ingest.settings import Settings as IngestSettings
from services.render import bootstrap as render
from services.render import consumer as rendering
from services.render import reconciling as page_reconciling
from services.render.settings import Settings as RenderSettings
from services.render.site import Writer
from services.render.store import Store
from shared.bus import Done
from shared.contracts.events import Event
from shared.index import Query, open_engine, open_index
from shared.wake import Listener
from tests.databases import KINDS, Databases, databases
from tests.factories import an_id
from tests.unit.ingest.newsroom import Newsroom, RecordingBus, SteppingClock

ARTICLES = st.integers(min_value=1, max_value=2)
WAYS_BACK = st.sampled_from(["gone", "redirect", "withdrawal"])
LOCATION = "/chuyen-muc/tin-tuc/"


@dataclass
class Expected:
    """One article as the contract's state table has it; texts are the words of an edition."""

    standing: str = "never"
    live: str = ""
    draft: str | None = None
    scheduled: str | None = None
    kind: str = ""
    urls: list[str] = field(default_factory=list)

    @property
    def exists(self) -> bool:
        return self.standing != "never" or self.draft is not None or self.scheduled is not None


class Editing(RuleBasedStateMachine):
    """Editors at two articles, and a bus that delays, doubles and reorders."""

    databases: ClassVar[dict[str, Databases]]

    @initialize()
    def open(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="bantin-model-"))
        self.lent = ExitStack()
        urls = {name: self.lent.enter_context(d.lend()) for name, d in self.databases.items()}
        self.clock = SteppingClock()
        settings = IngestSettings(data_dir=self.folder, database=urls["ingest"])
        self.room = Newsroom(settings, self.clock)
        assert self.room.category("tin-tuc", "Tin tức").status_code in {200, 201}
        self.bus = RecordingBus()
        self.relay = Relay(
            self.room.outbox, self.bus, partial(Listener, self.folder / "wake"), poll=0.1
        )
        self.index = open_index(f"tantivy://{self.folder / 'index'}")
        self.engine = open_engine(f"tantivy://{self.folder / 'index'}")
        site = RenderSettings(data_dir=self.folder, database=urls["render"])
        self.database = render.open_database(site)
        self.writer = Writer(site, self.database)
        self.web = render.build_app(site, database=self.database).test_client()
        said = RecordingBus()
        self.consumers = {
            "indexing": partial(
                indexing.handle,
                index=self.index,
                publisher=said,
                reconciler=index_reconciling.reconciler(self.index, said, self.clock),
            ),
            "render": partial(
                rendering.handle,
                store=Store(self.database),
                reconciler=page_reconciling.reconciler(
                    self.database, said, self.clock, lambda: None
                ),
                wake=lambda: None,
            ),
        }
        self.delivered: dict[str, int] = dict.fromkeys(self.consumers, 0)
        self.model = {number: Expected() for number in (1, 2)}
        self.due: dict[int, float] = {}
        self.words = 0

    def teardown(self) -> None:
        if not hasattr(self, "folder"):
            return
        try:
            self._let_everything_arrive()
            for number, expected in self.model.items():
                self._compare(an_id(number), expected)
        finally:
            self.writer.close()
            self.database.close()
            self.engine.close()
            self.index.close()
            self.room.store.database.close()
            self.lent.close()
            shutil.rmtree(self.folder)

    @rule(number=ARTICLES)
    def put(self, number: int) -> None:
        self.words += 1
        word = f"chữ{self.words}x{number}"
        answer = self.room.put(an_id(number), title=f"Tin {word}")
        assert answer.status_code == (200 if self.model[number].exists else 201)
        self.model[number].draft = word

    @rule(number=ARTICLES, slug=st.sampled_from([None, None, "duong-moi", "duong-khac"]))
    def publish(self, number: int, slug: str | None) -> None:
        expected = self.model[number]
        answer = self.room.publish(an_id(number), **({"slug": slug} if slug else {}))
        body = answer.get_json()
        edition = expected.draft or expected.scheduled
        moves = (
            slug is not None
            and expected.standing == "live"
            and edition is None
            and f"/{slug}-" not in expected.urls[-1]
        )
        if not expected.exists:
            assert answer.status_code == 404
        elif edition is None and not moves:
            assert answer.status_code == 409
        else:
            assert answer.status_code == 200, body
            self._goes_live(number, edition or expected.live, body["url"])
            expected.draft = expected.scheduled = None
            self.due.pop(number, None)

    @rule(number=ARTICLES, slug=st.sampled_from([None, "duong-moi"]))
    def write_and_publish(self, number: int, slug: str | None) -> None:
        """Do the commonest thing in one step, so that most runs come to the interesting ones."""
        self.put(number=number)
        self.publish(number=number, slug=slug)

    @rule(number=ARTICLES, hours=st.integers(min_value=1, max_value=5))
    def publish_at(self, number: int, hours: int) -> None:
        expected = self.model[number]
        at = self.clock() + timedelta(hours=hours)
        answer = self.room.publish(an_id(number), at=at.isoformat())
        edition = expected.draft or expected.scheduled
        if edition is None:
            assert answer.status_code == (409 if expected.exists else 404)
            return
        assert answer.status_code == 200
        expected.draft, expected.scheduled = None, edition
        self.due[number] = at.timestamp()

    @rule(number=ARTICLES, kind=WAYS_BACK)
    def unpublish(self, number: int, kind: str) -> None:
        expected = self.model[number]
        details = {"location": LOCATION} if kind == "redirect" else {}
        answer = self.room.unpublish(an_id(number), kind, **details)
        if expected.standing == "never":
            assert answer.status_code == (409 if expected.exists else 404)
            return
        assert answer.status_code == 200
        expected.standing, expected.kind = "unpublished", kind

    @rule(number=ARTICLES)
    def discard(self, number: int) -> None:
        expected = self.model[number]
        status = self.room.discard(an_id(number)).status_code
        if not expected.exists:
            assert status == 404
        elif expected.scheduled is not None:
            assert status == 204
            # The schedule goes and its words stay as a draft, unless a newer draft is there.
            expected.draft = expected.draft or expected.scheduled
            expected.scheduled = None
            self.due.pop(number, None)
        elif expected.draft is None and expected.standing == "live":
            assert status == 409
        else:
            assert status == 204
            expected.draft = None

    @rule(hours=st.integers(min_value=1, max_value=4))
    def time_passes(self, hours: int) -> None:
        self.clock.forward(hours=hours)
        publish_due(self.room.store)
        for number, at in list(self.due.items()):
            if at <= self.clock().timestamp():
                del self.due[number]
                expected = self.model[number]
                assert expected.scheduled is not None
                url = self.room.get(an_id(number)).get_json()["url"]
                self._goes_live(number, expected.scheduled, url)
                expected.scheduled = None

    @rule()
    def relay_some(self) -> None:
        self.relay.send_batch()

    @rule(name=st.sampled_from(["indexing", "render"]), data=st.data())
    def deliver_out_of_order(self, name: str, data: st.DataObject) -> None:
        """Hand a consumer any events sent so far, in any order, some twice, some never yet."""
        self.relay.send_batch()
        sent = self._sent()
        if sent:
            some = data.draw(
                st.lists(st.sampled_from(sent), min_size=1, max_size=6), label="events"
            )
            self._hand(name, some)

    @rule()
    def write_pages(self) -> None:
        self.writer.drain()

    def _goes_live(self, number: int, word: str, url: str) -> None:
        expected = self.model[number]
        expected.standing, expected.live, expected.kind = "live", word, ""
        if url in expected.urls:
            expected.urls.remove(url)
        expected.urls.append(url)

    def _sent(self) -> list[Event]:
        return [event for event, _ in self.bus.events]

    def _hand(self, name: str, events: list[Event]) -> None:
        assert self.consumers[name](events) == [Done()] * len(events)

    def _let_everything_arrive(self) -> None:
        while self.relay.send_batch():
            pass
        sent = self._sent()
        for name in self.consumers:
            for start in range(0, len(sent), 7):
                self._hand(name, sent[start : start + 7])
            self._hand(name, sent[: len(sent) // 2])  # the older half once more, too late
        self.writer.drain()

    def _compare(self, article_id: UUID, expected: Expected) -> None:
        found = self.room.get(article_id)
        assert (found.status_code == 200) == expected.exists
        for word in {expected.live, expected.draft, expected.scheduled} - {None, ""}:
            hits = self.engine.search(Query(text=str(word))).hits
            shown = expected.standing == "live" and word == expected.live
            assert [hit.id for hit in hits] == ([article_id] if shown else []), word
        if not expected.urls:
            return
        *former, url = expected.urls
        page = self.web.get(url)
        listed = url in self.web.get("/ngay/2026/03/14/").get_data(as_text=True)
        assert listed == (expected.standing == "live")
        text = page.get_data(as_text=True)
        if expected.standing == "live" or expected.kind == "withdrawal":
            assert page.status_code == 200
            assert f"Tin {expected.live}" in text
            assert ("noindex" in text) == (expected.kind == "withdrawal")
            for path in former:
                answer = self.web.get(path)
                assert (answer.status_code, answer.headers["Location"].endswith(url)) == (301, True)
            return
        for path in expected.urls:
            answer = self.web.get(path)
            if expected.kind == "redirect":
                assert answer.status_code == 301
                assert answer.headers["Location"].endswith(LOCATION)
            else:
                assert answer.status_code == 410, json.dumps([path, answer.status_code])


@pytest.fixture(params=KINDS)
def both(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Databases]:
    return {name: databases(name, request, tmp_path_factory) for name in ("ingest", "render")}


def test_whatever_editors_do_and_however_events_arrive_the_model_holds(
    both: dict[str, Databases],
) -> None:
    Editing.databases = both
    run_state_machine_as_test(
        Editing,
        settings=settings(
            max_examples=60 if both["ingest"].kind == "sqlite" else 20,
            stateful_step_count=30,
            deadline=None,
            # Shrinking a failure takes minutes; add Phase.shrink by hand to look into one.
            phases=[Phase.explicit, Phase.reuse, Phase.generate],
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )
