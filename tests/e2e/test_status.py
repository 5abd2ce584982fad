"""``make status`` beside a running deployment, a stopped one and one that is ill."""

import json
import subprocess
import sys
from uuid import uuid4

import pytest

from shared.contracts.events import Event
from tests.deployment import ROOT, Deployment, Editor, document, wait_for
from tests.embedded_deployment import PROCESSES, EmbeddedDeployment
from tests.factories import published


class Unreadable(Event):
    """An event whose bytes no consumer can read."""

    def encode(self) -> bytes:
        return b"not an event"


def _status(deployment: Deployment, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "deploy.embedded", "status", *arguments],
        cwd=ROOT,
        env=deployment.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> EmbeddedDeployment:
    return EmbeddedDeployment(tmp_path_factory.mktemp("status"))


def test_the_status_follows_a_deployment_through_its_days(own: EmbeddedDeployment) -> None:
    with own:
        editor = Editor(own)
        editor.category("tin-tuc", "Tin tức")
        article_id = uuid4()
        editor.put(article_id, document("Tin để xem tình trạng"))
        editor.publish(article_id)
        wait_for(lambda: all(editor.delivery(article_id).values()))
        wait_for(lambda: _status(own).returncode == 0)

        found = json.loads(_status(own, "--json").stdout)
        running = {process["name"]: process for process in found["processes"]}
        assert set(running) == {"supervisor", *PROCESSES}
        assert {name: p["pid"] for name, p in running.items()} == own.pids()
        assert all(running[name]["memory"] > 1_000_000 for name in PROCESSES)
        assert found["problems"] == []
        assert found["outbox"] == {"waiting": 0, "oldest_seconds": 0.0}
        assert set(found["delivered"]) == set(found["drift"]) == {"indexing", "render"}
        assert 0 <= found["delivered"]["indexing"]["lag_seconds"] < 60
        shown = _status(own).stdout
        assert "Mọi thứ đều ổn." in shown
        assert max(map(len, shown.splitlines())) <= 80

        _park_one(own)
        wait_for(lambda: _status(own).returncode == 1)
        assert "dead-letters.md" in _status(own).stdout
        own.command("shared.bus", "deadletters", "drop", "--all")
        assert _status(own).returncode == 0
        assert own.stop() == 0

    stopped = _status(own, "--json")
    assert stopped.returncode == 1
    found = json.loads(stopped.stdout)
    assert [problem["kind"] for problem in found["problems"]] == ["not-running"]
    assert found["dirty_pages"] == 0
    assert len(found["queues"]) == 6


def _park_one(deployment: Deployment) -> None:
    good = published(1)
    with deployment.bus() as bus:
        bus.publish([Unreadable.model_construct(**dict(good))], bulk_for="render")
