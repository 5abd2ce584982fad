"""What readers find does not depend on the order in which the index was written."""

import random
from collections.abc import Callable
from datetime import timedelta

from shared.index import Query, Write, open_engine, open_index
from tests.contract.index.writes import document
from tests.factories import NOON, an_id

TITLES = ("Cầu Bến Đá", "Đường Bến Đá", "Cầu Suối Vàng", "Họp dân thôn Bến Đá")


def _writes() -> list[Write]:
    return [
        Write(
            an_id(number),
            number + 1,
            document(TITLES[number % 4], published_at=NOON - timedelta(minutes=number // 3)),
        )
        for number in range(120)
    ]


def _found(url: str) -> list[object]:
    engine = open_engine(url)
    questions = [
        Query(text, per_page=per_page, page=page)
        for text in ("bến đá", "cầu", "cau ben da")
        for per_page, page in ((20, 1), (7, 3), (50, 2))
    ]
    answers: list[object] = [engine.search(question) for question in questions]
    engine.close()
    return answers


def test_equally_good_articles_come_newest_first_whatever_order_they_were_written_in(
    new_url: Callable[[], str],
) -> None:
    chance = random.Random(7)  # noqa: S311 - nothing secret
    answers = []
    for url in (new_url(), new_url()):
        index = open_index(url)
        writes = _writes()
        chance.shuffle(writes)
        for start in range(0, len(writes), 40):
            index.write(writes[start : start + 40])
        index.close()
        answers.append(_found(url))
    assert answers[0] == answers[1]
