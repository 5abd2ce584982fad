"""What readers find, in which order, with which counts."""

from datetime import date, timedelta
from itertools import pairwise

import pytest

from shared.index import Engine, Index, Query, Sort
from tests.contract.index.conftest import Find
from tests.contract.index.writes import at, live
from tests.factories import an_id


def test_words_are_found_with_their_marks_and_without_any(index: Index, find: Find) -> None:
    index.write([live(1, title="Chính quyền chuyên nghiệp"), live(2, title="Khánh thành cầu")])
    assert find("chinh quyen chuyen nghiep") == [1]
    assert find("Chính quyền CHUYÊN nghiệp") == [1]
    assert find("chính quyen") == [1]


def test_a_word_typed_with_marks_means_that_spelling(index: Index, find: Find) -> None:
    index.write([live(1, title="Bàn ghế"), live(2, title="Bán hàng"), live(3, title="Ban tổ chức")])
    assert find("bàn") == [1]
    assert sorted(find("ban")) == [1, 2, 3]
    assert find("ban")[0] == 3, "the same spelling comes first"


def test_the_place_of_the_tone_mark_does_not_matter(index: Index, find: Find) -> None:
    index.write([live(1, title="Xã Hòa Bình"), live(2, title="Xã Hoà Bình"), live(3, title="Hóa")])
    assert sorted(find("hoà")) == sorted(find("hòa")) == [1, 2]


def test_decomposed_text_is_the_same_text(index: Index, find: Find) -> None:
    index.write([live(1, title="Be\u0302\u0301n \u0110a\u0301")])
    assert find("bến đá") == find("be\u0302\u0301n") == [1]


def test_all_words_must_be_there_in_whatever_field(index: Index, find: Find) -> None:
    index.write(
        [
            live(1, title="Cầu", summary="mới", body="ở thôn Đông", tags=("giao thông",), by="Hân"),
            live(2, title="Cầu cũ"),
        ]
    )
    assert find("cầu mới thôn đông giao hân") == [1]
    assert find("cầu mới cũ") == []


def test_wrong_marks_find_the_right_word_where_nothing_else_is_found(
    index: Index, engine: Engine, find: Find
) -> None:
    index.write([live(1, title="Chính quyền xã")])
    assert find("chinh quyên") == [] or find("chính quyên") == [1]
    assert find("chính quyên") == [1]
    assert engine.search(Query("chính quyên")).suggestion == "chính quyền"


def test_a_slip_of_the_finger_gets_a_suggestion_that_finds_something(
    index: Index, engine: Engine, find: Find
) -> None:
    index.write([live(1, title="Chính quyền chuyên nghiệp"), live(2, title="Chuyện quê")])
    for typed in ("chinh quyne", "chinhh quyen", "chih quyen", "chính quyềm"):
        results = engine.search(Query(typed))
        assert results.total == 0, typed
        assert results.suggestion == "chính quyền", typed
    assert find("chính quyền") == [1]


@pytest.mark.parametrize("typed", ["chinhs quyeenf", "Chinh1 quye6n2", "chinhs quyeen"])
def test_keys_typed_without_the_input_method_are_understood(
    index: Index, engine: Engine, typed: str
) -> None:
    index.write([live(1, title="Chính quyền xã")])
    results = engine.search(Query(typed))
    assert (results.total, results.suggestion) == (0, "chính quyền")


def test_no_suggestion_is_made_where_something_or_nothing_near_is_found(
    index: Index, engine: Engine
) -> None:
    index.write([live(1, title="Chính quyền")])
    assert engine.search(Query("chinh")).suggestion is None
    assert engine.search(Query("xylophone")).suggestion is None
    assert engine.search(Query()).suggestion is None


def test_a_quoted_phrase_wants_its_words_side_by_side(index: Index, find: Find) -> None:
    index.write([live(1, title="Cầu mới Bến Đá"), live(2, title="Đá mới ở bến cầu")])
    assert sorted(find("bến đá")) == [1, 2]
    assert find('"bến đá"') == find("“ben da”") == [1]
    assert sorted(find('"bến đá')) == [1, 2], "an unclosed quote means nothing"


def test_better_matches_come_first(index: Index, find: Find) -> None:
    filler = "Lễ hội mùa xuân diễn ra tại đình làng với đông đảo người dân. "
    index.write(
        [
            live(1, title="Tin khác", summary="Xã tổ chức", body=filler + "thuỷ lợi"),
            live(2, title="Công trình thuỷ lợi", summary="Xã tổ chức", body=filler),
            live(3, title="Tin khác nữa", summary="thuỷ lợi", body=filler),
            live(4, title="Tin thứ tư", summary="Xã", body=filler + "lợi ích của thuỷ sản"),
        ]
    )
    assert find("thuỷ lợi") == [2, 3, 1, 4]


def test_of_equal_matches_the_newer_comes_first(index: Index, find: Find) -> None:
    index.write(
        [
            live(1, title="Cầu", published_at=at("2015-01-01T00:00+07:00")),
            live(2, title="Cầu", published_at=at("2026-01-01T00:00+07:00")),
        ]
    )
    assert find("cầu") == [2, 1]


def test_newest_first_is_by_time_then_by_id_over_all_pages(index: Index, engine: Engine) -> None:
    start = at("2026-03-14T08:00+07:00")
    writes = [live(n, title="Cầu", published_at=start + timedelta(hours=n // 7)) for n in range(60)]
    index.write(writes[:25])
    index.write(writes[25:])
    expected = sorted(range(60), key=lambda n: (-(n // 7), an_id(n)))
    for text in ("", "cầu"):
        pages = [
            engine.search(Query(text, sort=Sort.NEWEST, page=page, per_page=9)).hits
            for page in range(1, 9)
        ]
        assert [hit.id for hits in pages for hit in hits] == [an_id(n) for n in expected]


def test_pages_of_best_matches_neither_repeat_nor_leave_out(index: Index, engine: Engine) -> None:
    index.write([live(n, title="Cầu" + " mới" * (n % 5)) for n in range(60)])
    found = [
        hit.id
        for page in range(1, 9)
        for hit in engine.search(Query("cầu", page=page, per_page=9)).hits
    ]
    assert len(found) == len(set(found)) == 60
    assert engine.search(Query("cầu", page=9, per_page=9)).total == 60
    assert engine.search(Query("cầu", page=9, per_page=9)).hits == ()
    assert engine.search(Query("cầu", page=200, per_page=50)).hits == ()


@pytest.fixture
def dated(index: Index, find: Find) -> None:
    """Articles around the edges of 14 March 2026 in Vietnam."""
    assert find() == []
    moments = [
        "2026-03-13T23:59:59.999999+07:00",
        "2026-03-14T00:00:00+07:00",
        "2026-03-13T17:30:00+00:00",  # half past midnight of the 14th in Vietnam
        "2026-03-14T23:59:59.999999+07:00",
        "2026-03-15T00:00:00+07:00",
    ]
    index.write([live(n, published_at=at(moment)) for n, moment in enumerate(moments)])


@pytest.mark.usefixtures("dated")
def test_days_are_days_in_vietnam_and_inclusive(find: Find) -> None:
    day = date(2026, 3, 14)
    assert sorted(find(since=day, until=day)) == [1, 2, 3]
    assert sorted(find(since=day)) == [1, 2, 3, 4]
    assert sorted(find(until=day)) == [0, 1, 2, 3]
    assert sorted(find(since=date.min, until=date.max)) == [0, 1, 2, 3, 4]
    assert find(since=date(2026, 3, 16)) == find(until=date.min) == []


def test_the_year_is_the_year_in_vietnam(index: Index, engine: Engine) -> None:
    index.write([live(1, published_at=at("2025-12-31T17:00:00+00:00"))])
    index.write([live(2, published_at=at("2025-12-31T16:59:59+00:00"))])
    years = engine.search(Query()).facets["year"]
    assert [(value.value, value.count) for value in years] == [("2026", 1), ("2025", 1)]


@pytest.mark.parametrize("moment", ["0001-01-02T00:00+00:00", "9999-12-30T00:00+00:00"])
def test_the_ends_of_time_can_be_written(index: Index, find: Find, moment: str) -> None:
    index.write([live(1, published_at=at(moment))])
    assert find() == find(sort=Sort.NEWEST) == [1]


def test_facets_are_complete_and_sum_to_the_exact_total_whatever_the_filter(
    index: Index, engine: Engine
) -> None:
    index.write(
        [
            live(
                n,
                title="Cầu mới" if n % 2 else "Đường cũ",
                category=f"muc-{n % 13}",
                category_label=f"Mục {n % 13}",
                published_at=at(f"{2010 + n % 17}-06-01T00:00+07:00"),
            )
            for n in range(150)
        ]
    )
    for query in (
        Query(),
        Query("cầu"),
        Query("duong", category="muc-4"),
        Query(since=date(2015, 1, 1), until=date(2020, 12, 31)),
        Query("cau", sort=Sort.NEWEST, per_page=50, page=2),
        Query("không có"),
    ):
        results = engine.search(query)
        for values in results.facets.values():
            assert sum(value.count for value in values) == results.total
            assert all(value.count for value in values)
    assert len(engine.search(Query()).facets["category"]) == 13
    assert len(engine.search(Query()).facets["year"]) == 17
    assert engine.search(Query("cầu")).total == 75
    (only,) = engine.search(Query(category="muc-4")).facets["category"]
    assert (only.value, only.label, only.count) == ("muc-4", "Mục 4", 12)


def test_a_category_filter_matches_the_whole_name_alone(index: Index, find: Find) -> None:
    index.write([live(1, category="tin"), live(2, category="tin-tuc")])
    assert find(category="tin") == [1]
    assert find(category="TIN") == find(category="") == find(category="tin tuc") == []


def test_highlights_mark_both_kinds_of_matches_and_escape_the_rest(
    index: Index, engine: Engine
) -> None:
    index.write([live(1, title="<b>Cầu</b> & hoà", body="Câu một.\nCầu hòa bình <i>hai</i>.")])
    (hit,) = engine.search(Query("cầu hoa")).hits
    assert hit.highlight_title == "&lt;b&gt;<mark>Cầu</mark>&lt;/b&gt; &amp; <mark>hoà</mark>"
    assert hit.highlight_body == (
        "Câu một. <mark>Cầu</mark> <mark>hòa</mark> bình &lt;i&gt;hai&lt;/i&gt;.",
    )


def test_completions_are_titles_whose_last_word_begins_so(index: Index, engine: Engine) -> None:
    index.write(
        [
            live(1, title="Chính quyền xã", published_at=at("2026-01-01T00:00+07:00")),
            live(2, title="Chính quyết định", published_at=at("2026-02-01T00:00+07:00")),
            live(3, title="Quyền của chính mình", body="chính quy"),
            live(4, title="Khác", body="chính quyền"),
        ]
    )
    assert [c.title for c in engine.suggest("chinh quyề", 2)] == [
        "Quyền của chính mình",
        "Chính quyết định",
    ]
    assert [c.title for c in engine.suggest("CHÍNH QUYET", 9)] == ["Chính quyết định"]
    assert engine.suggest("quyen chinh xa ", 9)[0].url == "/tin/bai-viet-abcdefghij/"
    assert engine.suggest("", 9) == engine.suggest('"*', 9) == engine.suggest("zzz", 9) == []


PAIRS = [first + second for first in "bcdghklmnp" for second in "aeiouy0123456789"]

HOSTILE = [
    " ".join(PAIRS),
    " ".join(f'"{first} {second}"' for first, second in pairwise(PAIRS)),
    '"chưa đóng',
    "*:*",
    "[" * 500,
    "(" * 250 + ")" * 250,
    "🎉🎊",
    "\\",
    "'; DROP TABLE articles; --",
    "title_folded:cau",
    "cau^1000 AND OR NOT",
    "/.*/",
    "~~~",
    "zzz\ud800",
    "a" * 512,
    " ".join("abcdefghijklmnopqrstuvwxyz") * 9,
    '"' + " ".join(["cầu"] * 100) + '"',
    '"a b" ' * 80,
    "Ω≈ç√∫˜µ≤≥÷ ﷽",
    "\u202e\u200b",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_question_is_words_or_nothing(index: Index, engine: Engine, text: str) -> None:
    index.write([live(1), live(2, title="Đường mới")])
    for sort in Sort:
        results = engine.search(Query(text, sort=sort))
        assert results.total == len(results.hits) == 0
    engine.suggest(text, 5)


def test_a_zero_byte_separates_words(index: Index, find: Find) -> None:
    index.write([live(1)])
    assert find("bến\x00đá") == [1]
    assert find("\x00") == [1], "nothing but blanks is no question"


def test_texts_full_of_nonsense_can_be_written_and_found(index: Index, find: Find) -> None:
    nonsense = "x" * 100_000 + " \x00\x01 " + "🎉" * 1000 + " kim " + "́" * 100
    index.write([live(1, title="Cầu " + nonsense, body=nonsense * 3), live(2, title="", body="")])
    assert find("kim cầu") == [1]
    assert find("x" * 512) == [1], "words are cut to the same length on both sides"
    assert sorted(find()) == [1, 2]


def test_a_word_of_two_syllables_in_the_text_beats_one_of_them_in_a_title(
    index: Index, find: Find
) -> None:
    filler = "Lễ hội mùa xuân diễn ra tại đình làng với đông đảo người dân. " * 5
    index.write(
        [
            live(1, title="Giải bóng đá", body=filler + "Hai đội hoà."),
            live(2, title="Ngày hội", body=filler + "Tổ hoà giải đã làm việc."),
            live(3, title="Tin thứ ba", body=filler),
        ]
    )
    assert find("hoà giải") == [2, 1]


def test_a_suggested_spelling_is_one_that_an_article_has(index: Index, engine: Engine) -> None:
    index.write([live(1, title="Phòng dịch", body="Vật chứa nước. Nước chảy. Phòng ở.")])
    results = engine.search(Query("phòng cháy chua"))
    assert (results.total, results.suggestion) == (1, None)
    assert engine.search(Query("phong chayy")).suggestion == "phong chay"
