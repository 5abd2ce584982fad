"""What several copies of a process read from one place is not added up."""

import re
from typing import Final

import pytest

from deploy.monitoring.check import expressions
from tests.contract.monitoring import files

FACTS: Final = (
    "bantin_outbox_oldest_seconds",
    "bantin_queue_depth",
    "bantin_queue_oldest_seconds",
    "bantin_dead_letters",
    "bantin_drift",
    "bantin_pages_dirty",
    "bantin_undelivered_oldest_seconds",
    "bantin_worker_paused",
    "bantin_job_every_seconds",
    "bantin_job_last_success_timestamp_seconds",
    "bantin_job_running_seconds",
    "bantin_page_views_total",
    "bantin_page_views_filtered_total",
    "bantin_page_views_period",
    "bantin_page_views_most_read",
    "bantin_visits_total_displayed",
    "bantin_visitors_current",
    "bantin_reindex_begun_timestamp_seconds",
    "bantin_reindex_wanted",
    "rabbitmq_detailed_queue_messages",
    "rabbitmq_detailed_queue_consumers",
)
"""Every copy shows the same, or the worst of them counts (docs/monitoring.md)."""
_AGGREGATION: Final = re.compile(
    r"\b(\w+)\s*(?:by\s*\([^)]*\)\s*)?\(\s*"  # sum by (queue) (
    r"(?:(?:rate|increase|label_replace)\(\s*)?$"
)


def _wrong(expression: str) -> set[str]:
    """Return the facts that an expression aggregates otherwise than by a maximum."""
    found = set()
    for fact in FACTS:
        for place in re.finditer(rf"\b{fact}\b", expression):
            around = _AGGREGATION.search(expression[: place.start()])
            if around and around[1] not in {"max", "absent", "label_replace"}:
                found.add(fact)
    return found


def test_a_fact_that_every_copy_shows_is_taken_by_its_maximum() -> None:
    asked = [(rule.get("alert") or rule["record"], rule["expr"]) for rule in files.rules()]
    asked += [*expressions()]
    assert not {(where, fact) for where, expression in asked for fact in _wrong(expression)}


@pytest.mark.parametrize(
    "expression",
    [
        "sum(bantin_drift)",
        "sum by (queue) (bantin_dead_letters) > 0",
        "avg(bantin_outbox_oldest_seconds)",
        "sum(increase(bantin_page_views_total[1h]))",
        "min by (name) (\n  bantin_job_last_success_timestamp_seconds\n)",
    ],
)
def test_a_sum_of_such_a_fact_is_noticed(expression: str) -> None:
    assert _wrong(expression)
