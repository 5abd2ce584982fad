"""How many pages without hurry a writer takes in one step."""

from hypothesis import given
from hypothesis import strategies as st

from services.render.pace import STEP_SECONDS, Pace


def test_steps_grow_while_they_are_quick_and_never_beyond_the_most() -> None:
    pace = Pace(64)
    for _ in range(10):
        pace.took(pace.pages, STEP_SECONDS / 10)
    assert pace.pages == 64


def test_a_slow_step_halves_the_next_even_if_it_had_few_pages() -> None:
    pace = Pace(8)
    pace.took(4, STEP_SECONDS * 3)
    assert pace.pages == 4


def test_a_step_with_too_little_to_do_says_nothing() -> None:
    pace = Pace(64)
    before = pace.pages
    pace.took(before - 1, 0.0)
    assert pace.pages == before


@given(
    most=st.integers(1, 200),
    seconds_a_page=st.floats(0.000_1, 0.1),
)
def test_it_settles_where_a_step_takes_about_so_long(most: int, seconds_a_page: float) -> None:
    pace = Pace(most)
    for _ in range(20):
        pace.took(pace.pages, pace.pages * seconds_a_page)
    assert 1 <= pace.pages <= most
    assert pace.pages == 1 or pace.pages * seconds_a_page <= STEP_SECONDS * 2
    taken = pace.pages * seconds_a_page
    assert pace.pages == most or taken * 2 >= STEP_SECONDS / 2
