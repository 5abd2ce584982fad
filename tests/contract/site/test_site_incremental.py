"""Rendering only what is marked gives, byte for byte, what rendering everything gives."""

import tempfile
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from shared.contracts.documents import CategoryLabel
from shared.contracts.events import Event, UnpublishType
from tests.contract.site.harness import Harness, category, sites
from tests.databases import Databases
from tests.factories import body, event, published, unpublished

CATEGORIES = (
    category("tin-tuc", "Tin tức", position=2),
    category("van-hoa", "Văn hóa", position=1),
    category("giao-duc", "Giáo dục", position=3),
)
MOMENTS = [
    datetime(2026, month, day, hour, tzinfo=UTC)
    for month in (1, 3, 4)
    for day in (2, 28)
    for hour in (3, 18)
]
STATES = st.one_of(
    st.tuples(
        st.just("published"),
        st.sampled_from([label.category.slug for label in CATEGORIES]),
        st.sampled_from(MOMENTS),
        st.sampled_from(["Khánh thành cầu", "Lễ hội mùa xuân"]),
        st.integers(0, 1),
    ),
    st.tuples(st.sampled_from(list(UnpublishType))),
)
HISTORIES = st.lists(st.lists(STATES, min_size=1, max_size=4), min_size=1, max_size=14)


def _label(slug: str) -> CategoryLabel:
    return next(made.category for made in CATEGORIES if made.category.slug == slug)


def _url(number: int, variant: int) -> str:
    return f"/tin/bai-{number}-{variant}/"


def _events(number: int, states: list[tuple[Any, ...]]) -> list[Event]:
    """Return one article's events, versions rising; its address moves between two variants."""
    events: list[Event] = []
    variant, used = 0, {0}
    for version, state in enumerate(states, 1):
        if state[0] == "published":
            _, slug, created, title, variant = state
            used.add(variant)
        former = tuple(_url(number, one) for one in sorted(used) if one != variant)
        if state[0] == "published":
            made = published(
                number,
                version=version,
                url=_url(number, variant),
                former_urls=former,
                category=_label(slug),
                created=created,
                title=f"{title} {number}",
            )
        else:
            kind = state[0]
            withdrawn = kind is UnpublishType.WITHDRAWAL
            made = unpublished(
                number,
                version=version,
                url=_url(number, variant),
                former_urls=former,
                unpublish_type=kind,
                location="/" if kind is UnpublishType.REDIRECT else None,
                article=body(title=f"Bài {number}") if withdrawn else None,
            )
        events.append(made)
    return events


def test_writing_only_the_marked_pages_gives_the_same_bytes_as_writing_all(
    page_databases: Databases,
) -> None:
    # An example writes a whole site twice, so making a failing one smaller would take minutes.
    @settings(
        phases=[Phase.explicit, Phase.reuse, Phase.generate],
        max_examples=40 if page_databases.kind == "sqlite" else 8,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(histories=HISTORIES, data=st.data())
    def holds(histories: list[list[tuple[Any, ...]]], data: st.DataObject) -> None:
        _compare_both_ways(page_databases, histories, data)

    holds()


def _compare_both_ways(
    page_databases: Databases, histories: list[list[tuple[Any, ...]]], data: st.DataObject
) -> None:
    by_article = [_events(number, states) for number, states in enumerate(histories)]
    events = [one for made in by_article for one in made]
    doubled = data.draw(st.lists(st.sampled_from(events), max_size=5))
    order = data.draw(st.permutations(events + doubled))
    cuts = data.draw(st.lists(st.integers(0, len(order)), max_size=6))
    named = [event(made, subject=made.category.slug) for made in CATEGORIES]
    with tempfile.TemporaryDirectory() as folder, sites(Path(folder), page_databases) as make:
        little_by_little = make()
        little_by_little.publish(*named)
        for start, end in _pieces(len(order), cuts):
            little_by_little.publish(*order[start:end])
        at_once = make()
        at_once.take(*named, *(made[-1] for made in by_article))
        at_once.store.mark_all()
        at_once.writer.drain()
        assert _named(little_by_little) == _named(at_once)


def _pieces(length: int, cuts: list[int]) -> list[tuple[int, int]]:
    at = sorted({0, length, *cuts})
    return list(pairwise(at))


def _named(site: Harness) -> dict[str, str]:
    return {name: content.decode() for name, content in site.files().items()}
