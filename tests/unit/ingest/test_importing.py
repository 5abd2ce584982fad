"""Many articles at once: every line judged alone, nothing half-saved, nothing resurrected."""

import io
import json
import random
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from services.ingest.importing import LINE_LIMIT, Line, Options, batches, run_import, split_lines
from services.ingest.store.tables import EDITIONS, HISTORY
from shared.contracts.events import ArticlePublished
from tests.factories import an_id
from tests.unit.ingest.newsroom import Newsroom, line

PUBLISH = "?publish=true"


def _rows(newsroom: Newsroom) -> tuple[int, int]:
    with newsroom.store.database.read() as connection:
        editions = connection.execute(select(func.count()).select_from(EDITIONS)).scalar_one()
        history = connection.execute(select(func.count()).select_from(HISTORY)).scalar_one()
    return editions, history


def test_bad_lines_among_good_ones_stop_none_of_the_others(newsroom: Newsroom) -> None:
    long = b'{"by": "' + b"a" * LINE_LIMIT + b'"}'
    without_uri = line(1) | {"uri": None}
    found = newsroom.import_lines(
        line(1),
        b'{"broken": ',
        line(2, colour="đỏ"),
        b"",
        long,
        line(3, subjects=[{"name": "không có"}]),
        without_uri,
        line(4, contentCreated="2026-03-14"),
        b"[]",
        line(5),
        query=PUBLISH,
    )
    assert [(r["line"], r["status"]) for r in found] == [
        (1, 201),
        (2, 400),
        (3, 422),
        (5, 413),
        (6, 422),
        (7, 422),
        (8, 422),
        (9, 422),
        (10, 201),
    ], "blank lines have a number and no result"
    by_line = {r["line"]: r for r in found}
    assert by_line[3]["id"] == str(an_id(2))
    assert by_line[3]["errors"][0]["pointer"] == "/colour"
    assert by_line[6]["errors"][0]["pointer"] == "/subjects/0/name"
    assert by_line[7]["errors"][0]["pointer"] == "/uri"
    assert by_line[1]["url"].startswith("/tin/tin-nhap-")
    for number in (2, 3, 4):
        assert newsroom.store.record(an_id(number)) is None
    assert [e.subject for e in newsroom.sent()] == [str(an_id(1)), str(an_id(5))]


def test_the_same_import_again_changes_nothing(newsroom: Newsroom) -> None:
    lines = [line(number) for number in range(250)]
    first = newsroom.import_lines(*lines, query=PUBLISH)
    assert {r["status"] for r in first} == {201}
    rows, events = _rows(newsroom), len(newsroom.sent())
    newsroom.clock.forward(hours=1)
    again = newsroom.import_lines(*lines, query=PUBLISH)
    assert {r["status"] for r in again} == {200}
    assert [(r["id"], r["version"], r["url"]) for r in again] == [
        (r["id"], r["version"], r["url"]) for r in first
    ]
    assert (_rows(newsroom), len(newsroom.sent())) == (rows, events)


WITHDRAWN: dict[str, Callable[[Newsroom], object]] = {
    "unpublished": lambda room: room.unpublish(an_id(1)),
    "withdrawn": lambda room: room.unpublish(an_id(1), "withdrawal"),
    "edited and unpublished": lambda room: (
        room.put(an_id(1), title="Biên tập viên sửa"),
        room.publish(an_id(1)),
        room.unpublish(an_id(1)),
    ),
    "edited": lambda room: (
        room.put(an_id(1), title="Biên tập viên sửa"),
        room.publish(an_id(1)),
    ),
    "edited as a draft": lambda room: room.put(an_id(1), title="Biên tập viên sửa"),
    "scheduled": lambda room: (
        room.put(an_id(1), title="Hẹn giờ"),
        room.publish(an_id(1), at="2027-01-01T00:00:00Z"),
    ),
}


@pytest.mark.parametrize("done", WITHDRAWN.values(), ids=WITHDRAWN.keys())
def test_an_unchanged_line_is_a_no_op_whatever_an_editor_has_done_since(
    newsroom: Newsroom, done: Callable[[Newsroom], object]
) -> None:
    newsroom.import_lines(line(1), query=PUBLISH)
    done(newsroom)
    before = newsroom.store.record(an_id(1))
    [again] = newsroom.import_lines(line(1), query=PUBLISH)
    assert again["status"] == 200
    assert newsroom.store.record(an_id(1)) == before


def test_a_changed_line_is_a_new_edition(newsroom: Newsroom) -> None:
    newsroom.import_lines(line(1), query=PUBLISH)
    [changed] = newsroom.import_lines(line(1, "Sửa ở nguồn"), query=PUBLISH)
    assert changed["status"] == 200
    event = newsroom.sent()[-1].data
    assert isinstance(event, ArticlePublished)
    assert (event.article.title, event.edition) == ("Sửa ở nguồn", 2)


def test_an_article_that_was_discarded_may_be_imported_anew(newsroom: Newsroom) -> None:
    newsroom.import_lines(line(1))
    newsroom.discard(an_id(1))
    assert newsroom.import_lines(line(1))[0]["status"] == 201


def test_without_publish_lines_are_drafts(newsroom: Newsroom) -> None:
    [saved] = newsroom.import_lines(line(1))
    assert (saved["status"], saved["url"]) == (201, None)
    assert newsroom.get(an_id(1)).get_json()["state"] == "draft"
    assert newsroom.sent() == []


def test_an_article_twice_in_one_import_ends_as_its_last_line(newsroom: Newsroom) -> None:
    found = newsroom.import_lines(line(1, "Một"), line(1, "Hai"), line(1, "Hai"), query=PUBLISH)
    assert [r["status"] for r in found] == [201, 200, 200]
    assert found[0]["version"] < found[1]["version"] == found[2]["version"]
    titles = [e.data.article.title for e in newsroom.sent()]
    assert titles == ["Một", "Hai"]


def test_an_import_may_create_its_categories_and_then_only_once(newsroom: Newsroom) -> None:
    new = [{"name": "Nông nghiệp"}]
    assert newsroom.import_lines(line(1, subjects=new))[0]["status"] == 422
    bad = line(2, subjects=[{"name": "Chưa có"}], altIds=[{"role": "legacy-url", "value": "/"}])
    lines = (line(1, subjects=new), line(3, subjects=[{"name": "nông  NGHIỆP"}]), bad)
    found = newsroom.import_lines(*lines, query="?create_categories=true")
    assert [r["status"] for r in found] == [201, 201, 422]
    names = [c.name for c in newsroom.store.categories()]
    assert names == ["Tin tức", "Nông nghiệp"], "a bad line makes no category"


def test_two_lines_that_want_one_old_address_are_told_apart(newsroom: Newsroom) -> None:
    legacy = [{"role": "legacy-url", "value": "/cu/1"}]
    found = newsroom.import_lines(line(1, altIds=legacy), line(2, altIds=legacy), query=PUBLISH)
    assert [r["status"] for r in found] == [201, 422]
    assert found[1]["errors"][0]["pointer"] == "/altIds/0/value"


@pytest.fixture
def narrow(newsroom: Newsroom) -> Iterator[Newsroom]:
    """A newsroom whose PostgreSQL has an index that takes no long text; SQLite's takes any."""
    with newsroom.store.database.write() as connection:
        connection.exec_driver_sql("CREATE INDEX narrow ON editions (body)")
    yield newsroom
    with newsroom.store.database.write() as connection:
        connection.exec_driver_sql("DROP INDEX narrow")


def test_a_line_that_only_the_database_refuses_stops_none_of_the_others(narrow: Newsroom) -> None:
    letters = range(0x4E00, 0x9FFF)  # so many that no compression makes the text fit
    text = "".join(map(chr, random.Random(1).sample(letters, 4000)))  # noqa: S311
    long = line(2, bodies=[{"contentType": "text/html", "value": f"<p>{text}</p>"}])
    found = narrow.import_lines(line(1), long, line(3), query=PUBLISH)
    refuses = narrow.store.database.locks_rows
    assert [r["status"] for r in found] == [201, 503 if refuses else 201, 201]
    if refuses:
        assert "refuses" in found[1]["errors"][0]["detail"]
    assert narrow.get(an_id(3)).get_json()["state"] == "published"


def test_results_come_while_lines_are_still_being_read(newsroom: Newsroom) -> None:
    body = b"".join(json.dumps(line(n)).encode() + b"\n" for n in range(2000))
    stream = io.BytesIO(body)
    results = run_import(stream.read, newsroom.store, Options(who="Lan"))
    first = next(results)
    assert [r.line for r in first] == list(range(1, 101))
    assert stream.tell() < len(body), "the rest of the body has not been read yet"
    assert newsroom.store.record(an_id(99)) is not None, "what is answered is durable"
    assert newsroom.store.record(an_id(100)) is None


def test_an_import_that_breaks_off_is_finished_by_sending_it_again(newsroom: Newsroom) -> None:
    body = b"".join(json.dumps(line(n)).encode() + b"\n" for n in range(300))
    options = Options(who="Lan", publish=True)
    broken_off = run_import(io.BytesIO(body).read, newsroom.store, options)
    next(broken_off)
    broken_off.close()
    found = newsroom.import_body(body, PUBLISH)
    assert [r["status"] for r in found] == [200] * 100 + [201] * 200
    assert len(newsroom.sent()) == 300


def test_an_unknown_parameter_of_an_import_is_named(newsroom: Newsroom) -> None:
    for query in ("?colour=red", "?publish=maybe"):
        assert newsroom.call("POST", f"/v1/import{query}", data=b"").status_code == 422


@given(st.lists(st.binary(max_size=12)), st.integers(1, 7))
def test_lines_are_cut_the_same_however_the_body_arrives(lines: list[bytes], size: int) -> None:
    body = b"\n".join(lines)
    stream = io.BytesIO(body)
    found = list(split_lines(lambda _limit: stream.read(size)))
    expected = [
        Line(number, text) for number, text in enumerate(body.split(b"\n"), 1) if text.strip()
    ]
    assert found == expected


@pytest.mark.parametrize("ending", [b"", b"\n{}"])
def test_a_line_too_long_is_never_held_in_memory(ending: bytes) -> None:
    pieces = iter([b"{}\n", *[b"a" * 300_000] * 200, ending])
    found = list(split_lines(lambda _limit: next(pieces, b"")))
    assert found[:2] == [Line(1, b"{}"), Line(2, None)]
    assert found[2:] == ([Line(3, b"{}")] if ending else [])


@given(st.lists(st.integers(1, 3_000_000), max_size=250))
def test_batches_keep_every_line_in_order_and_stay_small(sizes: list[int]) -> None:
    block = bytes(3_000_000)
    lines = [Line(n, block[:size]) for n, size in enumerate(sizes)]
    found = list(batches(lines))
    assert [one for batch in found for one in batch] == lines
    assert all(len(batch) <= 100 for batch in found)
