"""What ingest sends by itself: replays of current state, manifests, categories."""

import threading
from collections.abc import Iterator
from itertools import pairwise
from uuid import UUID

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from services.ingest import bootstrap
from services.ingest.__main__ import main
from services.ingest.consumer import handle
from services.ingest.jobs import replay_some
from services.ingest.replay import TARGETS, manifests, replay
from services.ingest.store.published import Scope
from services.ingest.store.tables import METADATA
from shared.bus import BusUnavailable, Done, Park, Retry, open_bus
from shared.bus.topology import RENDER, Lane
from shared.contracts.events import (
    ArticleDelivered,
    ArticlePublished,
    ArticlesManifest,
    CategoryChanged,
    ReplayRequested,
    decode,
)
from shared.database import Database
from shared.runtime import Process
from tests.deployment import wait_for
from tests.factories import an_id, event, published
from tests.unit.ingest.newsroom import Newsroom, RecordingBus, line

A, B, C = an_id(1), an_id(2), an_id(3)


def _not_listening() -> None:
    """Nobody waits for what is asked."""


def _some_of_each(newsroom: Newsroom) -> None:
    """Article 1 live and moved, 2 gone, 3 redirected, 4 withdrawn, 5 a draft, 6 discarded."""
    for number in (1, 2, 3, 4):
        newsroom.put(an_id(number), title=f"Tin {number}")
        newsroom.publish(an_id(number))
    newsroom.publish(an_id(1), slug="ten-moi")
    newsroom.put(an_id(1), title="Nháp chưa đăng")
    newsroom.unpublish(an_id(2))
    newsroom.unpublish(an_id(3), "redirect", location="/")
    newsroom.unpublish(an_id(4), "withdrawal", explanation="Sai")
    newsroom.put(an_id(5))
    newsroom.put(an_id(6))
    newsroom.discard(an_id(6))


def test_a_replay_says_again_exactly_what_was_said_last(
    newsroom: Newsroom, bus: RecordingBus
) -> None:
    _some_of_each(newsroom)
    last = {e.subject: e.data for e in newsroom.sent()}
    assert list(replay(newsroom.published, bus, "render", Scope()))[-1] == 4
    assert {to for _, to in bus.events} == {"render"}, "on the bulk queue of that consumer alone"
    again = {e.subject: e.data for e, _ in bus.events if not isinstance(e.data, CategoryChanged)}
    assert again == last
    assert isinstance(bus.events[0][0].data, CategoryChanged), "categories come first"


def test_a_replay_takes_fewer_articles_at_a_time_where_their_texts_are_long(
    newsroom: Newsroom, bus: RecordingBus
) -> None:
    _some_of_each(newsroom)
    last = {e.subject: e.data for e in newsroom.sent()}
    for size, counts in ((1, [1, 2, 3, 4]), (1_000, [3, 4])):  # of some 480 characters each
        bus.events.clear()
        assert list(replay(newsroom.published, bus, "render", Scope(), size=size)) == counts
        sent = [e for e, _ in bus.events if not isinstance(e.data, CategoryChanged)]
        assert {e.subject: e.data for e in sent} == last


def test_a_replay_may_be_of_one_category_or_of_what_changed_since(
    newsroom: Newsroom, bus: RecordingBus
) -> None:
    newsroom.category("van-hoa", "Văn hóa")
    newsroom.put(A, subjects=[{"name": "van-hoa"}])
    newsroom.publish(A)
    newsroom.put(A, title="Nháp sang mục khác")
    newsroom.clock.forward(hours=1)
    since = newsroom.clock()
    newsroom.put(B)
    newsroom.publish(B)
    for scope, expected in ((Scope(category="van-hoa"), A), (Scope(since=since), B)):
        bus.events.clear()
        list(replay(newsroom.published, bus, "indexing", scope))
        found = {e.subject for e, _ in bus.events if isinstance(e.data, ArticlePublished)}
        assert found == {str(expected)}


def test_a_replay_tells_a_category_by_its_name_now(newsroom: Newsroom, bus: RecordingBus) -> None:
    newsroom.put(A)
    newsroom.publish(A)
    assert newsroom.category("tin-tuc", "Thời sự").status_code == 200
    list(replay(newsroom.published, bus, "render", Scope(ids=(A,))))
    assert bus.events[-1][0].data.article.category.name == "Thời sự"


def test_manifests_leave_no_id_out_and_tell_how_each_stands(newsroom: Newsroom) -> None:
    _some_of_each(newsroom)
    found = [e.data for e in manifests(newsroom.published, size=2)]
    assert all(isinstance(data, ArticlesManifest) for data in found)
    assert found[0].first == UUID(int=0)
    assert found[-1].last == UUID(int=2**128 - 1)
    assert all(second.first.int == first.last.int + 1 for first, second in pairwise(found))
    entries = {entry.id: entry for data in found for entry in data.entries}
    assert {i: e.state for i, e in entries.items()} == {
        an_id(1): "live",
        an_id(2): "gone",
        an_id(3): "redirect",
        an_id(4): "withdrawal",
    }
    last = {e.subject: e.data for e in newsroom.sent()}
    assert all(entry.version == last[str(i)].version for i, entry in entries.items())
    for data in found:
        assert all(data.first <= entry.id <= data.last for entry in data.entries)


def test_an_empty_newsroom_says_that_nothing_was_ever_published(newsroom: Newsroom) -> None:
    [only] = [e.data for e in manifests(newsroom.published, size=2)]
    assert (only.first.int, only.last.int, only.entries) == (0, 2**128 - 1, ())


def test_consumers_say_twice_what_they_did_and_it_is_kept_once(newsroom: Newsroom) -> None:
    said = event(ArticleDelivered(consumer="indexing", id=A, version=7), subject=str(A))
    for _ in range(2):
        assert handle([said, said], newsroom.published, newsroom.clock, _not_listening) == [
            Done(),
            Done(),
        ]


def test_a_replay_that_was_asked_for_is_carried_out_piece_by_piece(
    newsroom: Newsroom, bus: RecordingBus
) -> None:
    newsroom.import_lines(*(line(n) for n in range(230)), query="?publish=true")
    woken: list[bool] = []
    asked = event(ReplayRequested(consumer="render"), subject="render")
    for _ in range(2):
        done = handle([asked], newsroom.published, newsroom.clock, lambda: woken.append(True))
        assert done == [Done()]
    assert woken
    assert replay_some(newsroom.store, newsroom.published, bus)
    bus.down = True
    with pytest.raises(BusUnavailable):
        replay_some(newsroom.store, newsroom.published, bus)
    bus.down = False
    while replay_some(newsroom.store, newsroom.published, bus):
        pass
    sent = [e.subject for e, _ in bus.events if isinstance(e.data, ArticlePublished)]
    assert sorted(sent) == sorted(str(an_id(n)) for n in range(230)), "each once: it was resumed"
    assert newsroom.published.next_replay() is None


def test_a_replay_of_some_ids_sends_those_and_no_categories(
    newsroom: Newsroom, bus: RecordingBus
) -> None:
    newsroom.import_lines(*(line(n) for n in range(5)), query="?publish=true")
    ids = (an_id(3), an_id(1), an_id(99))
    asked = event(ReplayRequested(consumer="indexing", ids=ids), subject="indexing")
    handle([asked], newsroom.published, newsroom.clock, _not_listening)
    while replay_some(newsroom.store, newsroom.published, bus):
        pass
    assert {e.subject for e, _ in bus.events} == {str(an_id(3)), str(an_id(1))}


def test_a_replay_of_ids_finds_those_behind_many_that_were_never_published(
    newsroom: Newsroom, bus: RecordingBus
) -> None:
    newsroom.import_lines(line(1), line(2), query="?publish=true")
    ids = (*(UUID(int=number) for number in range(500)), A, B)
    asked = event(ReplayRequested(consumer="indexing", ids=ids), subject="indexing")
    handle([asked], newsroom.published, newsroom.clock, _not_listening)
    while replay_some(newsroom.store, newsroom.published, bus):
        pass
    assert [e.subject for e, _ in bus.events] == sorted([str(A), str(B)])
    assert newsroom.published.next_replay() is None


def test_what_ingest_cannot_do_is_parked_with_its_reason(newsroom: Newsroom) -> None:
    nobody = event(ReplayRequested(consumer="visits"), subject="visits")
    found = handle([nobody, published(1)], newsroom.published, newsroom.clock, _not_listening)
    assert [type(outcome) for outcome in found] == [Park, Park]


def test_a_database_that_is_gone_is_tried_again(newsroom: Newsroom) -> None:
    said = event(ArticleDelivered(consumer="indexing", id=A, version=7), subject=str(A))
    with newsroom.store.database.write() as connection:
        connection.exec_driver_sql("DROP TABLE delivered")
    [outcome] = handle([said], newsroom.published, newsroom.clock, _not_listening)
    assert isinstance(outcome, Retry)


def test_the_jobs_do_all_of_it_and_wait_out_a_bus_that_is_down(
    newsroom: Newsroom, bus: RecordingBus
) -> None:
    newsroom.put(A)
    newsroom.publish(A, at="2026-03-14T06:00:00Z")
    asked = event(ReplayRequested(consumer="render"), subject="render")
    handle([asked], newsroom.published, newsroom.clock, _not_listening)
    settings = newsroom.settings.model_copy(
        update={"jobs_poll_seconds": 0.01, "manifest_seconds": 0.5}
    )
    process = bootstrap.build_jobs(settings, store=newsroom.store, bus=bus)

    def troubled() -> bool:
        return any("down" in problem for problem in _problems(process))

    bus.down = True
    stop = threading.Event()
    thread = threading.Thread(target=process.run, args=(stop,))
    thread.start()
    try:
        wait_for(troubled, within=30, every=0.005)
        newsroom.clock.forward(hours=2)
        bus.down = False
        wait_for(
            lambda: (
                {to for e, to in bus.events if isinstance(e.data, ArticlesManifest)} == set(TARGETS)
            ),
            within=30,
            every=0.005,
        )
        wait_for(lambda: newsroom.published.next_replay() is None, within=30, every=0.005)
        wait_for(lambda: newsroom.get(A).get_json()["state"] == "published", within=30)
        wait_for(lambda: not troubled(), within=30)
    finally:
        stop.set()
        thread.join(30)


def _problems(process: Process) -> Iterator[str]:
    for check in process.checks.values():
        try:
            check()
        except RuntimeError as error:
            yield str(error)


def test_the_command_line_replays_and_sends_manifests(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    newsroom.put(A)
    newsroom.publish(A)
    monkeypatch.setenv("BANTIN_DATA_DIR", str(newsroom.settings.data_dir))
    monkeypatch.setenv("BANTIN_DATABASE", newsroom.settings.database)
    assert main(["replay", "--to", "render", "--since", "2026-01-01T00:00:00Z"]) == 0
    assert main(["manifest"]) == 0
    bus = open_bus(newsroom.settings.bus_url)
    subscription = bus.subscribe(RENDER.queue(Lane.BULK))
    found = [type(decode(d.body).data) for d in subscription.fetch(10, 5.0)]
    subscription.close()
    bus.close()
    assert found == [CategoryChanged, ArticlePublished, CategoryChanged, ArticlesManifest]


def test_a_replay_says_how_far_it_is_and_refuses_a_category_that_does_not_exist(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for article_id in (A, B):
        newsroom.put(article_id)
        newsroom.publish(article_id)
    monkeypatch.setenv("BANTIN_DATA_DIR", str(newsroom.settings.data_dir))
    monkeypatch.setenv("BANTIN_DATABASE", newsroom.settings.database)
    assert main(["replay", "--to", "indexing", "--category", "tin-tuc"]) == 0
    said = capsys.readouterr().err
    assert "2 of 2" in said
    assert said.endswith("2 article(s) sent to indexing.\n")
    assert main(["replay", "--to", "indexing", "--category", "khong-co"]) == 1
    assert "khong-co" in capsys.readouterr().err


def test_a_wrong_moment_on_the_command_line_is_refused() -> None:
    with pytest.raises(SystemExit):
        main(["replay", "--to", "render", "--since", "yesterday"])


def test_categories_are_made_renamed_ordered_and_told(newsroom: Newsroom) -> None:
    made = newsroom.category("van-hoa", "Văn hóa")
    assert (made.status_code, made.get_json()["position"]) == (201, 1)
    again = newsroom.category("van-hoa", "Văn hóa")
    assert (again.status_code, again.get_json()) == (200, made.get_json())
    moved = newsroom.category("van-hoa", "Văn hóa", position=0).get_json()
    assert moved["version"] > made.get_json()["version"]
    assert newsroom.category("khac", "văn  HÓA").status_code == 409
    assert newsroom.category("Văn hóa", "x").status_code == 422
    assert newsroom.category("x", " ").status_code == 422
    told = [decode(p.body).data for p in newsroom.outbox.pending(10)]
    assert [(d.category.slug, d.position) for d in told] == [
        ("tin-tuc", 0),
        ("van-hoa", 1),
        ("van-hoa", 0),
    ]
    listed = newsroom.call("GET", "/v1/categories").get_json()["categories"]
    assert [c["slug"] for c in listed] == ["tin-tuc", "van-hoa"]
    assert newsroom.call("GET", "/v1/categories/none").status_code == 404


def test_the_migrations_make_the_tables_that_the_code_expects(newsroom: Newsroom) -> None:
    database = Database(newsroom.settings.ingest_database_url)
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []
    database.close()
