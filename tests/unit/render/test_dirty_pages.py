from hypothesis import given
from hypothesis import strategies as st

from services.render import paths
from services.render.dirty import (
    EACH,
    KNOWN,
    REACH,
    Around,
    Standing,
    neighbours,
    touched,
)


def standing(**fields: object) -> Standing:
    given: dict[str, object] = {
        "url": "/tin/a/",
        "former": (),
        "listed": True,
        "category": "tin-tuc",
        "day": "2026-03-14",
        "created": 1,
        "shown": "card",
        "updated": "2026-03-14",
    }
    return Standing(**(given | fields))  # type: ignore[arg-type]


def around(order: list[str], position: int, **fields: object) -> Around:
    """The surroundings of a place in a list that runs from newest to oldest."""
    newer, older = order[:position][::-1], order[position:]
    return Around(newer=tuple(newer[:KNOWN]), older=tuple(older[:KNOWN]), **fields)  # type: ignore[arg-type]


def shown_on(order: list[str], url: str) -> list[str]:
    at = order.index(url)
    newer, older = neighbours(order[:at][::-1], order[at + 1 :])
    return [*reversed(newer), *older]


def articles(pages: frozenset[str]) -> set[str]:
    return {path for path in pages if paths.is_article(path)}


@given(count=st.integers(0, 40), data=st.data())
def test_exactly_the_articles_whose_other_news_change_are_touched(
    count: int, data: st.DataObject
) -> None:
    without = [f"/tin/b{number}/" for number in range(count)]
    position = data.draw(st.integers(0, count))
    me = standing()
    with_me = [*without[:position], me.url, *without[position:]]
    changed = {url for url in without if shown_on(without, url) != shown_on(with_me, url)}
    assert articles(touched(None, (me, around(without, position))).others) == changed
    assert len(changed) <= 2 * REACH


def test_neighbours_are_four_on_each_side_and_filled_up_at_the_ends() -> None:
    line = [f"/tin/b{number}/" for number in range(20)]
    assert shown_on(line, line[10]) == [*line[6:10], *line[11:15]]
    assert shown_on(line, line[0]) == line[1 : 1 + REACH]
    assert shown_on(line, line[1]) == [line[0], *line[2 : 1 + REACH]]
    assert shown_on(line, line[19]) == line[11:19]
    assert shown_on(line[:3], line[1]) == [line[0], line[2]]
    assert REACH == 2 * EACH


def test_a_change_that_lists_do_not_show_touches_the_page_and_its_month_in_the_sitemap() -> None:
    before = (standing(updated="one"), around(["/tin/b/"], 1))
    after = (standing(updated="two"), around(["/tin/b/"], 1))
    pages = touched(before, after)
    assert pages.own == {"/tin/a/"}
    assert pages.others == {"/sitemap-2026-03.xml"}


def test_the_same_version_again_touches_everything_it_touched_before() -> None:
    place = (standing(), around(["/tin/b/"], 1))
    assert touched(place, place, again=True) == touched(None, place)


def test_a_move_touches_the_lists_it_leaves_and_those_it_joins() -> None:
    before = (standing(), around(["/tin/b/"], 1))
    after = (
        standing(url="/tin/a2/", former=("/tin/a/",), category="van-hoa", day="2025-12-01"),
        around(["/tin/c/"], 0),
    )
    pages = touched(before, after)
    assert pages.own == {"/tin/a/", "/tin/a2/"}
    assert pages.others >= {
        "/chuyen-muc/tin-tuc/",
        "/chuyen-muc/tin-tuc/2026/03/",
        "/chuyen-muc/van-hoa/",
        "/chuyen-muc/van-hoa/2025/12/",
        "/ngay/2026/03/14/",
        "/ngay/2025/12/01/",
        "/tin/b/",
        "/tin/c/",
    }


def test_the_first_news_of_a_day_touches_the_calendars_of_its_month() -> None:
    place = Around(alone_in_day=True, days=("2026-03-01", "2026-03-02"))
    pages = touched(None, (standing(), place)).others
    assert {"/ngay/2026/03/01/", "/ngay/2026/03/02/"} <= pages


def test_the_first_news_of_a_month_touches_the_months_beside_it() -> None:
    place = Around(
        alone_in_month=True,
        alone_in_category_month=True,
        months=("2026-01", "2026-05"),
        category_months=("2025-11",),
    )
    pages = touched(None, (standing(), place)).others
    assert {"/ngay/2026/01/", "/ngay/2026/05/", "/sitemap.xml"} <= pages
    assert "/chuyen-muc/tin-tuc/2025/11/" in pages


def test_an_article_that_is_taken_back_leaves_every_list() -> None:
    before = (standing(), around([], 0))
    pages = touched(before, (standing(listed=False), Around()))
    assert pages.own == {"/tin/a/"}
    assert {"/", "/rss.xml", "/chuyen-muc/tin-tuc/", "/ngay/2026/03/14/"} <= pages.others


def test_addresses_of_an_old_portal_are_no_files_of_ours() -> None:
    former = ("/tin-tuc/view.aspx?id=3", "/tin/cu/")
    pages = touched(None, (standing(former=former), Around()))
    assert pages.own == {"/tin/a/", "/tin/cu/"}
