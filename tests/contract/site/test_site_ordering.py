"""Each order in which events may come, by name; and what the site shows after it."""

from datetime import timedelta

from shared.contracts.documents import CategoryLabel
from shared.contracts.events import UnpublishType
from tests.contract.site.harness import Harness, category
from tests.factories import NOON, body, event, published, unpublished

URL = "/tin/bai-viet-so-1-1111111111/"
LISTS = ("/", "/rss.xml", "/chuyen-muc/tin-tuc/", "/ngay/2026/03/14/", "/ngay/2026/03/")


def test_an_older_version_arriving_late_changes_nothing(site: Harness) -> None:
    site.publish(published(version=2, title="Bản mới"))
    before = site.files()
    assert site.publish(published(version=1, title="Bản cũ")) == 0
    assert site.files() == before
    assert "Bản mới" in site.page(URL)


def test_an_event_arriving_twice_gives_the_same_bytes(site: Harness) -> None:
    site.publish(published())
    before = site.files()
    site.publish(published())
    assert site.files() == before


def test_the_same_version_again_writes_pages_that_were_lost(site: Harness) -> None:
    site.publish(published(1), published(2))
    before = site.files()
    for path in site.settings.site_dir.rglob("*.html"):
        path.unlink()
    site.publish(published(1), published(2))
    missing = {"robots.txt", "sitemap.xml", "sitemap-pages.xml"}
    assert {k: v for k, v in site.files().items() if k not in missing} == {
        k: v for k, v in before.items() if k not in missing
    }


def test_an_unpublication_before_its_publication_keeps_the_article_away(site: Harness) -> None:
    site.publish(unpublished(version=2), published(version=1))
    assert not site.exists(URL)
    assert all(URL not in site.page(path) for path in ("/",) if site.exists(path))


def test_an_unpublished_article_leaves_every_page(site: Harness) -> None:
    site.publish(published(1), published(2))
    assert all(URL in site.page(path) for path in LISTS)
    site.publish(unpublished(1, version=2))
    assert not site.exists(URL)
    assert not any(URL.encode() in content for content in site.files().values())


def test_an_article_can_come_back_by_a_newer_version(site: Harness) -> None:
    site.publish(published(version=1), unpublished(version=2))
    site.publish(published(version=3, title="Trở lại"))
    assert "Trở lại" in site.page(URL)


def test_the_last_article_of_a_month_takes_the_months_pages_with_it(site: Harness) -> None:
    site.publish(published())
    site.publish(unpublished(version=2))
    left = set(site.files())
    assert not {name for name in left if name.startswith("ngay/") or "2026" in name}
    assert "Chuyên mục này chưa có tin" in site.page("/chuyen-muc/tin-tuc/")
    assert "Chưa có tin nào" in site.page("/")


def test_a_moved_article_leaves_no_file_at_its_former_address(site: Harness) -> None:
    site.publish(published(version=1))
    site.publish(published(version=2, url="/tin/ten-moi-1111111111/", former_urls=(URL,)))
    assert not site.exists(URL)
    assert site.exists("/tin/ten-moi-1111111111/")
    assert not any(URL.encode() in content for content in site.files().values())


def test_a_withdrawn_article_keeps_its_page_and_leaves_the_lists(site: Harness) -> None:
    site.publish(published(1), published(2))
    site.publish(
        unpublished(
            1,
            version=2,
            unpublish_type=UnpublishType.WITHDRAWAL,
            explanation="Số liệu chưa đúng.",
            article=body(),
        )
    )
    assert "Số liệu chưa đúng." in site.page(URL)
    assert 'content="noindex"' in site.page(URL)
    assert all(URL not in site.page(path) for path in (*LISTS, "/sitemap-2026-03.xml"))


def test_an_edition_with_another_date_moves_between_the_days(site: Harness) -> None:
    site.publish(published(version=1))
    site.publish(published(version=2, created=NOON - timedelta(days=1)))
    assert not site.exists("/ngay/2026/03/14/")
    assert URL in site.page("/ngay/2026/03/13/")


def test_days_are_those_of_vietnam(site: Harness) -> None:
    site.publish(published(created=NOON + timedelta(hours=13)))
    assert URL in site.page("/ngay/2026/03/15/")


def test_a_renamed_category_is_renamed_on_every_page(site: Harness) -> None:
    site.publish(event(category(version=1), subject="tin-tuc"), published(1), published(2))
    site.publish(event(category(name="Thời sự", version=2), subject="tin-tuc"))
    pages = {name: content for name, content in site.files().items() if name.endswith(".html")}
    assert len(pages) > 5
    assert all("Thời sự".encode() in content for content in pages.values())
    assert not any(">Tin tức<".encode() in content for content in pages.values())


def test_an_older_name_of_a_category_arriving_late_changes_nothing(site: Harness) -> None:
    site.publish(event(category(name="Thời sự", version=2), subject="tin-tuc"), published())
    before = site.files()
    site.publish(event(category(name="Tin tức", version=1), subject="tin-tuc"))
    assert site.files() == before


def test_a_category_is_known_by_an_articles_label_until_its_own_event_comes(
    site: Harness,
) -> None:
    label = CategoryLabel(slug="y-te", name="Y tế")
    site.publish(published(category=label))
    assert "Y tế" in site.page("/chuyen-muc/y-te/")
    site.publish(event(category("y-te", "Sức khỏe", version=1), subject="y-te"))
    site.publish(published(version=2, category=label))
    assert "Sức khỏe" in site.page("/chuyen-muc/y-te/")


def test_a_category_shows_its_twenty_newest_and_keeps_the_rest_by_month(site: Harness) -> None:
    site.publish(
        *(published(n, created=NOON - timedelta(days=n), title=f"Tin số {n}.") for n in range(40))
    )
    first = site.page("/chuyen-muc/tin-tuc/")
    assert [f"Tin số {n}." in first for n in range(40)] == [True] * 20 + [False] * 20
    assert "Tin số 30." in site.page("/chuyen-muc/tin-tuc/2026/02/")
    assert 'href="/chuyen-muc/tin-tuc/2026/02/"' in first
