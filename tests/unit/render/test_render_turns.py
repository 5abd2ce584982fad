from itertools import count, islice

from services.render.tables import Priority
from services.render.turns import PATIENCE_SECONDS, Turns

ARTICLE, LIVE, BULK, REBUILD = (
    Priority.ARTICLE,
    Priority.LIVE,
    Priority.BULK,
    Priority.REBUILD,
)
STEP = 0.25


def _turns(*waiting: Priority, steps: int) -> list[Priority]:
    turns = Turns()
    times = islice(count(step=STEP), steps)
    return [turns.next(set(waiting), now) for now in times]


def test_the_most_urgent_goes_first() -> None:
    assert _turns(LIVE, BULK, REBUILD, steps=3) == [LIVE] * 3


def test_an_article_that_comes_while_lists_are_written_has_the_next_step() -> None:
    turns = Turns()
    assert turns.next({LIVE, BULK}, 0) == LIVE
    assert turns.next({ARTICLE, LIVE, BULK}, 100) == ARTICLE
    assert turns.next({LIVE, BULK}, 100) in {LIVE, BULK}
    assert turns.next({ARTICLE, LIVE, BULK}, 200) == ARTICLE


def test_nobody_waits_for_ever_while_others_are_always_there() -> None:
    everybody = [*Priority]
    done = _turns(*everybody, steps=100)
    share = {one: done.count(one) / len(done) for one in everybody}
    assert min(share.values()) >= STEP / PATIENCE_SECONDS / len(everybody)
    assert share[ARTICLE] == max(share.values()) >= 0.5


def test_a_replay_has_a_step_a_second_while_lists_are_written_all_the_time() -> None:
    done = _turns(LIVE, BULK, steps=100)
    assert 0.15 <= done.count(BULK) / len(done) <= 0.25


def test_lists_have_a_step_a_second_while_thousands_of_articles_come_in() -> None:
    done = _turns(ARTICLE, LIVE, steps=100)
    assert 0.15 <= done.count(LIVE) / len(done) <= 0.25


def test_who_was_not_waiting_has_no_claim_to_a_turn() -> None:
    turns = Turns()
    turns.next({BULK}, 0)
    turns.next({LIVE}, 50)
    assert turns.next({LIVE, BULK}, 100) == LIVE
