"""PostgreSQL lost under the services: refused clearly, nothing lost, and all goes on."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from services.ingest import consumer as ingest_consumer
from services.ingest.importing import Options, run_import
from services.ingest.relay import Relay
from services.ingest.settings import Settings as IngestSettings
from services.ingest.store.outbox import CHANNEL
from services.render import bootstrap as render
from services.render import consumer as render_consumer
from services.render import marks
from services.render.leases import Leases
from services.render.reconciling import reconciler
from services.visits import bootstrap as visits
from services.visits import consumer as visits_consumer
from services.visits.settings import Settings as VisitsSettings
from services.visits.store import Store as Visits
from shared.bus import Done, Outcome, Park, Retry
from shared.clock import now
from shared.contracts.events import ArticleDelivered, ArticlesManifest, PageViewed, decode
from shared.database import Database
from shared.nudge import listen
from tests.contract.site.harness import Harness
from tests.deployment import wait_for
from tests.factories import NOON, an_id, event, published
from tests.servers.postgresql import PostgreSQL
from tests.unit.ingest.newsroom import Newsroom, RecordingBus, SteppingClock, line

Migrated = Callable[[str], str]
A, B = an_id(1), an_id(2)


@pytest.fixture
def newsroom(migrated: Migrated, tmp_path: Path) -> Iterator[Newsroom]:
    settings = IngestSettings(data_dir=tmp_path, database=migrated("ingest"), _env_file=None)
    room = Newsroom(settings, SteppingClock())
    assert room.category("tin-tuc", "Tin tức").status_code == 201
    yield room
    room.store.database.close()


@pytest.fixture
def site(migrated: Migrated, tmp_path: Path) -> Iterator[Harness]:
    made = Harness(tmp_path / "site", migrated("render"))
    yield made
    made.close()


@contextmanager
def stopped(server: PostgreSQL) -> Iterator[None]:
    server.stop()
    try:
        yield
    finally:
        server.start()


@contextmanager
def running(run: Callable[[threading.Event], None]) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(60)
        assert not thread.is_alive()


def _is_503(answer: Any) -> bool:
    problem = answer.get_json(force=True)
    return bool(
        answer.status_code == 503
        and answer.content_type == "application/problem+json"
        and problem["type"] == "urn:bantin:problem:unavailable"
        and int(answer.headers["Retry-After"]) > 0
    )


def test_the_editors_api_answers_503_and_saves_nothing_until_the_database_is_back(
    hurt: PostgreSQL, newsroom: Newsroom
) -> None:
    assert newsroom.put(A).status_code == 201
    with stopped(hurt):
        for answer in (
            newsroom.put(B),
            newsroom.publish(A),
            newsroom.unpublish(A),
            newsroom.discard(A),
            newsroom.get(A),
            newsroom.call("GET", "/v1/articles"),
            newsroom.call("GET", f"/v1/articles/{A}/history"),
            newsroom.category("van-hoa", "Văn hóa"),
            newsroom.call("POST", "/v1/import", data=b"{}"),
        ):
            assert _is_503(answer), answer.get_data(as_text=True)
    assert newsroom.get(B).status_code == 404
    assert newsroom.put(B).status_code == 201
    assert newsroom.publish(A).status_code == 200


def test_an_import_in_which_the_database_is_lost_says_which_lines_are_saved(
    hurt: PostgreSQL, newsroom: Newsroom
) -> None:
    """Which they are is checked by what is there, once the database is back."""
    lines = [line(number) for number in range(300)]
    read = iter(_body(lines))
    answers: list[dict[str, Any]] = []
    results = run_import(lambda _size: next(read, b""), newsroom.store, Options("Lan"))
    answers += [found.body() for found in next(results)]
    with stopped(hurt):
        answers += [found.body() for found in next(results)]
    answers += [found.body() for part in results for found in part]
    assert [answer["line"] for answer in answers] == list(range(1, 301))
    saved = {answer["id"] for answer in answers if answer["status"] == 201}
    refused = [answer for answer in answers if answer["status"] != 201]
    assert len(refused) == 100
    assert {answer["status"] for answer in refused} == {503}
    there = {str(an_id(n)) for n in range(300) if newsroom.store.record(an_id(n))}
    assert there == saved
    again = newsroom.import_lines(*lines)
    assert sorted({answer["status"] for answer in again}) == [200, 201]
    assert sum(answer["status"] == 201 for answer in again) == 100


def _body(lines: list[dict[str, Any]]) -> Iterator[bytes]:
    """Give the body a line at a time, as a slow caller does."""
    return (json.dumps(one).encode() + b"\n" for one in lines)


def test_what_was_accepted_is_there_whatever_happens_to_the_server(
    hurt: PostgreSQL, newsroom: Newsroom
) -> None:
    """Editors work on while the server is killed and cut off; each 2xx must have been the truth."""
    accepted: dict[int, int] = {}
    refused: list[int] = []
    done = threading.Event()

    def hurt_it() -> None:
        try:
            for rounds in range(100):
                if rounds >= 3 and len(accepted) >= 20 and refused:
                    return
                time.sleep(0.7)
                hurt.terminate_connections()
                time.sleep(0.4)
                hurt.kill()
                hurt.start()
        finally:
            done.set()

    hurting = threading.Thread(target=hurt_it)
    hurting.start()
    number = 0
    while not done.is_set():
        number += 1
        article = an_id(number)
        for answer in (newsroom.put(article), newsroom.publish(article)):
            if answer.status_code == 503:
                assert _is_503(answer)
                refused.append(number)
            elif answer.status_code != 404:  # its draft was refused before
                assert answer.status_code in {200, 201}, answer.get_data(as_text=True)
                accepted[number] = answer.get_json()["version"]
    hurting.join()
    assert refused
    assert len(accepted) >= 20
    events = {decode(found.body).subject for found in newsroom.outbox.pending(100_000)}
    for number, version in accepted.items():
        found = newsroom.get(an_id(number))
        assert found.status_code == 200
        assert found.get_json()["version"] >= version
        if found.get_json()["live"]:
            assert str(an_id(number)) in events


def test_readers_get_503_for_what_is_no_file_until_the_database_is_back(
    hurt: PostgreSQL, site: Harness
) -> None:
    site.publish(published())
    client = render.build_app(site.settings, database=site.database).test_client()
    page = "/tin/bai-viet-so-1-1111111111/"
    with stopped(hurt):
        assert client.get(page).status_code == 200, "its file is there"
        assert _is_503(client.get("/tin/khong-co-2222222222/"))
        assert _is_503(client.get("/ngay/?d=2026-03-14x"))
    assert client.get("/tin/khong-co-2222222222/").status_code == 404


def test_the_collector_answers_503_until_the_database_is_back(
    hurt: PostgreSQL, migrated: Migrated, tmp_path: Path
) -> None:
    database = Database(migrated("visits"))
    settings = VisitsSettings(data_dir=tmp_path, _env_file=None)
    bus = RecordingBus()
    app = visits.build_app(settings, bus=bus, store=Visits(database), fresh=0)
    client = app.test_client()
    with stopped(hurt):
        assert _is_503(client.post("/api/visits", json={"path": "/"})), "no salt, no hash"
        assert _is_503(client.get("/api/visits"))
        assert client.get("/api/visits.svg?path=/").status_code == 200
    assert bus.events == []
    assert client.post("/api/visits", json={"path": "/"}).status_code == 202
    with stopped(hurt):
        assert client.post("/api/visits", json={"path": "/"}).status_code == 202, "it has a salt"
    assert client.get("/api/visits").status_code == 200
    database.close()


def _viewed(number: int) -> Any:
    view = PageViewed(id=an_id(number), path="/", received_at=NOON, visitor="a")
    return event(view, subject=str(view.id))


def _told(number: int) -> Any:
    told = ArticleDelivered(consumer="render", id=an_id(number), version=1)
    return event(told, subject=str(told.id))


def _manifest() -> Any:
    return event(ArticlesManifest(first=A, last=A, entries=()), subject=str(A))


Handle = Callable[[list[Any]], list[Outcome]]


@pytest.fixture
def consumers(
    migrated: Migrated, newsroom: Newsroom, site: Harness
) -> Iterator[dict[str, tuple[Handle, list[Any]]]]:
    """Give each consumer's handler with two good events."""
    database = Database(migrated("visits"))
    comparing = reconciler(site.database, RecordingBus(), now, lambda: None)
    yield {
        "visits": (
            partial(visits_consumer.handle, store=Visits(database), clock=lambda: NOON),
            [_viewed(1), _viewed(2)],
        ),
        "ingest": (ingest_consumer.handler(newsroom.published), [_told(1), _told(2)]),
        "render": (
            partial(
                render_consumer.handle, store=site.store, reconciler=comparing, wake=lambda: None
            ),
            [published(1), _manifest()],
        ),
    }
    database.close()


@pytest.mark.parametrize("name", ["visits", "ingest", "render"])
def test_a_consumer_asks_for_its_events_again_and_parks_only_what_is_bad(
    hurt: PostgreSQL, consumers: dict[str, tuple[Handle, list[Any]]], name: str
) -> None:
    handle, good = consumers[name]
    bad = published(2) if name != "render" else _viewed(3)
    assert handle(good) == [Done(), Done()]  # so that there are connections to lose
    hurt.kill()
    try:
        outcomes = handle([*good, bad])
        assert [type(outcome) for outcome in outcomes[:2]] == [Retry, Retry]
        assert isinstance(outcomes[2], Park | Retry)
    finally:
        hurt.start()
    assert handle(good) == [Done(), Done()]
    hurt.terminate_connections()
    assert handle(good) == [Done(), Done()], "connections are tried before they are used"
    assert isinstance(handle([bad])[0], Park)


def test_a_consumer_whose_database_was_never_migrated_asks_again(hurt: PostgreSQL) -> None:
    database = Database(hurt.new_database())
    outcomes = visits_consumer.handle([_viewed(1), _told(1)], Visits(database), lambda: NOON)
    assert [type(outcome) for outcome in outcomes] == [Retry, Park]
    database.close()


def test_the_relay_waits_and_goes_on_and_loses_nothing(
    hurt: PostgreSQL, newsroom: Newsroom
) -> None:
    bus = RecordingBus()
    ears = partial(listen, newsroom.store.database, CHANNEL, newsroom.settings.ingest_wake_dir)
    relay = Relay(newsroom.outbox, bus, ears, poll=0.1, clock=newsroom.clock)
    with running(relay.run):
        for number in range(3):
            newsroom.import_lines(
                *(line(40 * number + n) for n in range(40)), query="?publish=true"
            )
            with stopped(hurt):
                wait_for(lambda: _troubled(relay))
            hurt.terminate_connections()
        wait_for(lambda: not newsroom.outbox.count())
        wait_for(lambda: not _troubled(relay))
    assert {e.subject for e, _ in bus.events} >= {str(an_id(n)) for n in range(120)}


def _troubled(relay: Relay) -> bool:
    try:
        relay.check()
    except RuntimeError:
        return True
    return False


def test_the_writer_waits_and_goes_on_and_every_page_is_written(
    hurt: PostgreSQL, site: Harness
) -> None:
    writer = site.writer

    def run(stop: threading.Event) -> None:
        ears = listen(site.database, marks.CHANNEL, site.settings.wake_dir)
        try:
            writer.run(stop, ears.wait, lambda: None)
        finally:
            ears.close()

    with running(run):
        for version in (1, 2, 3):
            site.take(*(published(n, version=version, title=f"Bản {version}") for n in range(30)))
            hurt.terminate_connections()
            site.store.mark_all()
            hurt.kill()
            hurt.start()
        wait_for(lambda: site.marked() == [])
    for number in range(30):
        assert "Bản 3" in site.page(f"/tin/bai-viet-so-{number}-{str(number) * 10}/")


class Deaf(Database):
    """Commits, and does not hear that it has."""

    @contextmanager
    def write(self, *, alone: bool = True) -> Iterator[Any]:
        with super().write(alone=alone) as connection:
            yield connection
        raise OperationalError("COMMIT", {}, Exception("the connection was lost"))


def test_a_writer_whose_lease_was_never_answered_gives_it_back(site: Harness) -> None:
    deaf = Deaf(site.settings.database)
    leases = Leases(deaf, site.settings.owners_dir)
    site.mark("/", "/rss.xml")
    with pytest.raises(OperationalError):
        leases.take(10)
    leases._database = site.database
    assert [lease.path for lease in leases.take(10)] == ["/", "/rss.xml"]
    leases.close()
    deaf.close()
