"""Views that every process makes up in the same way."""

from shared.contracts.events import PageViewed
from tests.factories import NOON, an_id

AT = NOON
PAGES = ("/", "/tim-kiem", "/tin/cau-ben-da-3xk5n2q7ab/")


def views(first: int, last: int) -> list[PageViewed]:
    return [
        PageViewed(
            id=an_id(number),
            path=PAGES[number % len(PAGES)],
            received_at=NOON,
            visitor=f"visitor {number % 50}",
        )
        for number in range(first, last)
    ]
