"""The chaos run's own parts: its plan, its model of an article, and its eye for differences."""

from collections import Counter
from dataclasses import replace

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.chaos import compare, wire
from tests.chaos.model import (
    Article,
    Discard,
    Import,
    Op,
    Publish,
    Save,
    State,
    Taken,
    Text,
    Unpublish,
    after,
)
from tests.chaos.plan import volleys
from tests.chaos.report import Report
from tests.deployment import Deployment, document
from tests.embedded_deployment import EmbeddedDeployment
from tests.server_deployment import ServerDeployment

ONE, TWO = Text("k1", "Tin k1", "2026-03-14"), Text("k2", "Tin k2", "2026-03-15")
GONE = Taken("gone")
DRAFT = State(draft=ONE)
LIVE = State(standing="live", live=ONE)
BOTH = replace(LIVE, draft=TWO)
AWAY = State(standing="unpublished", live=ONE, taken=GONE)


@pytest.mark.parametrize("kind", [EmbeddedDeployment, ServerDeployment])
@given(seed=st.integers(0, 10**6), kills=st.integers(1, 60))
def test_a_plan_kills_every_process_and_as_often_as_asked(
    kind: type[Deployment], seed: int, kills: int
) -> None:
    plan = volleys(seed, kills, kind.processes, kind.mortal)
    counts = Counter(name for volley in plan for name in volley.victims)
    assert set(counts) == {*kind.processes, *kind.mortal}
    assert counts.total() >= kills
    assert plan == volleys(seed, kills, kind.processes, kind.mortal)
    some = volleys(seed, kills, kind.processes, kind.mortal, each=False)
    assert sum(len(volley.victims) for volley in some) >= kills
    left = iter(plan)
    assert all(volley in left for volley in some), "it is a part of the plan, in its order"


@pytest.mark.parametrize(
    ("state", "op", "expected"),
    [
        (State(), Save(ONE), DRAFT),
        (State(), Import(ONE), LIVE),
        (State(), Publish(), None),
        (State(), Discard(), None),
        (DRAFT, Publish(), LIVE),
        (DRAFT, Publish("moi"), replace(LIVE, slug="moi")),
        (DRAFT, Unpublish(GONE), None),
        (DRAFT, Discard(), State()),
        (LIVE, Save(TWO), BOTH),
        (LIVE, Publish(), None),
        (LIVE, Publish("moi"), replace(LIVE, slug="moi")),
        (LIVE, Discard(), None),
        (LIVE, Unpublish(GONE), AWAY),
        (BOTH, Publish(), replace(LIVE, live=TWO)),
        (BOTH, Discard(), LIVE),
        (BOTH, Unpublish(GONE), replace(AWAY, draft=TWO)),
        (AWAY, Publish(), None),
        (AWAY, Import(TWO), replace(LIVE, live=TWO)),
        (replace(AWAY, draft=TWO), Publish(), replace(LIVE, live=TWO)),
    ],
)
def test_the_model_follows_the_contract(state: State, op: Op, expected: State | None) -> None:
    assert after(state, op) == expected


def test_a_call_that_was_given_up_leaves_two_possibilities() -> None:
    article = Article("a", state=LIVE, unknown=Unpublish(GONE))
    assert article.possible() == [LIVE, AWAY]


def test_a_move_leaves_the_former_address_behind() -> None:
    article = Article("a", state=LIVE, url="/tin/cu-k/", version=1)
    article.accept(Publish("moi"), replace(LIVE, slug="moi"), 2, "/tin/moi-k/")
    assert (article.url, article.former) == ("/tin/moi-k/", {"/tin/cu-k/"})


def _ingest(shown: dict[str, object], history: list[str]) -> httpx.Client:
    """Return a client of an ingest that always shows this."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/history"):
            return httpx.Response(200, json={"history": [{"action": a} for a in history[::-1]]})
        return httpx.Response(200, json=shown)

    return httpx.Client(transport=httpx.MockTransport(answer), base_url="http://ingest")


SHOWN: dict[str, object] = {
    "state": "published",
    "draft": False,
    "live": True,
    "unpublish": None,
    "url": "/tin/tin-k1/",
    "version": 7,
    "article": document(ONE.title),
    "delivery": {"accepted": "then", "indexed": "then", "rendered": "then"},
}


def _accepted() -> Article:
    history = ["saved", "published"]
    return Article("a", state=LIVE, url="/tin/tin-k1/", version=7, history=history)


def _found(shown: dict[str, object], history: list[str]) -> list[str]:
    return [*compare.articles(_ingest(shown, history), [_accepted()])]


def test_what_is_as_accepted_makes_no_difference() -> None:
    assert _found(SHOWN, ["saved", "published"]) == []


@pytest.mark.parametrize(
    ("shown", "history", "kind"),
    [
        (SHOWN | {"state": "draft", "live": False, "url": None}, ["saved"], "lost"),
        (SHOWN | {"article": document(TWO.title)}, ["saved", "published"], "lost"),
        (SHOWN | {"version": 6}, ["saved", "published"], "lost"),
        (SHOWN, ["saved"], "lost"),
        (SHOWN, ["saved", "published", "published"], "doubled"),
    ],
)
def test_what_is_lost_or_doubled_is_called_so(
    shown: dict[str, object], history: list[str], kind: str
) -> None:
    found = _found(shown, history)
    assert found
    assert all(line.startswith(kind) for line in found)


def test_an_absent_article_agrees_with_nothing_that_exists() -> None:
    assert wire.agrees(State(), None)
    assert not wire.agrees(LIVE, None)


def test_a_report_counts_what_is_lost_and_doubled() -> None:
    report = Report(1, 1, differences=["lost: a", "doubled: b", "page: c"])
    assert (report.lost, report.doubled) == (1, 1)
    assert "lost 1, doubled 1, differences 3" in str(report)
