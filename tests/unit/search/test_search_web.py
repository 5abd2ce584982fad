"""The search service as readers meet it, on a real index in a temporary folder."""

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from services.search.bootstrap import build_app, build_web, processes
from services.search.settings import Settings
from shared.index import (
    CategoryName,
    Completion,
    Index,
    IndexUnavailable,
    Query,
    Results,
    SearchDocument,
    Write,
    open_index,
)
from tests.factories import an_id


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, site_name="Xã Bến Đá")


@pytest.fixture
def index(settings: Settings) -> Iterator[Index]:
    opened = open_index(settings.search_index_url)
    yield opened
    opened.close()


@pytest.fixture
def client(settings: Settings) -> FlaskClient:
    return build_app(settings).test_client()


def write(number: int, title: str = "Khánh thành cầu Bến Đá", **fields: Any) -> Write:
    values: dict[str, Any] = {
        "title": title,
        "summary": "Sau ba năm",
        "body": "Cầu nối hai thôn.",
        "url": f"/tin/bai-{number}/",
        "category": "tin-tuc",
        "category_label": "Tin tức",
        "published_at": datetime.fromisoformat("2026-03-13T17:30:00+00:00"),
    }
    return Write(an_id(number), 1, SearchDocument(**(values | fields)))


def test_the_answer_has_the_shape_of_the_contract(client: FlaskClient, index: Index) -> None:
    index.write([write(1, image="/media/1/web")])
    answer = client.get("/api/search", query_string={"q": "cau ben da"})
    assert answer.status_code == 200
    assert answer.json == {
        "total": 1,
        "page": 1,
        "per_page": 20,
        "suggestion": None,
        "results": [
            {
                "id": str(an_id(1)),
                "url": "/tin/bai-1/",
                "title": "Khánh thành cầu Bến Đá",
                "summary": "Sau ba năm",
                "highlights": {
                    "title": "Khánh thành <mark>cầu</mark> <mark>Bến</mark> <mark>Đá</mark>",
                    "body": ["<mark>Cầu</mark> nối hai thôn."],
                },
                "category": "tin-tuc",
                "published_at": "2026-03-14T00:30:00+07:00",
                "image": "/media/1/web",
            }
        ],
        "facets": {
            "category": [{"value": "tin-tuc", "label": "Tin tức", "count": 1}],
            "year": [{"value": "2026", "label": "2026", "count": 1}],
        },
    }


def test_an_index_not_written_yet_answers_with_nothing(client: FlaskClient) -> None:
    answer = client.get("/api/search")
    assert answer.json is not None
    assert (answer.json["total"], answer.json["results"]) == (0, [])
    assert answer.json["facets"] == {"category": [], "year": []}
    page = client.get("/tim-kiem")
    assert page.status_code == 200
    assert "Không tìm thấy kết quả nào" in page.text


def test_a_wrong_parameter_is_a_problem_that_names_it(client: FlaskClient) -> None:
    answer = client.get("/api/search?page=0&colour=red")
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    assert answer.json is not None
    assert [error["pointer"] for error in answer.json["errors"]] == ["colour", "page"]
    assert client.get("/api/suggest?x=1").status_code == 422
    assert client.post("/api/search").status_code == 405


def test_completions_come_as_titles_with_addresses(client: FlaskClient, index: Index) -> None:
    index.write([write(1)])
    answer = client.get("/api/suggest", query_string={"q": "cau be"})
    assert answer.json == {
        "completions": [{"title": "Khánh thành cầu Bến Đá", "url": "/tin/bai-1/"}]
    }


def test_the_page_shows_results_with_marks_and_escapes_the_rest(
    client: FlaskClient, index: Index
) -> None:
    index.write([write(1, "<b>Cầu</b> mới", body="<script>cầu</script>")])
    page = client.get("/tim-kiem", query_string={"q": 'cầu "><script>'})
    assert page.status_code == 200
    assert "<script>cầu" not in page.text
    assert '"><script>' not in page.text
    found = client.get("/tim-kiem", query_string={"q": "cầu"}).text
    assert "&lt;b&gt;<mark>Cầu</mark>&lt;/b&gt; mới" in found
    assert "&lt;script&gt;<mark>cầu</mark>&lt;/script&gt;" in found
    assert '<meta name="robots" content="noindex">' in found
    assert "Tìm thấy 1 kết quả" in found
    assert 'value="cầu"' in found
    assert '<time datetime="2026-03-14T00:30:00+07:00">14/03/2026</time>' in found
    assert '<a href="/chuyen-muc/tin-tuc/">Tin tức</a>' in found


def test_the_page_leads_on_with_links_that_keep_the_question(
    client: FlaskClient, index: Index
) -> None:
    index.write([write(n) for n in range(45)])
    page = client.get("/tim-kiem", query_string={"q": "cầu", "page": "2", "category": ""}).text
    assert 'rel="prev" href="/tim-kiem?q=c%E1%BA%A7u"' in page
    assert 'rel="next" href="/tim-kiem?q=c%E1%BA%A7u&amp;page=3"' in page
    assert 'aria-current="page">2<' in page
    assert page.count('class="result"') == 20
    assert "category=tin-tuc" in page
    beyond = client.get("/tim-kiem", query_string={"q": "cầu", "page": "9"})
    assert beyond.status_code == 200
    assert "Về trang cuối" in beyond.text


def test_categories_stand_in_the_site_s_order_in_the_navigation_and_the_form(
    client: FlaskClient, index: Index
) -> None:
    index.write([write(number, category="tin-tuc") for number in (1, 2, 3)])
    index.write([write(4, category="van-hoa"), write(5, category="an-ninh", category_label="An")])
    index.rename(
        [
            CategoryName("tin-tuc", "Tin tức", 1, position=2),
            CategoryName("van-hoa", "Văn hóa", 1, position=1),
        ]
    )
    page = client.get("/tim-kiem").text
    order = ["van-hoa", "tin-tuc", "an-ninh"]
    assert re.findall(r'<option value="([a-z-]+)">(?=Văn|Tin|An)', page) == order
    main = re.findall(r'href="/chuyen-muc/([a-z-]+)/"', page.partition("<main")[0])
    assert main == order


def test_where_nothing_is_found_the_page_helps(client: FlaskClient, index: Index) -> None:
    index.write([write(1)])
    page = client.get("/tim-kiem", query_string={"q": "khanh thahn", "category": "tin-tuc"}).text
    assert "Không tìm thấy kết quả nào" in page
    assert re.search(
        r'href="/tim-kiem\?q=kh%C3%A1nh\+th%C3%A0nh&amp;category=tin-tuc">khánh thành</a>', page
    )
    assert 'href="/tim-kiem?q=khanh+thahn"' in page


def test_a_wrong_field_is_explained_in_vietnamese_and_the_form_keeps_what_was_typed(
    client: FlaskClient,
) -> None:
    page = client.get("/tim-kiem?q=c%E1%BA%A7u&from=2026-02-30&colour=red")
    assert page.status_code == 422
    assert page.mimetype == "text/html"
    assert "Từ ngày: không phải là ngày hợp lệ" in page.text
    assert "colour: không phải là tham số tìm kiếm" in page.text
    assert 'value="2026-02-30"' in page.text
    assert 'value="cầu"' in page.text


def test_no_english_is_left_on_the_page(client: FlaskClient, index: Index) -> None:
    index.write([write(n) for n in range(300)])
    pages = [
        client.get("/tim-kiem?q=cau&page=5&category=tin-tuc").text,
        client.get("/tim-kiem?q=zzz&category=tin-tuc").text,
        client.get("/tim-kiem?q=cau&page=400").text,
        client.get("/tim-kiem?page=x&sort=x&from=x&per_page=x&category=X&y=1&page=2").text,
    ]
    for page in pages:
        main = re.search("<main.*</main>", page, re.DOTALL)
        assert main
        seen = re.sub(r'<[^>]*?(?:aria-label="([^"]*)")?[^>]*>', r" \1 ", main.group())
        english = r"\b(the|is|of|page|results?|search|words?|next|previous|category|from|order)\b"
        assert not re.search(english, seen, re.IGNORECASE), seen


class DownEngine:
    """An engine whose index cannot be read."""

    def search(self, query: Query) -> Results:
        raise IndexUnavailable(query.text)

    def suggest(self, prefix: str, limit: int) -> list[Completion]:
        raise IndexUnavailable(f"{prefix} {limit}")

    def check(self) -> None:
        raise IndexUnavailable("gone")

    def close(self) -> None:
        return


def test_an_unreadable_index_is_a_503_that_says_when_to_come_back(settings: Settings) -> None:
    client = build_app(settings, engine=DownEngine()).test_client()
    for path in ("/api/search", "/api/suggest?q=x", "/tim-kiem"):
        answer = client.get(path)
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "5"
    assert client.get("/api/search").mimetype == "application/problem+json"
    assert "tạm gián đoạn" in client.get("/tim-kiem").text


class BrokenEngine(DownEngine):
    """An engine that fails as nobody has thought of."""

    def search(self, query: Query) -> Results:
        if not query.text:
            return Results(0, (), {"category": (), "year": ()})
        raise RuntimeError(f"too many clauses: {query.text}")


def test_whatever_goes_wrong_a_reader_gets_a_page_and_a_program_a_problem(
    settings: Settings,
) -> None:
    client = build_app(settings, engine=BrokenEngine()).test_client()
    page = client.get("/tim-kiem", query_string={"q": "cầu <b>"})
    assert (page.status_code, page.mimetype) == (500, "text/html")
    assert "tạm gián đoạn" in page.text
    assert 'value="cầu &lt;b&gt;"' in page.text
    assert "too many clauses" not in page.text
    assert client.get("/tim-kiem").status_code == 200
    answer = client.get("/api/search?q=x")
    assert (answer.status_code, answer.mimetype) == (500, "application/problem+json")


def test_readiness_follows_the_index(settings: Settings) -> None:
    process = build_web(settings, engine=DownEngine())
    with pytest.raises(IndexUnavailable):
        process.checks["index"]()
    build_web(settings).checks["index"]()
    assert processes(settings) == []


@pytest.mark.parametrize("path", ["/", "/tim-kiem/", "/api/visits", "/tin/x/", "/assets/site.css"])
def test_other_paths_are_not_its_own(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404
