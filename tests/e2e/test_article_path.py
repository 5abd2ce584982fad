"""An article's whole way: accepted, page, search, visit, taken back."""

import re
from uuid import uuid4

from tests.deployment import Deployment, Editor, document, wait_for

TITLE = "Xã Bến Đá khai giảng lớp học buổi tối"


def _ids(answer: dict[str, object]) -> list[str]:
    results = answer["results"]
    assert isinstance(results, list)
    return [found["id"] for found in results]


def test_a_published_article_becomes_a_page_a_search_hit_and_a_counted_visit(
    deployment: Deployment, editor: Editor
) -> None:
    article_id, neighbour = uuid4(), uuid4()
    editor.put(neighbour, document("Tin bên cạnh"))
    beside = editor.publish(neighbour).json()["url"]
    saved = editor.put(article_id, document(TITLE))
    assert saved.status_code == 201
    assert deployment.http.get(saved.json()["url"] or "/tin/x/").status_code == 404

    accepted = editor.publish(article_id)
    assert accepted.status_code == 200
    url = accepted.json()["url"]
    page = wait_for(lambda: (r := deployment.http.get(url)).status_code == 200 and r.text)
    assert isinstance(page, str)
    assert f"<h1>{TITLE}</h1>" in re.sub(r"<h1[^>]*>", "<h1>", page)
    for expected in ("14/03/2026", "Minh Châu", "Nguồn: Đài truyền thanh xã"):
        assert expected in page
    wait_for(lambda: beside in deployment.http.get(url).text.partition("Các tin khác")[2])
    assert "Thống kê truy cập" in page
    assert "9.827.966" not in page, "no number is ever written into a page's file"

    wait_for(lambda: str(article_id) in _ids(deployment.search(q=f'"{TITLE}"')))
    assert str(article_id) in _ids(deployment.search(q="khai giang lop hoc buoi toi"))
    assert str(article_id) in _ids(deployment.search(q="khai giảng lớp học"))
    for path in ("/", "/chuyen-muc/tin-tuc/", "/ngay/2026/03/14/", "/ngay/2026/03/", "/rss.xml"):
        wait_for(lambda p=path: TITLE in deployment.http.get(p).text)  # type: ignore[misc]

    before = deployment.total()
    seen = deployment.http.post(
        "/api/visits",
        json={"path": url, "id": str(uuid4())},
        headers={"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"},
    )
    assert seen.status_code == 202
    wait_for(lambda: deployment.total() == before + 1)
    of_page = deployment.http.get("/api/visits", params={"path": url}).json()
    assert (of_page["total"], of_page["current"]) == (1, 1)

    assert editor.unpublish(article_id).status_code == 200
    wait_for(lambda: deployment.http.get(url).status_code == 410)
    wait_for(lambda: str(article_id) not in _ids(deployment.search(q=f'"{TITLE}"')))
    for path in ("/", "/ngay/2026/03/14/", "/rss.xml", "/chuyen-muc/tin-tuc/"):
        wait_for(lambda p=path: url not in deployment.http.get(p).text)  # type: ignore[misc]


def test_a_later_edition_replaces_the_page_and_the_search_hit(
    deployment: Deployment, editor: Editor
) -> None:
    article_id = uuid4()
    editor.put(article_id, document("Tin cũ về đập tràn Suối Vàng"))
    url = editor.publish(article_id).json()["url"]
    wait_for(lambda: deployment.http.get(url).status_code == 200)
    editor.put(article_id, document("Tin mới về đập tràn Suối Vàng"))
    again = editor.publish(article_id)
    assert again.json()["url"] == url, "the address was fixed at first publication"
    wait_for(lambda: "Tin mới" in deployment.http.get(url).text)
    wait_for(
        lambda: (
            [r["title"] for r in deployment.search(q="đập tràn suối vàng")["results"]]
            == ["Tin mới về đập tràn Suối Vàng"]
        )
    )


def test_an_editor_is_told_when_an_article_is_indexed_and_rendered(editor: Editor) -> None:
    article_id = uuid4()
    editor.put(article_id, document("Lịch tiếp công dân tháng ba"))
    editor.publish(article_id)
    wait_for(lambda: all(editor.delivery(article_id).values()))
    assert set(editor.delivery(article_id)) == {"accepted", "indexed", "rendered"}


def test_a_draft_saved_beside_a_live_article_changes_nothing_for_readers(
    deployment: Deployment, editor: Editor
) -> None:
    article_id = uuid4()
    editor.put(article_id, document("Hội thi cấy lúa"))
    url = editor.publish(article_id).json()["url"]
    wait_for(lambda: deployment.http.get(url).status_code == 200)
    editor.put(article_id, document("Bản nháp chưa đăng"))
    other = uuid4()
    editor.put(other, document("Tin đăng sau bản nháp"))
    later = editor.publish(other).json()["url"]
    wait_for(lambda: deployment.http.get(later).status_code == 200)
    assert "Bản nháp chưa đăng" not in deployment.http.get(url).text
    assert deployment.search(q="bản nháp chưa đăng")["total"] == 0


def test_a_reader_without_script_sees_the_total_in_a_picture_which_counts_the_view(
    deployment: Deployment, editor: Editor
) -> None:
    before = deployment.total()
    assert editor.http.get("/v1/categories/tin-tuc").is_success
    picture = deployment.http.get(
        "/api/visits.svg", params={"path": "/"}, headers={"User-Agent": "Mozilla/5.0 Firefox/140"}
    )
    assert picture.headers["content-type"].startswith("image/svg+xml")
    assert re.search(r"9\.82[78]\.\d{3}", picture.text)
    wait_for(lambda: deployment.total() == before + 1)


def test_a_bot_is_counted_apart(deployment: Deployment) -> None:
    before = deployment.total()
    bot = {"User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"}
    assert deployment.http.post("/api/visits", json={"path": "/"}, headers=bot).status_code == 202
    wait_for(
        lambda: 'bantin_page_views_filtered_total{reason="bot"}' in deployment.metrics("exporter")
    )
    assert deployment.total() == before


def test_a_reader_who_makes_addresses_up_stays_one_visitor(deployment: Deployment) -> None:
    def current() -> int:
        return int(deployment.http.get("/api/visits").json()["current"])

    total, visitors = deployment.total(), current()
    for number in range(3):
        headers = {"User-Agent": "Mozilla/5.0 Firefox/141", "X-Forwarded-For": f"192.0.2.{number}"}
        deployment.http.post("/api/visits", json={"path": "/"}, headers=headers)
    wait_for(lambda: deployment.total() == total + 3)
    assert current() <= visitors + 1


def test_the_exporter_shows_what_the_database_counted(deployment: Deployment) -> None:
    reader = {"User-Agent": "Mozilla/5.0 Firefox/140"}
    deployment.http.post("/api/visits", json={"path": "/"}, headers=reader)
    wait_for(
        lambda: (
            f"bantin_page_views_total {float(deployment.total())}" in deployment.metrics("exporter")
        )
    )
    assert "bantin_visits_total_displayed 9.8" in deployment.metrics("exporter")
    assert "bantin_visitors_current" in deployment.metrics("exporter")
