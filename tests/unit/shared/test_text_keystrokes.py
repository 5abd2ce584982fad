import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.text.keystrokes import meant
from shared.text.normalise import folded


@pytest.mark.parametrize(
    ("keys", "word"),
    [
        ("chinhs", "chính"),
        ("chisnh", "chính"),
        ("quyeenf", "quyền"),
        ("quyenef", "quyền"),
        ("chuyeen", "chuyên"),
        ("nghieepj", "nghiệp"),
        ("ddoongf", "đồng"),
        ("dduowngf", "đường"),
        ("dduwowngf", "đường"),
        ("duongdwf", None),
        ("nguwowif", "người"),
        ("nguoiwf", "người"),
        ("nuwowcs", "nước"),
        ("nawm", "năm"),
        ("muwa", "mưa"),
        ("muaw", "mưa"),
        ("huwu", "hưu"),
        ("hoaf", "hoà"),
        ("thuys", "thuý"),
        ("quys", "quý"),
        ("giaf", "già"),
        ("giuwax", "giữa"),
        ("xuaast", "xuất"),
        ("khuyeens", "khuyến"),
        ("ngoaif", "ngoài"),
        ("cuar", "của"),
        ("mias", "mía"),
        ("chinh1", "chính"),
        ("quye6n2", "quyền"),
        ("quyen62", "quyền"),
        ("d9uong72", "đường"),
        ("d9u7o7ng2", "đường"),
        ("na8m", "năm"),
        ("ngu7o7i2", "người"),
    ],
)
def test_keys_are_read_as_the_input_method_would_have(keys: str, word: str | None) -> None:
    assert meant(keys) == word


@pytest.mark.parametrize(
    "keys", ["chinh", "news", "2026", "covid19", "wifi", "facebook", "", "x", "as7df", "ủy", "sss"]
)
def test_what_is_no_syllable_is_left_alone(keys: str) -> None:
    assert meant(keys) is None


@given(st.text("abcdeghiklmnopqrstuvxyfjw123456789", max_size=10))
def test_whatever_is_read_has_marks_and_only_letters_typed(keys: str) -> None:
    word = meant(keys)
    if word is not None:
        assert not word.isascii()
        assert set(folded(word)) <= set(keys)
