"""Who is let in, and for what."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from services.ingest.__main__ import main
from services.ingest.store.tables import TOKENS
from services.ingest.store.tokens import Scope
from tests.factories import an_id
from tests.unit.ingest.newsroom import Newsroom, document

A = an_id(1)
CALLS: list[tuple[str, str, Scope | None]] = [
    ("GET", "/v1/articles", None),
    ("GET", f"/v1/articles/{A}", None),
    ("GET", f"/v1/articles/{A}/history", None),
    ("GET", "/v1/categories", None),
    ("PUT", f"/v1/articles/{A}", Scope.DRAFT),
    ("DELETE", f"/v1/articles/{A}/draft", Scope.DRAFT),
    ("PUT", f"/v1/media/{A}", Scope.DRAFT),
    ("POST", "/v1/import", Scope.DRAFT),
    ("POST", f"/v1/articles/{A}/publish", Scope.PUBLISH),
    ("POST", f"/v1/articles/{A}/unpublish", Scope.PUBLISH),
    ("PUT", "/v1/categories/x", Scope.ADMIN),
]


@pytest.mark.parametrize(("method", "path"), [(m, p) for m, p, _ in CALLS])
@pytest.mark.parametrize(
    "header", [None, "Bearer", "Bearer ", "Bearer wrong", "Basic eDp5", "Bearer \xff\x00é"]
)
def test_without_a_good_token_nothing_is_answered(
    newsroom: Newsroom, method: str, path: str, header: str | None
) -> None:
    headers = {"Authorization": header} if header else {}
    answer = newsroom.http.open(path, method=method, headers=headers, data=b"{broken")
    assert answer.status_code == 401, "and the body was not looked at"
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.get_json()["type"] == "urn:bantin:problem:unauthorized"


@pytest.mark.parametrize(("method", "path", "scope"), [c for c in CALLS if c[2]])
def test_a_token_without_the_scope_is_refused_before_the_body_is_read(
    newsroom: Newsroom, method: str, path: str, scope: Scope
) -> None:
    others = frozenset(Scope) - {scope}
    newsroom.token = newsroom.tokens.create("Khác", others)
    answer = newsroom.call(method, path, data=b"{broken")
    assert answer.status_code == 403
    assert scope in answer.headers["WWW-Authenticate"]


@pytest.mark.parametrize(
    ("query", "scope"), [("publish=true", "publish"), ("create_categories=true", "admin")]
)
def test_an_import_needs_the_scope_for_what_it_is_asked_to_do(
    newsroom: Newsroom, query: str, scope: str
) -> None:
    newsroom.token = newsroom.tokens.create("Khác", frozenset({Scope.DRAFT}))
    answer = newsroom.call("POST", f"/v1/import?{query}", data=b"")
    assert answer.status_code == 403
    assert scope in answer.get_json()["detail"]


def test_a_token_ends_when_it_expires(newsroom: Newsroom) -> None:
    expires = newsroom.clock() + timedelta(days=1)
    newsroom.token = newsroom.tokens.create("Tạm", frozenset({Scope.DRAFT}), expires)
    assert newsroom.call("GET", "/v1/articles").status_code == 200
    newsroom.clock.forward(days=1)
    assert newsroom.call("GET", "/v1/articles").status_code == 401


def test_a_token_ends_when_it_is_revoked(newsroom: Newsroom) -> None:
    known = newsroom.tokens.find(newsroom.token)
    assert known is not None
    assert newsroom.tokens.revoke(known.id)
    assert newsroom.call("GET", "/v1/articles").status_code == 401
    assert not newsroom.tokens.revoke(known.id)


def test_what_is_kept_of_a_token_is_not_the_token(newsroom: Newsroom) -> None:
    with newsroom.store.database.read() as connection:
        kept = repr(connection.execute(select(TOKENS)).all())
    assert newsroom.token not in kept
    assert newsroom.token.removeprefix("bantin_") not in kept


def test_the_command_line_makes_lists_and_revokes_tokens(
    newsroom: Newsroom,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("BANTIN_DATA_DIR", str(newsroom.settings.data_dir))
    monkeypatch.setenv("BANTIN_DATABASE", newsroom.settings.database)
    made = ["token", "create", "--name", "Minh", "--scope", "draft", "--scope", "publish"]
    assert main([*made, "--expires-days", "3650"]) == 0
    newsroom.token = capsys.readouterr().out.splitlines()[-1]
    assert newsroom.call("PUT", f"/v1/articles/{A}", json=document()).status_code == 201
    assert main(["token", "list"]) == 0
    shown = capsys.readouterr().out
    assert "Minh" in shown
    assert newsroom.token not in shown
    number = next(line.split("\t")[0] for line in shown.splitlines() if "Minh" in line)
    assert main(["token", "revoke", number]) == 0
    assert newsroom.call("GET", "/v1/articles").status_code == 401
    assert main(["token", "revoke", number]) == 1
