import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.visits.paths import LONGEST, canonical

PAGES = (
    "/",
    "/tim-kiem",
    "/tin/khanh-thanh-cau-ben-da-3xk5n2q7ab/",
    "/chuyen-muc/tin-tuc/",
    "/chuyen-muc/tin-tuc/2018/07/",
    "/chuyen-muc/tin-tuc/trang/12/",
    "/ngay/2018/07/03/",
    "/ngay/2018/07/",
)
OTHERS = (
    "",
    "tin",
    "//",
    "/index.html",
    "/tin/",
    "/tin/ngan/",
    "/tin/Khanh-Thanh-3xk5n2q7ab/",
    "/tin/cau-ben-da-3xk5n2q7ab/../",
    "/chuyen-muc/",
    "/chuyen-muc/tin-tuc/rss.xml",
    "/ngay/2018/13/",
    "/ngay/2018/02/30/",
    "/ngay/0000/01/01/",
    "/ngay/2018/7/3/",
    "/v1/articles",
    "/api/visits",
    "/media/5d0f4c2a",
    "https://example.org/",
    "/\x00",
    "/tim-kiem\n",
    "/ngay/٢٠١٨/07/",
    "/tin/" + "a" * LONGEST + "/",
)
SEGMENT = st.from_regex(re.compile(r"[a-z0-9][a-z0-9-]{0,20}", re.ASCII), fullmatch=True)
DAYS = st.dates().map(lambda day: f"/ngay/{day.year:04}/{day.month:02}/{day.day:02}/")
ARTICLES = st.tuples(
    SEGMENT, st.from_regex(re.compile(r"[a-z2-7]{10,26}", re.ASCII), fullmatch=True)
).map(lambda parts: f"/tin/{parts[0]}-{parts[1]}/")
CATEGORIES = SEGMENT.map(lambda slug: f"/chuyen-muc/{slug}/")


@pytest.mark.parametrize("path", PAGES)
def test_every_page_of_the_site_is_taken_as_it_is(path: str) -> None:
    assert canonical(path) == path


@pytest.mark.parametrize("path", OTHERS)
def test_what_is_no_page_is_refused(path: str) -> None:
    assert canonical(path) is None


@pytest.mark.parametrize("path", PAGES)
def test_a_query_and_a_fragment_are_not_kept(path: str) -> None:
    assert canonical(f"{path}?q=c%E1%BA%A7u&page=2") == path
    assert canonical(f"{path}#noi-dung") == path
    assert canonical(f"{path}?q={'x' * LONGEST}") == path
    assert canonical(f"{path}?a=/tin/#b?c") == path


def test_a_last_slash_is_added_or_taken_away() -> None:
    assert canonical("/ngay/2018/07") == "/ngay/2018/07/"
    assert canonical("/tim-kiem/") == "/tim-kiem"


@given(st.one_of(DAYS, ARTICLES, CATEGORIES))
def test_any_day_article_or_category_is_a_page(path: str) -> None:
    assert canonical(path) == path


@given(st.text(max_size=600) | st.text(alphabet="/-a2tin?#.%\x00ngay", max_size=40))
def test_any_text_gives_nothing_or_a_path_that_stays_the_same(text: str) -> None:
    found = canonical(text)
    if found is not None:
        assert canonical(found) == found
        assert re.fullmatch(r"/[a-z0-9/-]*", found, re.ASCII)
        assert len(found) <= LONGEST
