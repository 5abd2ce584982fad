"""Versions, tombstones, durability: what the writer's side promises."""

from datetime import datetime
from uuid import UUID

import pytest

from shared.index import CategoryName, Engine, Index, Query, Written, open_index
from tests.contract.index.conftest import Find
from tests.contract.index.writes import document, live, taken_back
from tests.factories import an_id

STORED, STALE = Written.STORED, Written.STALE
REJECTED = Written.REJECTED
FIRST, LAST = UUID(int=0), UUID(int=2**128 - 1)


def test_a_written_article_is_found_by_a_reader_opened_before(index: Index, find: Find) -> None:
    assert index.write([live(title="Cầu Bến Đá")]) == [STORED]
    assert find("bến đá") == [1]
    assert index.get(an_id(1)) == document("Cầu Bến Đá")


def test_every_field_comes_back_as_it_was_written(index: Index, engine: Engine) -> None:
    write = live(
        summary="Sau ba năm",
        body="Dòng một\nDòng hai",
        category="xay-dung",
        category_label="Xây dựng",
        tags=("cầu", "giao thông"),
        by="Ngọc Hân",
        image="/media/x/web",
    )
    index.write([write])
    assert index.get(an_id(1)) == write.document
    (hit,) = engine.search(Query()).hits
    assert (hit.id, hit.url, hit.summary, hit.image) == (
        an_id(1),
        "/tin/bai-viet-abcdefghij/",
        "Sau ba năm",
        "/media/x/web",
    )
    assert (hit.category, hit.category_label) == ("xay-dung", "Xây dựng")


def test_a_newer_version_replaces_the_older(index: Index, find: Find) -> None:
    index.write([live(version=1, title="Cũ")])
    assert index.write([live(version=2, title="Mới")]) == [STORED]
    assert (find("cũ"), find("mới"), find()) == ([], [1], [1])


def test_an_older_version_arriving_late_changes_nothing(index: Index, find: Find) -> None:
    index.write([live(version=2, title="Mới")])
    assert index.write([live(version=1, title="Cũ")]) == [STALE]
    assert (find("cũ"), find("mới")) == ([], [1])


def test_the_same_version_twice_is_stored_once(index: Index, find: Find) -> None:
    index.write([live(version=1, title="Cầu")])
    again = live(version=1, title="Đường")
    assert index.write([again, again]) == [STORED, STORED], "said again, without effect"
    assert (find(), find("cầu"), find("đường")) == ([1], [1], [])


def test_an_unpublished_article_is_not_found(index: Index, find: Find) -> None:
    index.write([live(version=1)])
    assert index.write([taken_back(version=2)]) == [STORED]
    assert find() == find("cau") == []
    assert index.get(an_id(1)) is None


def test_publish_arriving_after_its_unpublish_does_not_bring_the_article_back(
    index: Index, find: Find
) -> None:
    assert index.write([taken_back(version=2)]) == [STORED]
    assert index.write([live(version=1)]) == [STALE]
    assert find() == []


def test_an_article_published_again_is_found_again(index: Index, find: Find) -> None:
    index.write([live(version=1), taken_back(version=2), live(version=3, title="Trở lại")])
    assert find("trở lại") == [1]


def test_writes_of_one_article_in_one_batch_count_in_their_order(index: Index, find: Find) -> None:
    batch = [
        live(version=3, title="Ba"),
        live(version=1, title="Một"),
        live(version=4, title="Bốn"),
    ]
    assert index.write([*batch, live(2, 9, "Khác"), taken_back(version=2)]) == [
        STORED,
        STALE,
        STORED,
        STORED,
        STALE,
    ]
    assert (find("bốn"), find("ba"), find("khác")) == ([1], [], [2])


def test_tombstones_outlive_the_writer(index: Index, url: str, find: Find) -> None:
    index.write([live(version=1), taken_back(version=2)])
    index.close()
    again = open_index(url)
    assert again.write([live(version=1)]) == [STALE]
    assert find() == []
    again.close()


def test_versions_tell_of_tombstones_too_within_the_range(index: Index) -> None:
    index.write([live(n, 10 + n) for n in range(20)])
    index.write([taken_back(3, 50, "withdrawal"), taken_back(4, 51, "redirect")])
    index.rename([CategoryName("tin-tuc", "Tin", 1)])
    held = index.versions(FIRST, LAST)
    assert len(held) == 20
    assert held[an_id(5)] == (15, "live")
    assert held[an_id(3)] == (50, "withdrawal")
    assert held[an_id(4)] == (51, "redirect")
    ids = sorted(held)
    assert sorted(index.versions(ids[5], ids[9])) == ids[5:10]
    assert index.versions(ids[5], ids[5]) == {ids[5]: held[ids[5]]}


REFUSED = {
    "no zone": {"published_at": datetime(2026, 3, 14)},  # noqa: DTZ001 - that is the case
    "no category": {"category": ""},
    "half a surrogate pair": {"title": "x\ud800"},
}


@pytest.mark.parametrize("fields", REFUSED.values(), ids=REFUSED.keys())
def test_a_document_that_cannot_be_kept_is_refused_and_harms_no_neighbour(
    index: Index, find: Find, fields: dict[str, object]
) -> None:
    bad = live(2, 1, **({"title": "x"} | fields))  # type: ignore[arg-type]
    written = index.write([live(1), bad, live(3)])
    assert written == [STORED, REJECTED, STORED]
    assert written[1].reason, "people are told why"
    assert sorted(find()) == [1, 3]
    assert index.write([live(2, 1)]) == [STORED], "a refused version was not remembered"


def test_a_state_that_does_not_go_with_the_document_is_refused(index: Index) -> None:
    assert index.write([taken_back(state="live"), taken_back(state="eaten")]) == [REJECTED] * 2
    assert index.write([live(version=-1), live(version=2**63)]) == [REJECTED] * 2


def test_nothing_to_write_is_no_write(index: Index) -> None:
    assert index.write([]) == []


def test_a_renamed_category_shows_its_new_name_on_old_articles(
    index: Index, engine: Engine
) -> None:
    index.write([live(1), live(2, category="khac", category_label="Khác")])
    assert index.rename([CategoryName("tin-tuc", "Tin trong xã", 5)]) == [STORED]
    assert index.rename([CategoryName("tin-tuc", "Tên cũ đến muộn", 4)]) == [STALE]
    results = engine.search(Query())
    labels = {value.value: value.label for value in results.facets["category"]}
    assert labels == {"tin-tuc": "Tin trong xã", "khac": "Khác"}
    assert {hit.category_label for hit in results.hits} == {"Tin trong xã", "Khác"}
    assert results.total == 2
