"""What readers get over HTTP for a page, and for what is no page any more."""

import pytest
from flask.testing import FlaskClient

from services.render import bootstrap
from shared.contracts.events import UnpublishType
from tests.contract.site.harness import Harness
from tests.factories import published, unpublished

URL = "/tin/bai-viet-so-1-1111111111/"
OLD = "/tin-tuc/view.aspx?id=3"


@pytest.fixture
def client(site: Harness) -> FlaskClient:
    return bootstrap.build_app(site.settings, database=site.database).test_client()


def test_pages_are_served_with_their_type_and_a_strict_policy(
    site: Harness, client: FlaskClient
) -> None:
    site.writer.prepare()
    site.publish(published())
    page = client.get(URL)
    assert page.status_code == 200
    assert page.content_type == "text/html; charset=utf-8"
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.headers["Cache-Control"] == "no-cache"
    assert client.get("/rss.xml").content_type == "application/rss+xml; charset=utf-8"
    assert client.get("/sitemap.xml").content_type == "application/xml; charset=utf-8"
    assert client.get("/robots.txt").content_type == "text/plain; charset=utf-8"


def test_assets_that_pages_name_are_there_and_may_be_kept(
    site: Harness, client: FlaskClient
) -> None:
    site.writer.prepare()
    site.publish(published())
    name = site.page("/").partition('href="/assets/')[2].partition('"')[0]
    asset = client.get(f"/assets/{name}")
    assert asset.status_code == 200
    assert "immutable" in asset.headers["Cache-Control"]


def test_an_unchanged_page_is_not_sent_again(site: Harness, client: FlaskClient) -> None:
    site.publish(published())
    first = client.get(URL)
    again = client.get(URL, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    since = client.get(URL, headers={"If-Modified-Since": first.headers["Last-Modified"]})
    assert since.status_code == 304
    site.publish(published(version=2, title="Tên khác"))
    changed = client.get(URL, headers={"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200


def test_head_answers_as_get_without_a_body(site: Harness, client: FlaskClient) -> None:
    site.publish(published())
    head = client.head(URL)
    assert (head.status_code, head.data) == (200, b"")
    assert int(head.headers["Content-Length"]) == len(client.get(URL).data)


def test_a_missing_last_slash_is_added(site: Harness, client: FlaskClient) -> None:
    site.publish(published())
    answer = client.get(URL.rstrip("/") + "?x=1")
    assert (answer.status_code, answer.headers["Location"]) == (308, f"{URL}?x=1")


def test_every_former_address_leads_to_the_current_one_in_one_step(
    site: Harness, client: FlaskClient
) -> None:
    site.publish(published(version=1, former_urls=(OLD,)))
    moved = "/tin/ten-moi-1111111111/"
    last = "/tin/ten-cuoi-1111111111/"
    site.publish(published(version=2, url=moved, former_urls=(URL, OLD)))
    site.publish(published(version=3, url=last, former_urls=(URL, moved, OLD, "/tin-tức/bài")))
    for address in (URL, moved, URL.rstrip("/"), OLD, "/tin-t%E1%BB%A9c/b%C3%A0i"):
        answer = client.get(address)
        assert (answer.status_code, answer.headers.get("Location")) == (301, last), address
    assert client.get("/tin-tuc/view.aspx?id=4").status_code == 404
    assert client.get("/tin-tuc/view.aspx").status_code == 404


def test_an_old_address_that_no_database_takes_keeps_no_article_from_its_page(
    site: Harness, client: FlaskClient
) -> None:
    former = ("/cu/%00x", "/cu/\x00y", "/cu/z?\x00", OLD)
    site.publish(published(former_urls=former))
    assert client.get(URL).status_code == 200
    assert client.get(OLD).headers["Location"] == URL
    assert client.get("/cu/%00x").status_code == 404
    site.publish(unpublished(version=2, former_urls=former))
    assert client.get(OLD).status_code == 410


def test_an_old_address_may_have_characters_that_are_not_seen(
    site: Harness, client: FlaskClient
) -> None:
    site.publish(published(former_urls=("/tin\u200b-cu\u00a0/7",)))
    answer = client.get("/tin%E2%80%8B-cu%C2%A0/7")
    assert (answer.status_code, answer.headers["Location"]) == (301, URL)


def test_an_old_portal_may_have_had_its_articles_at_its_home(
    site: Harness, client: FlaskClient
) -> None:
    site.publish(published(former_urls=("http://cu.example.org/?gd=1&cn=28",)))
    answer = client.get("/?gd=1&cn=28")
    assert (answer.status_code, answer.headers.get("Location")) == (301, URL)
    for home in ("/", "/?gd=1&cn=29", "/?utm_source=x"):
        assert client.get(home).text == site.page("/")
    site.publish(unpublished(version=2, former_urls=("/?gd=1&cn=28",)))
    assert client.get("/?gd=1&cn=28").status_code == 410


def test_an_article_that_is_gone_answers_410_with_the_explanation(
    site: Harness, client: FlaskClient
) -> None:
    site.publish(published(version=1))
    site.publish(unpublished(version=2, former_urls=(OLD,), explanation="Tin <đã> hết hạn."))
    for address in (URL, OLD):
        answer = client.get(address)
        assert answer.status_code == 410
        assert "Tin &lt;đã&gt; hết hạn." in answer.text
        assert answer.content_type == "text/html; charset=utf-8"


def test_a_redirected_article_leads_to_the_current_address_of_its_target(
    site: Harness, client: FlaskClient
) -> None:
    moved = "/tin/ten-moi-2222222222/"
    site.publish(published(1))
    site.publish(published(2, url=moved, former_urls=("/tin/cu-2222222222/",)))
    redirect = UnpublishType.REDIRECT
    to_old = "/tin/cu-2222222222/"
    site.publish(unpublished(1, version=2, unpublish_type=redirect, location=to_old))
    answer = client.get(URL)
    assert (answer.status_code, answer.headers["Location"]) == (301, moved)
    away = "https://khac.example/tin?a=1"
    site.publish(unpublished(1, version=3, unpublish_type=redirect, location=away))
    assert client.get(URL).headers["Location"] == away


def test_articles_that_lead_to_each_other_end_in_410(site: Harness, client: FlaskClient) -> None:
    other = "/tin/bai-viet-so-2-2222222222/"
    redirect = UnpublishType.REDIRECT
    site.publish(unpublished(1, unpublish_type=redirect, location=other))
    site.publish(unpublished(2, unpublish_type=redirect, location=URL))
    assert client.get(URL).status_code == 410


def test_a_withdrawal_without_its_text_answers_410(site: Harness, client: FlaskClient) -> None:
    withdrawal = UnpublishType.WITHDRAWAL
    site.publish(unpublished(1, unpublish_type=withdrawal, explanation="Đang kiểm tra."))
    answer = client.get(URL)
    assert answer.status_code == 410
    assert "Đang kiểm tra." in answer.text


def test_the_day_box_leads_to_the_days_page(site: Harness, client: FlaskClient) -> None:
    site.publish(published())
    answer = client.get("/ngay/?d=2026-03-14")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/ngay/2026/03/14/")
    for nonsense in ("", "?d=", "?d=2026-02-30", "?d=x", "?d=%ff", "?d=2026-03-14T00"):
        answer = client.get(f"/ngay/{nonsense}")
        assert (answer.status_code, answer.headers["Location"]) == (303, "/ngay/2026/03/")


def test_a_day_without_news_says_so_and_leads_to_its_month(
    site: Harness, client: FlaskClient
) -> None:
    site.publish(published())
    answer = client.get("/ngay/2026/03/15/")
    assert answer.status_code == 404
    assert "Ngày này không có tin" in answer.text
    assert 'href="/ngay/2026/03/"' in answer.text
    answer = client.get("/ngay/2020/01/01/")
    assert answer.status_code == 404
    assert 'href="/ngay/2026/03/"' in answer.text


def test_an_unknown_page_answers_404_in_vietnamese_with_a_search_box(client: FlaskClient) -> None:
    answer = client.get("/khong-co")
    assert answer.status_code == 404
    assert "Không tìm thấy trang" in answer.text
    assert 'action="/tim-kiem"' in answer.text
    assert "data-path" not in answer.text
    assert answer.headers["Content-Security-Policy"]


def test_an_article_whose_file_is_still_to_come_asks_for_a_moment(
    site: Harness, client: FlaskClient
) -> None:
    site.take(published())
    answer = client.get(URL)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")


@pytest.mark.parametrize(
    "path",
    [
        "/../../etc/passwd",
        "/tin/../../../etc/passwd",
        "/..%2f..%2fetc/passwd",
        "/%2e%2e/%2e%2e/",
        "/assets/..%2f..%2frender/render.db",
        "/assets/%2e%2e/.look",
        "/.look",
        "/tin/.index.html.new",
        "/x//evil.example/",
        "/%00",
        "/tin/%00/",
        "/%ff%fe",
        "/tin/\ud7ff/",
        "/" + "a" * 5000,
        "/tin/" + "a" * 3000 + "/",
        "/ngay/9999/99/99/",
        "/ngay/0000/01/01/",
        "/ngay/0000/01/",
        "/x%0d%0aSet-Cookie:%20a=b",
        "/x?" + "q=" * 3000,
        "/x?%ff%00",
        "/chuyen-muc/%27%20OR%201=1/",
    ],
)
def test_hostile_addresses_find_nothing(site: Harness, client: FlaskClient, path: str) -> None:
    site.writer.prepare()
    site.publish(published())
    answer = client.get(path)
    assert answer.status_code in (400, 404)
    assert "Set-Cookie" not in answer.headers


def test_other_methods_are_refused(client: FlaskClient) -> None:
    assert client.post("/").status_code == 405
    assert client.delete(URL).status_code == 405
