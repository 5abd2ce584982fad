import pytest

from shared.jobs.duty import pause_after


@pytest.mark.parametrize(
    ("every", "pauses"),
    [
        (1.0, [1, 2, 4, 5, 5]),
        (8.0, [1, 2, 4, 8, 8]),
        (600.0, [1, 2, 4, 8, 16, 30, 30]),
    ],
    ids=["due every second", "due every eight seconds", "due every ten minutes"],
)
def test_a_job_that_fails_is_tried_again_more_and_more_rarely_but_not_more_than_it_is_due(
    every: float, pauses: list[float]
) -> None:
    assert [pause_after(n + 1, every) for n in range(len(pauses))] == pauses


def test_a_job_that_has_failed_for_a_weekend_is_still_tried_again() -> None:
    assert pause_after(failures=100_000, every=1.0) == pytest.approx(5)
    assert pause_after(failures=100_000, every=600.0) == pytest.approx(30)
