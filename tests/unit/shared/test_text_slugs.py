import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.text.slugs import slugify


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Khánh thành cầu Bến Đá", "khanh-thanh-cau-ben-da"),
        ("  Đại hội  (lần thứ XII) – 2026! ", "dai-hoi-lan-thu-xii-2026"),
        ("🎉🎊", "tin"),
        ("", "tin"),
        ("新聞", "tin"),
        ("../../etc/passwd", "etc-passwd"),
    ],
)
def test_a_title_becomes_an_address(title: str, slug: str) -> None:
    assert slugify(title) == slug


def test_a_long_title_ends_with_a_whole_word() -> None:
    slug = slugify("nghiêng " * 30)
    assert len(slug) <= 80
    assert set(slug.split("-")) == {"nghieng"}


def test_a_first_word_longer_than_the_limit_is_cut() -> None:
    assert slugify("a" * 100 + " b", limit=10) == "a" * 10


@given(st.text(), st.integers(3, 100))
def test_a_slug_is_never_empty_and_within_its_alphabet_and_limit(text: str, limit: int) -> None:
    slug = slugify(text, limit)
    assert re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", slug)
    assert len(slug) <= limit


@given(st.text())
def test_the_slug_of_a_slug_is_itself(text: str) -> None:
    assert slugify(slugify(text)) == slugify(text)
