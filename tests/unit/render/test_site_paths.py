import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.render import paths
from services.render.paths import Kind


@pytest.mark.parametrize(
    ("path", "kind", "slug", "when"),
    [
        ("/", Kind.HOME, "", ""),
        ("/tin/cau-ben-da-ab12cd34ef/", Kind.ARTICLE, "", ""),
        ("/chuyen-muc/tin-tuc/", Kind.CATEGORY, "tin-tuc", ""),
        ("/chuyen-muc/tin-tuc/2026/03/", Kind.CATEGORY_MONTH, "tin-tuc", "2026-03"),
        ("/chuyen-muc/tin-tuc/rss.xml", Kind.CATEGORY_FEED, "tin-tuc", ""),
        ("/ngay/2026/03/14/", Kind.DAY, "", "2026-03-14"),
        ("/ngay/2026/03/", Kind.MONTH, "", "2026-03"),
        ("/sitemap-2026-03.xml", Kind.SITEMAP_MONTH, "", "2026-03"),
    ],
)
def test_a_page_is_known_by_its_path(path: str, kind: Kind, slug: str, when: str) -> None:
    page = paths.parse(path)
    assert page is not None
    assert (page.kind, page.slug, page.when) == (kind, slug, when)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/tin/",
        "/tin/../../etc/passwd/",
        "/tin/a/b/",
        "/tin/A/",
        "/tin/a",
        "/tin/%2e%2e/",
        f"/tin/{'a' * 201}/",
        "/ngay/2026/02/30/",
        "/ngay/2026/13/",
        "/ngay/٢٠٢٦/03/",
        "/chuyen-muc/../rss.xml",
        "/.look",
        "/index.html",
        "/tin/a/\n",
    ],
)
def test_what_no_page_can_have_is_no_path(path: str) -> None:
    assert paths.parse(path) is None


@given(st.text(max_size=60))
def test_no_path_leads_out_of_the_site(text: str) -> None:
    for path in (text, f"/{text}", f"/tin/{text}/", f"/chuyen-muc/{text}/rss.xml"):
        if paths.parse(path) is not None:
            parts = paths.file_name(path).split("/")
            assert not {"", ".", ".."} & set(parts)


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("http://cu.example/tin-tuc/view.aspx?id=3&x=1", "/tin-tuc/view.aspx?id=3&x=1"),
        ("/tin-t%E1%BB%A9c/b%C3%A0i-1", "/tin-tức/bài-1"),
        ("/tin-tu\u031b\u0301c", "/tin-tức"),
        ("http://cu.example", "/"),
    ],
)
def test_an_old_portals_address_is_kept_in_one_form(url: str, kept: str) -> None:
    assert paths.address(url) == kept
