"""The ninjs profile: what is taken, and that nothing else ever comes of bad input."""

import json
import unicodedata
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.ingest.drafts import MalformedError, decode_json, legacy_path, prepare
from shared.contracts.article import ContractError, media_id, parse_article
from tests.factories import an_id
from tests.unit.ingest.newsroom import document

A = an_id(1)
PICTURE = f"/media/{an_id(50)}"


def _pointers(fields: dict[str, Any]) -> list[str]:
    with pytest.raises(ContractError) as refused:
        parse_article(document(**fields), A)
    return [problem.pointer for problem in refused.value.problems]


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown field": ({"colour": "đỏ"}, "/colour"),
    "an unknown field inside": ({"headlines": [{"value": "a", "x": 1}]}, "/headlines/0/x"),
    "our own name of a field": ({"alt_ids": []}, "/alt_ids"),
    "a date in other digits": ({"contentCreated": "２０26-03-14T08:00:00Z"}, "/contentCreated"),
    "a date without a zone": ({"contentCreated": "2026-03-14T08:00:00"}, "/contentCreated"),
    "a date alone": ({"contentCreated": "2026-03-14"}, "/contentCreated"),
    "a number for a date": ({"contentCreated": 1_800_000_000}, "/contentCreated"),
    "a day that does not exist": ({"contentCreated": "2026-02-30T08:00:00Z"}, "/contentCreated"),
    "a year out of bounds": ({"contentCreated": "0001-01-01T00:00:00+07:00"}, "/contentCreated"),
    "a wrong type": ({"by": 7}, "/by"),
    "another kind of item": ({"type": "picture"}, "/type"),
    "no headline": ({"headlines": []}, "/headlines"),
    "a blank headline": ({"headlines": [{"value": " \n"}]}, "/headlines/0/value"),
    "a headline too long": ({"headlines": [{"value": "a" * 301}]}, "/headlines/0/value"),
    "two main headlines": (
        {"headlines": [{"value": "a"}, {"value": "b", "role": "main"}]},
        "/headlines",
    ),
    "no main headline": ({"headlines": [{"value": "a", "role": "sub"}]}, "/headlines"),
    "no body": ({"bodies": []}, "/bodies"),
    "a body of another type": (
        {"bodies": [{"contentType": "text/plain", "value": "a"}]},
        "/bodies/0/contentType",
    ),
    "no category": ({"subjects": []}, "/subjects"),
    "a picture elsewhere": (
        {"associations": [{"type": "picture", "renditions": [{"href": "http://x/a.jpg"}]}]},
        "/associations/0/renditions/0/href",
    ),
    "a picture without a file": (
        {"associations": [{"type": "picture", "renditions": []}]},
        "/associations/0/renditions",
    ),
    "renditions of two pictures": (
        {
            "associations": [
                {"renditions": [{"href": PICTURE}, {"href": f"/media/{an_id(51)}/web"}]}
            ]
        },
        "/associations/0/renditions",
    ),
    "two captions": (
        {
            "associations": [
                {
                    "renditions": [{"href": PICTURE}],
                    "descriptions": [{"value": "a"}, {"value": "b"}],
                }
            ]
        },
        "/associations/0/descriptions",
    ),
    "another article's uri": ({"uri": f"urn:uuid:{an_id(2)}"}, "/uri"),
    "a uri that is none": ({"uri": "tin-tuc-7"}, "/uri"),
    "a withheld item": ({"pubStatus": "withheld"}, "/pubStatus"),
}


@pytest.mark.parametrize(("fields", "pointer"), WRONG.values(), ids=WRONG.keys())
def test_what_does_not_keep_to_the_profile_is_named_by_a_pointer(
    fields: dict[str, Any], pointer: str
) -> None:
    assert _pointers(fields) == [pointer]


def test_a_missing_body_is_named() -> None:
    without = document()
    del without["bodies"]
    with pytest.raises(ContractError) as refused:
        parse_article(without, A)
    assert [problem.pointer for problem in refused.value.problems] == ["/bodies"]


def test_every_wrong_field_is_named_at_once() -> None:
    assert sorted(_pointers({"by": 1, "language": "!", "x": 0})) == ["/by", "/language", "/x"]


def test_a_document_of_another_system_that_keeps_to_the_profile_is_taken_as_it_stands() -> None:
    foreign = document(
        uri=f"urn:uuid:{A}",
        standard={"name": "ninjs", "version": "3.1", "schema": "https://example.org/ninjs"},
        pubStatus="usable",
        headlines=[
            {"role": "main", "value": "Tin", "contentType": "text/plain", "language": "vi"},
            {"role": "subhead", "value": "Tin phụ"},
        ],
        associations=[
            {
                "type": "picture",
                "name": "lead",
                "renditions": [
                    {"name": "original", "href": PICTURE, "width": 800, "height": 600},
                    {"name": "web", "href": f"{PICTURE}/web", "contentType": "image/webp"},
                ],
                "descriptions": [{"role": "caption", "value": "Chú thích"}],
            }
        ],
        altIds=[{"role": "legacy-url", "value": "http://cu.example.org/tin?id=7"}],
    ) | {"$schema": "https://example.org/ninjs-schema_3.1.json"}
    article_id, article = parse_article(foreign)
    assert article_id == A
    assert article.title == "Tin"
    assert article.associations[0].media == an_id(50)
    assert article.associations[0].text("caption") == "Chú thích"
    assert article.legacy_urls == ("http://cu.example.org/tin?id=7",)


def test_text_comes_out_composed_and_without_control_characters() -> None:
    decomposed = unicodedata.normalize("NFD", "Tiếng Việt")
    _, article = parse_article(document(f" {decomposed}\x00\x0b \n mới\ufffe "), A)
    assert article.title == "Tiếng Việt mới"


def test_the_same_document_always_gives_the_same_text() -> None:
    one = prepare(document(), A)
    other = prepare(dict(reversed(document().items())), A)
    assert one == other
    assert prepare(json.loads(one.text), A).digest == one.digest, "what is shown can be sent back"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(JSON)
@example([])
@example({"uri": "urn:uuid:" + "-" * 36})
def test_arbitrary_json_is_refused_by_the_contracts_error_and_no_other(value: object) -> None:
    with pytest.raises(ContractError):
        prepare(value)


@given(st.sampled_from(sorted(document())), JSON)
@example("contentCreated", "2199-12-31T23:59:59-23:59")
@example("headlines", [{"value": "\ud800"}])
def test_any_value_in_any_field_is_taken_or_refused_by_the_contracts_error(
    name: str, value: object
) -> None:
    try:
        draft = prepare(document() | {name: value}, A)
    except ContractError as refused:
        assert all(p.detail for p in refused.problems)  # noqa: PT017 - either way is an answer
    else:
        assert draft.text.encode()
        assert parse_article(json.loads(draft.text), A)


@given(st.binary(max_size=200))
@example(b"\xff")
@example(b"[" * 100_000)
@example(b'{"a": NaN}')
@example(b'"\\ud800"')
@example(b'{"\\udfff": 1}')
@example(b"1" * 10_000)
@example(b"\xef\xbb\xbf{}")
def test_arbitrary_bytes_are_json_or_malformed_and_nothing_else(raw: bytes) -> None:
    try:
        found = decode_json(raw)
    except MalformedError as refused:
        assert str(refused)  # noqa: PT017 - either way is an answer
    else:
        json.dumps(found, ensure_ascii=False).encode()


def test_a_name_twice_in_one_object_is_malformed_for_a_word_would_be_lost() -> None:
    with pytest.raises(MalformedError, match="twice"):
        decode_json(b'{"by": "Lan", "by": "Minh"}')


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("https://cu.example.org/Default.aspx?ItemID=12", "/Default.aspx?ItemID=12"),
        ("/tin-cu/7.html", "/tin-cu/7.html"),
        ("http://cu.example.org/?id=7", "/?id=7"),
        ("/healthy/7", "/healthy/7"),
        ("/document/7", "/document/7"),
        ("/v1", "/v1"),
        ("/tin-tuc/docs/7", "/tin-tuc/docs/7"),
        ("/Docs/7", "/Docs/7"),
        ("/grafana.html", "/grafana.html"),
        ("/tin-t%E1%BB%A9c/ế?x=%00", "/tin-t%E1%BB%A9c/ế?x=%00"),
    ],
)
def test_an_old_portals_address_becomes_a_path(address: str, path: str) -> None:
    assert legacy_path(address, "/altIds/0/value") == path


@pytest.mark.parametrize(
    "address",
    [
        "/",
        "http://cu.example.org",
        "/v1/articles",
        "/media/x",
        "/tin/a-aaaaaaaaaa/",
        "tin/7",
        "javascript:x",
        "/a b",
        "http://[",
        "/rss.xml",
        "/ngay/2026/",
        "https://cu.example.org/tin/%00x",
        "/tin/%0D%0Ax",
        "/tin/%7F",
        "/tin/%C2%85",
        "/tin/%E0",
        "/docs",
        "/docs-cu/7.html",
        "/%64ocs/7",
        "//cu.example.org//docs/7",
        "/cu/../docs/7",
        "/cu/..",
        "/ngay",
        "/ngay?d=2018-07-03",
        "/sitemap-2018-07.xml",
        "/sitemap-pages.xml",
        "/grafana",
        "/grafana/d/7",
        "/metrics",
        "/Metrics/7",
        "/health/live",
        "/HEALTH?id=7",
    ],
)
def test_an_address_of_this_site_or_of_nowhere_is_no_old_portals(address: str) -> None:
    with pytest.raises(ContractError):
        prepare(document(altIds=[{"role": "legacy-url", "value": address}]), A)


def test_an_old_address_has_no_more_bytes_than_every_database_takes_as_a_key() -> None:
    most = "/" + "a" * 1999
    assert legacy_path(f"https://cu.example.org{most}", "/altIds/0/value") == most
    for longer in ("/" + "\u1ebf" * 667, "/a?" + "\u1ebf" * 667, "/" + "a" * 1997 + "\u1ebf"):
        with pytest.raises(ContractError, match="2000 bytes"):
            prepare(document(altIds=[{"role": "legacy-url", "value": longer}]), A)


def test_only_media_addresses_have_a_media_id() -> None:
    assert media_id(f"{PICTURE}/web") == an_id(50)
    assert media_id(f"https://x{PICTURE}") is None
    assert media_id("/media/../etc") is None
