"""Articles with all that belongs to them go from one kind of database to the other, and back."""

import io
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.ingest import moving
from services.ingest.settings import Settings
from services.ingest.store.tables import METADATA
from services.ingest.store.tokens import Scope
from shared.archive import ArchiveError, Header, writing
from tests.contract.move.conftest import NewPlace, everything
from tests.factories import an_id
from tests.unit.ingest.newsroom import Newsroom, SteppingClock, line
from tests.unit.ingest.test_pictures import picture

LIVE, MOVED, GONE, WITHDRAWN, SCHEDULED, DRAFT, IMPORTED = (an_id(n) for n in range(7))
PICTURE, SAME_PICTURE = an_id(100), an_id(101)


@contextmanager
def newsroom(folder: Path, url: str) -> Iterator[Newsroom]:
    room = Newsroom(Settings(data_dir=folder, database=url), SteppingClock())
    try:
        yield room
    finally:
        room.store.database.close()


def fill(room: Newsroom) -> None:
    """Leave one of everything that ingest can know."""
    room.category("tin-tuc", "Tin tức")
    room.category("thong-bao", "Thông báo", position=7)
    data = picture("JPEG", (600, 300))
    for media in (PICTURE, SAME_PICTURE):
        assert room.call("PUT", f"/v1/media/{media}", data=data).status_code == 201
    beside = {"type": "picture", "renditions": [{"href": f"/media/{PICTURE}"}]}
    legacy: dict[str, Any] = {
        "altIds": [{"role": "legacy-url", "value": "http://cu.example.org/tin?id=7"}]
    }
    room.put(LIVE, associations=[beside | {"descriptions": [{"value": "Cầu"}]}], **legacy)
    for article in (MOVED, GONE, WITHDRAWN, SCHEDULED, DRAFT):
        assert room.put(article, headlines=[{"value": f"Tin {article.hex}"}]).status_code == 201
    for article in (LIVE, MOVED, GONE, WITHDRAWN):
        assert room.publish(article).status_code == 200
    room.clock.forward(minutes=5, microseconds=123_456)
    room.put(MOVED, headlines=[{"value": "Tin đã đổi tên"}])
    assert room.publish(MOVED, slug="ten-moi").status_code == 200
    assert room.unpublish(GONE).status_code == 200
    assert room.unpublish(WITHDRAWN, "withdrawal", explanation="Có sai sót").status_code == 200
    assert room.publish(SCHEDULED, at="2026-04-01T08:00:00+07:00").status_code == 200
    room.import_lines(line(6, "Tin nhập"), query="?publish=true")
    room.tokens.create("Hết hạn", frozenset({Scope.DRAFT}), room.clock.moment)
    room.tokens.revoke(2)


def export(room: Newsroom, *, media_only: bool = False) -> bytes:
    out = io.BytesIO()
    moving.export(room.settings, out, media_only=media_only, progress=lambda *_: None)
    return out.getvalue()


def take_in(room: Newsroom, archive: bytes, *, media_only: bool = False) -> None:
    source = io.BytesIO(archive)
    moving.take_in(room.settings, source, media_only=media_only, progress=lambda *_: None)


def kept(room: Newsroom) -> dict[str, list[tuple[object, ...]]]:
    """Return every row but those that stay behind."""
    behind = {table.name for table in moving.LEFT_BEHIND}
    found = everything(room.settings.ingest_database_url, METADATA)
    return {name: rows for name, rows in found.items() if name not in behind}


def files(room: Newsroom) -> dict[str, bytes]:
    folder = room.settings.data_dir / "ingest"
    found = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in found
        if "wake" not in path.parts
    }


def answers(room: Newsroom) -> list[object]:
    """Return what editors are told of every article, as it stands and as it went."""
    paths = [
        f"/v1/articles/{article}{which}"
        for article in (LIVE, MOVED, GONE, WITHDRAWN, SCHEDULED, DRAFT, IMPORTED)
        for which in ("", "/history")
    ]
    shown = [room.call("GET", path) for path in ("/v1/categories", "/v1/articles", *paths)]
    return [(answer.status_code, answer.get_json()) for answer in shown]


@pytest.fixture(scope="module")
def old_ones(new_place: NewPlace) -> Iterator[Callable[[str], Newsroom]]:
    """Gives a newsroom of a kind with one of everything; a test may add to it."""
    with ExitStack() as opened:

        @cache
        def made(kind: str) -> Newsroom:
            room = opened.enter_context(newsroom(*new_place(kind, "ingest")))
            fill(room)
            return room

        yield made


@pytest.fixture
def filled(old_ones: Callable[[str], Newsroom]) -> Newsroom:
    return old_ones("sqlite")


def test_every_table_is_moved_or_left_behind_on_purpose() -> None:
    named = [*moving.TABLES, *moving.LEFT_BEHIND]
    assert sorted(table.name for table in named) == sorted(METADATA.tables)


def test_everything_is_the_same_there_and_back_again_and_life_goes_on(
    there_and_back: tuple[str, str],
    old_ones: Callable[[str], Newsroom],
    new_place: NewPlace,
) -> None:
    here, there = there_and_back
    old = old_ones(here)
    with (
        newsroom(*new_place(there, "ingest")) as new,
        newsroom(*new_place(here, "ingest")) as back,
    ):
        told = answers(old)
        for room, source in ((new, old), (back, new)):
            empty(room)
            take_in(room, export(source))
            room.token = old.token
            assert kept(room) == kept(old)
            assert files(room) == files(old)
            assert answers(room) == told
            assert room.outbox.count() == 0, "events on their way stay where they were"
        served = new.http.get(f"/media/{SAME_PICTURE}/web")
        assert served.data == files(old)[_path_of_web(old)]
        served.close()

        before = new.get(MOVED).get_json()["version"]
        new.tokens.create("Mới", frozenset(Scope))
        new.put(MOVED, headlines=[{"value": "Sau khi chuyển"}])
        assert new.publish(MOVED).get_json()["version"] > before
        assert [event.subject for event in new.sent()] == [str(MOVED)]


def _path_of_web(room: Newsroom) -> str:
    return next(name for name in files(room) if name.endswith("/web"))


def empty(room: Newsroom) -> None:
    """Undo what a newsroom of the tests begins with: a token for itself."""
    with room.store.database.write() as connection:
        for table in reversed(METADATA.sorted_tables):
            connection.execute(table.delete())


def test_what_is_changed_while_it_is_read_is_not_in_it(
    there_and_back: tuple[str, str],
    old_ones: Callable[[str], Newsroom],
    new_place: NewPlace,
) -> None:
    here, there = there_and_back
    old = old_ones(here)
    late: list[UUID] = []

    def meanwhile(*_: int) -> None:
        late.append(uuid4())
        assert old.put(late[-1]).status_code == 201
        assert old.publish(late[-1]).status_code == 200

    as_it_was, out = kept(old), io.BytesIO()
    moving.export(old.settings, out, media_only=False, progress=meanwhile)
    assert late
    with newsroom(*new_place(there, "ingest")) as new:
        empty(new)
        take_in(new, out.getvalue())
        assert kept(new) == as_it_was


def spoiled(archive: bytes) -> dict[str, bytes]:
    middle = len(archive) // 2
    return {
        "nothing": b"",
        "another file": b"no archive at all" * 100,
        "cut off in the middle": archive[:middle],
        "cut off near its end": archive[:-200],
        "a byte changed": archive[:middle] + bytes([archive[middle] ^ 1]) + archive[middle + 1 :],
    }


@pytest.mark.parametrize("there", ["sqlite", "postgresql"])
def test_a_broken_archive_changes_nothing(
    there: str, filled: Newsroom, new_place: NewPlace
) -> None:
    archive = export(filled)
    with newsroom(*new_place(there, "ingest")) as room:
        empty(room)
        before = kept(room)
        for what, content in spoiled(archive).items():
            with pytest.raises(ArchiveError, match="archive"):
                take_in(room, content)
            assert kept(room) == before, what
            assert files(room) == {}, what
        take_in(room, archive)
        assert kept(room) == kept(filled)


def test_what_is_not_empty_is_left_alone(filled: Newsroom, new_place: NewPlace) -> None:
    archive = export(filled)
    with newsroom(*new_place("sqlite", "ingest")) as room:
        room.category("tin-tuc", "Tin tức")
        before = kept(room)
        with pytest.raises(ArchiveError, match=re.escape("not empty: 1 row(s) in categories")):
            take_in(room, archive)
        assert kept(room) == before
        assert files(room) == {}


def test_an_archive_of_another_version_or_service_is_refused(
    filled: Newsroom, new_place: NewPlace
) -> None:
    with newsroom(*new_place("sqlite", "ingest")) as room:
        empty(room)
        with pytest.raises(ArchiveError, match="of ingest pictures, not of ingest"):
            take_in(room, export(filled, media_only=True))
        with room.store.database.write() as connection:
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0000'")
        with pytest.raises(ArchiveError, match="revision 0001, here they are of 0000"):
            take_in(room, export(filled))


def test_pictures_alone_go_beside_a_database_that_is_there(
    filled: Newsroom, new_place: NewPlace
) -> None:
    with newsroom(*new_place("sqlite", "ingest")) as room:
        before = kept(room)
        take_in(room, export(filled, media_only=True), media_only=True)
        assert files(room) == files(filled)
        assert kept(room) == before
        take_in(room, export(filled, media_only=True), media_only=True)


def test_a_name_that_leads_elsewhere_is_refused(new_place: NewPlace) -> None:
    out = io.BytesIO()
    with newsroom(*new_place("sqlite", "ingest")) as room:
        header = Header("ingest pictures", "0001", {})
        with writing(out, header, lambda *_: None) as writer:
            writer.file("../../escaped", 1, io.BytesIO(b"x"))
        with pytest.raises(ArchiveError, match="no picture's"):
            take_in(room, out.getvalue(), media_only=True)
        assert not list(room.settings.data_dir.rglob("escaped"))
