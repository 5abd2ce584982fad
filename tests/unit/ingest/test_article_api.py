"""Drafts and articles through the API: idempotence, guards, reading, refusals."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest

from services.ingest.drafts import prepare
from shared.contracts.events import ArticleDelivered, ArticlePublished, ArticleUnpublished
from tests.factories import an_id
from tests.unit.ingest.newsroom import Newsroom, document, is_problem

A, B = an_id(1), an_id(2)


def test_a_draft_is_created_and_the_same_body_again_changes_nothing(newsroom: Newsroom) -> None:
    first = newsroom.put(A)
    assert first.status_code == 201
    assert first.headers["ETag"] == f'"{first.get_json()["version"]}"'
    newsroom.clock.forward(hours=1)
    again = newsroom.put(A)
    assert again.status_code == 200
    assert again.get_json() == first.get_json()
    assert len(newsroom.store.history(A)) == 1


def test_the_text_that_readers_have_already_makes_no_draft(newsroom: Newsroom) -> None:
    newsroom.put(A)
    live = newsroom.publish(A).get_json()
    again = newsroom.put(A)
    assert (again.status_code, again.get_json()) == (200, live)
    is_problem(newsroom.publish(A), 409)


def test_the_words_of_an_article_taken_back_can_be_published_again_unchanged(
    newsroom: Newsroom,
) -> None:
    newsroom.put(A)
    newsroom.publish(A)
    newsroom.unpublish(A)
    assert newsroom.put(A).get_json()["draft"] is True
    assert newsroom.put(A).get_json()["draft"] is True
    assert newsroom.publish(A).get_json()["state"] == "published"


def test_a_stale_if_match_is_refused_with_the_current_version(newsroom: Newsroom) -> None:
    first = newsroom.put(A).headers["ETag"]
    second = newsroom.put(A, title="Hai")
    answer = newsroom.put(A, {"If-Match": first}, title="Ba")
    assert is_problem(answer, 412)["version"] == second.get_json()["version"]
    assert answer.headers["ETag"] == second.headers["ETag"]
    assert newsroom.get(A).get_json()["title"] == "Hai"
    accepted = newsroom.put(A, {"If-Match": second.headers["ETag"]}, title="Ba")
    assert accepted.status_code == 200


@pytest.mark.parametrize("header", ['"1"', "*", "nonsense", 'W/"1"', ""])
def test_if_match_on_an_article_that_is_not_there_is_refused(
    newsroom: Newsroom, header: str
) -> None:
    assert is_problem(newsroom.put(A, {"If-Match": header}), 412)["version"] is None
    assert newsroom.get(A).status_code == 404


def test_if_none_match_guards_against_overwriting(newsroom: Newsroom) -> None:
    assert newsroom.put(A, {"If-None-Match": "*"}).status_code == 201
    is_problem(newsroom.put(A, {"If-None-Match": "*"}, title="Khác"), 412)


def test_a_guard_holds_for_publishing_too(newsroom: Newsroom) -> None:
    stale = newsroom.put(A).headers["ETag"]
    newsroom.put(A, title="Người khác sửa")
    for path in ("publish", "unpublish"):
        answer = newsroom.call(
            "POST",
            f"/v1/articles/{A}/{path}",
            json={"type": "gone"} if path == "unpublish" else {},
            headers={"If-Match": stale},
        )
        is_problem(answer, 412)


def test_an_article_is_read_as_draft_and_as_live(newsroom: Newsroom) -> None:
    newsroom.put(A, title="Bản đăng")
    is_problem(newsroom.get(A, "live"), 404)
    newsroom.publish(A)
    is_problem(newsroom.get(A, "draft"), 404)
    newsroom.put(A, title="Bản nháp")
    for state, title in (("live", "Bản đăng"), ("draft", "Bản nháp"), (None, "Bản nháp")):
        found = newsroom.get(A, state).get_json()
        assert found["article"]["headlines"] == [{"value": title}]
        assert found["saved_by"] == "Lan"
    assert newsroom.get(A).get_json()["article"]["uri"] == f"urn:uuid:{A}"
    is_problem(newsroom.get(B), 404)
    is_problem(newsroom.get(A, "old"), 422)


def test_what_is_read_can_be_sent_back_and_changes_nothing(newsroom: Newsroom) -> None:
    newsroom.put(A)
    shown = newsroom.get(A).get_json()
    again = newsroom.call("PUT", f"/v1/articles/{A}", json=shown["article"])
    assert again.get_json()["version"] == shown["version"]


def test_delivery_shows_when_a_version_was_accepted_indexed_and_rendered(
    newsroom: Newsroom,
) -> None:
    newsroom.put(A)
    assert newsroom.get(A).get_json()["delivery"]["accepted"] is not None
    newsroom.clock.forward(seconds=1)
    version = newsroom.publish(A).get_json()["version"]
    accepted = newsroom.get(A).get_json()["delivery"]
    assert accepted == {"accepted": "2026-03-14T05:00:01.000Z", "indexed": None, "rendered": None}
    at = newsroom.clock() + timedelta(seconds=1)
    old = ArticleDelivered(consumer="render", id=A, version=version - 1)
    newsroom.published.keep([old], [], at)
    assert newsroom.get(A).get_json()["delivery"]["rendered"] is None, (
        "an older version is no proof"
    )
    newer = ArticleDelivered(consumer="render", id=A, version=version + 5)
    newsroom.published.keep([newer], [], at)
    found = newsroom.get(A).get_json()["delivery"]
    assert found["rendered"] == "2026-03-14T05:00:02.000Z", "a newer version stands for it"
    assert found["indexed"] is None
    newsroom.put(A, title="Nháp mới")
    assert newsroom.get(A).get_json()["delivery"] == found, "a draft is not on its way to readers"


def test_history_tells_who_did_what_with_every_edition(newsroom: Newsroom) -> None:
    newsroom.put(A)
    newsroom.publish(A, change_note="Lần đầu")
    newsroom.put(A, title="Hai")
    newsroom.discard(A)
    newsroom.unpublish(A, "withdrawal", explanation="Sai số liệu")
    found = newsroom.call("GET", f"/v1/articles/{A}/history").get_json()["history"]
    told = [(entry["action"], entry["edition"]) for entry in reversed(found)]
    assert told == [
        ("saved", 1),
        ("published", 1),
        ("saved", 2),
        ("draft discarded", 2),
        ("unpublished", 1),
    ]
    assert {entry["who"] for entry in found} == {"Lan"}
    assert found[-2]["change_note"] == "Lần đầu"
    assert found[0]["explanation"] == "Sai số liệu"
    assert [e["version"] for e in found] == sorted((e["version"] for e in found), reverse=True)


def test_every_word_that_was_saved_is_still_there(newsroom: Newsroom) -> None:
    for title in ("Một", "Hai", "Ba"):
        newsroom.put(A, title=title)
    newsroom.discard(A)
    newsroom.put(A, title="Bốn")
    for number, title in enumerate(("Một", "Hai", "Ba", "Bốn"), start=1):
        assert title in newsroom.store.edition(A, number).body


def test_the_list_goes_page_by_page_without_gap_or_repetition(newsroom: Newsroom) -> None:
    for number in range(7):
        newsroom.put(an_id(number), title=f"Tin {number}")  # all in the same millisecond
    seen, cursor = [], None
    while True:
        query = {"limit": "3"} | ({"cursor": cursor} if cursor else {})
        page = newsroom.call("GET", "/v1/articles", query_string=query).get_json()
        seen += [article["id"] for article in page["articles"]]
        cursor = page["cursor"]
        if cursor is None:
            break
    assert sorted(seen) == sorted(str(an_id(number)) for number in range(7))


def test_the_list_filters(newsroom: Newsroom) -> None:
    newsroom.category("van-hoa", "Văn hóa")
    newsroom.put(an_id(1))
    newsroom.publish(an_id(1))
    newsroom.put(an_id(1), title="Nháp bên cạnh")
    newsroom.clock.forward(hours=1)
    newsroom.put(an_id(2), subjects=[{"name": "Văn Hóa"}])
    newsroom.put(an_id(3))
    newsroom.discard(an_id(3))

    def ids(**query: str) -> set[str]:
        found = newsroom.call("GET", "/v1/articles", query_string=query).get_json()["articles"]
        return {article["id"] for article in found}

    assert ids() == {str(an_id(1)), str(an_id(2))}
    assert ids(state="published") == ids(state="live") == {str(an_id(1))}
    assert ids(state="draft") == ids(category="van-hoa") == {str(an_id(2))}
    assert ids(updated_since="2026-03-14T05:30:00Z") == {str(an_id(2))}


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=201",
        "limit=x",
        "state=none",
        "cursor=zz",
        "cursor=",
        "x=1",
        "updated_since=2026-03-14",
        "cursor=%C3%A9",
        "cursor=LTE6MDA=",
    ],
)
def test_a_wrong_list_parameter_is_named(newsroom: Newsroom, query: str) -> None:
    assert is_problem(newsroom.call("GET", f"/v1/articles?{query}"), 422)["errors"]


def test_the_event_carries_the_whole_public_article(newsroom: Newsroom) -> None:
    newsroom.put(A, descriptions=[])
    newsroom.publish(A)
    event = newsroom.sent()[-1]
    assert isinstance(event.data, ArticlePublished)
    body = event.data.article
    assert (event.subject, event.time) == (str(A), newsroom.clock())
    assert (body.title, body.summary, body.by) == ("Khánh thành cầu Bến Đá", "", "Minh Châu")
    assert (body.category.slug, body.category.name) == ("tin-tuc", "Tin tức")
    assert (body.sources, body.tags) == (("Đài truyền thanh xã",), ("cầu đường",))


def test_a_minor_update_keeps_the_moment_of_the_last_major_one(newsroom: Newsroom) -> None:
    newsroom.put(A)
    newsroom.publish(A)
    newsroom.clock.forward(hours=1)
    newsroom.put(A, title="Sửa lỗi chính tả")
    newsroom.publish(A, update_type="minor")
    newsroom.clock.forward(hours=1)
    newsroom.put(A, title="Thêm đoạn mới")
    newsroom.publish(A)
    first, minor, major = (event.data for event in newsroom.sent())
    assert isinstance(first, ArticlePublished)
    assert isinstance(minor, ArticlePublished)
    assert isinstance(major, ArticlePublished)
    assert first.updated_at == minor.updated_at < major.updated_at


def test_unpublishing_says_how_and_a_withdrawal_keeps_the_text(newsroom: Newsroom) -> None:
    newsroom.put(A)
    newsroom.publish(A)
    newsroom.unpublish(A)
    newsroom.unpublish(A)
    newsroom.unpublish(A, "redirect", location="/chuyen-muc/tin-tuc/")
    newsroom.unpublish(A, "withdrawal", explanation="Đính chính sau")
    events = [e.data for e in newsroom.sent() if isinstance(e.data, ArticleUnpublished)]
    assert [(e.unpublish_type, e.location, e.explanation) for e in events] == [
        ("gone", None, None),
        ("redirect", "/chuyen-muc/tin-tuc/", None),
        ("withdrawal", None, "Đính chính sau"),
    ], "the same again is not said twice"
    assert [e.article is not None for e in events] == [False, False, True]


BAD_PUBLISH = [
    {"at": "2026-03-14T08:00:00"},
    {"at": 5},
    {"slug": "Có dấu"},
    {"slug": "a--b"},
    {"slug": "a" * 81},
    {"slug": ""},
    {"update_type": "tiny"},
    {"colour": "đỏ"},
    [],
]


@pytest.mark.parametrize("body", BAD_PUBLISH, ids=str)
def test_a_wrong_publish_is_refused(newsroom: Newsroom, body: object) -> None:
    newsroom.put(A)
    answer = newsroom.call("POST", f"/v1/articles/{A}/publish", json=body)
    assert is_problem(answer, 422)["errors"]
    assert newsroom.get(A).get_json()["state"] == "draft"


BAD_UNPUBLISH: list[object] = [
    {},
    {"type": "lost"},
    {"type": "redirect"},
    {"type": "redirect", "location": "//x"},
    {"type": "redirect", "location": "javascript:x"},
    {"type": "gone", "location": "/a"},
    {"type": "gone", "why": "x"},
]


@pytest.mark.parametrize("body", BAD_UNPUBLISH, ids=str)
def test_a_wrong_unpublish_is_refused(newsroom: Newsroom, body: object) -> None:
    newsroom.put(A)
    newsroom.publish(A)
    is_problem(newsroom.call("POST", f"/v1/articles/{A}/unpublish", json=body), 422)
    assert newsroom.get(A).get_json()["state"] == "published"


BAD_BODIES = {
    "broken": (b'{"type": ', 400),
    "nothing": (b"", 400),
    "not UTF-8": (b'{"by": "\xff"}', 400),
    "NaN": (b'{"by": NaN}', 400),
    "deep": (b"[" * 100_000, 400),
    "half a character": (b'{"by": "\\ud800"}', 400),
    "a list": (b"[]", 422),
    "null": (b"null", 422),
    "more than a mebibyte": (b'"' + b"a" * 1024 * 1024 + b'"', 413),
    "an unknown category": (json.dumps(document(subjects=[{"name": "x"}])).encode(), 422),
    "a picture that is not there": (
        json.dumps(
            document(associations=[{"renditions": [{"href": f"/media/{uuid4()}"}]}])
        ).encode(),
        422,
    ),
}


@pytest.mark.parametrize(("body", "status"), BAD_BODIES.values(), ids=BAD_BODIES.keys())
def test_a_bad_body_is_refused_and_nothing_is_saved(
    newsroom: Newsroom, body: bytes, status: int
) -> None:
    problem = is_problem(newsroom.call("PUT", f"/v1/articles/{A}", data=body), status)
    if status == 422:
        assert problem["errors"]
    assert newsroom.store.record(A) is None


def test_a_body_too_large_without_a_length_is_refused_while_it_is_read(
    newsroom: Newsroom,
) -> None:
    import io  # noqa: PLC0415

    endless = io.BytesIO(b" " * (3 * 1024 * 1024))
    answer = newsroom.call(
        "PUT",
        f"/v1/articles/{A}",
        input_stream=endless,
        environ_overrides={"wsgi.input_terminated": True},
    )
    is_problem(answer, 413)
    assert endless.tell() < 2 * 1024 * 1024


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/articles/not-a-uuid", 404),
        ("GET", "/v1/nothing", 404),
        ("PATCH", f"/v1/articles/{A}", 405),
        ("GET", "/v1/articles/" + "a" * 5000, 404),
        ("GET", "/v1/%00", 404),
        ("GET", "/tin/other-services/", 404),
    ],
)
def test_what_is_not_there_is_a_problem_too(
    newsroom: Newsroom, method: str, path: str, status: int
) -> None:
    is_problem(newsroom.call(method, path), status)


def test_a_draft_of_the_issues_kind_is_prepared_once(newsroom: Newsroom) -> None:
    newsroom.put(A)
    record = newsroom.store.record(A)
    assert record is not None
    assert newsroom.store.edition(A, 1).digest == prepare(document(), A).digest
