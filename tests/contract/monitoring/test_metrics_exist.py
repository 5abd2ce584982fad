"""Every metric that a rule or a dashboard asks for is one that something exports."""

import re
from collections.abc import Iterator

import httpx
import pytest
from prometheus_client import REGISTRY

from deploy.monitoring.check import expressions
from services.visits.exporter import _families
from shared import metrics
from tests.contract.monitoring import exporters, files
from tests.contract.monitoring.promql import Selector, selectors
from tests.embedded_deployment import EmbeddedDeployment
from tests.servers.rabbitmq import RabbitMQ

SCRAPED = {"job", "instance", "process", "service"}
"""Labels that Prometheus adds, by prometheus.yml."""
HISTOGRAM = ("_bucket", "_count", "_sum")
_NAME = re.compile(r"^# TYPE (\S+) (\w+)$", re.MULTILINE)


def _asked() -> Iterator[tuple[str, Selector]]:
    """Yield every selector of the rules and the dashboards, with where it stands."""
    for rule in files.rules():
        where = rule.get("alert") or rule["record"]
        yield from ((where, one) for one in selectors(rule["expr"]))
    for title, expression in expressions():
        yield from ((title, one) for one in selectors(expression))


def _exported(text: str) -> set[str]:
    found: set[str] = set()
    for name, kind in _NAME.findall(text):
        suffixes = HISTOGRAM if kind == "histogram" else ("",)
        found |= {name + suffix for suffix in suffixes}
    return found


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """What the processes themselves say that they export."""
    with EmbeddedDeployment(tmp_path_factory.mktemp("deployment")) as deployment:
        every = {*deployment.processes, "exporter"}
        return {name for one in every for name in _exported(deployment.metrics(one))}


def test_every_metric_asked_for_is_exported(ours: set[str]) -> None:
    known = ours | files.recorded() | set(exporters.EVERY)
    unknown = {(where, one.metric) for where, one in _asked() if one.metric not in known}
    assert not unknown


def test_every_label_asked_for_is_one_that_the_metric_has() -> None:
    labels = _labels()
    wrong = {
        (where, one.metric, label)
        for where, one in _asked()
        for label in one.labels
        if one.metric in labels and label not in labels[one.metric] | SCRAPED
    }
    assert not wrong


def _labels() -> dict[str, set[str]]:
    found = {name: set(labels) for name, labels in exporters.EVERY.items()}
    collectors = {id(one): one for one in REGISTRY._collector_to_names}
    for collector in collectors.values():
        names = REGISTRY._collector_to_names[collector]
        for name in names:
            found[name] = {*getattr(collector, "_labelnames", ()), "le"}
    for family in _families():
        found[family.name] = found[f"{family.name}_total"] = set(family._labelnames)
    assert metrics.DRIFT._labelnames == ("consumer", "kind")
    return found


def test_the_broker_exports_what_is_asked_of_it(rabbitmq: RabbitMQ) -> None:
    rabbitmq.manage("PUT", "queues/%2F/monitored", {"durable": True})
    whole = httpx.get(rabbitmq.metrics_url, timeout=30).text
    assert set(exporters.RABBITMQ) <= _exported(whole)
    (job,) = [
        job for job in files.scraping()["scrape_configs"] if job["job_name"] == "rabbitmq-queues"
    ]
    url = rabbitmq.metrics_url.replace("/metrics", job["metrics_path"])
    text = httpx.get(url, params=job["params"], timeout=30).text
    for name, labels in exporters.RABBITMQ_QUEUES.items():
        shown = re.findall(rf"^{name}\{{(.*)\}} ", text, re.MULTILINE)
        assert any(all(f'{label}="' in line for label in labels) for line in shown), name


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (
            'sum by (service) (rate(a_total{x="sum(b)", y!~"c"}[5m])) > 1e9',
            [("a_total", {"x", "y"})],
        ),
        ("max(a) / on (queue) group_left (z) b offset 10m", [("a", set()), ("b", set())]),
        (
            "a:b:c == 1 unless absent(d) and on (e) f",
            [("a:b:c", set()), ("d", set()), ("f", set())],
        ),
        ('label_replace(up{job="x"} == 0, "s", "$1", "job", "(.+)")', [("up", {"job"})]),
        ("time() - vector(1) > 3 * 86400", []),
    ],
)
def test_metrics_and_labels_are_told_from_the_rest_of_an_expression(
    expression: str, expected: list[tuple[str, set[str]]]
) -> None:
    assert [(one.metric, one.labels) for one in selectors(expression)] == expected
