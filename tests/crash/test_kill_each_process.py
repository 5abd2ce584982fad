"""SIGKILL of each process while articles are imported and views are sent: nothing is lost."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from uuid import UUID, uuid4, uuid5

import httpx
import pytest

from tests.chaos import wire
from tests.chaos.editors import Newsroom
from tests.chaos.model import Text
from tests.chaos.readers import AGENT, Reader
from tests.deployment import Deployment, Editor, wait_for

ARTICLES, VIEWS = 150, 150


def _lines(run: UUID) -> dict[str, Text]:
    return {
        str(uuid5(run, str(number))): Text(
            str(number), f"Tin số {number} đợt {run.hex[:6]}", "2026-03-14"
        )
        for number in range(ARTICLES)
    }


def _import_until_accepted(editor: Editor, run: UUID) -> dict[str, str]:
    """Send the lines as a client does that gets cut off: whatever has no answer is sent again."""
    waiting = _lines(run)
    accepted: dict[str, str] = {}
    deadline = time.monotonic() + 120
    while waiting:
        assert time.monotonic() < deadline, f"{len(waiting)} lines found no answer"
        try:
            results = wire.send_lines(editor.http, [*waiting.items()][:25])
        except (httpx.HTTPError, ValueError):
            time.sleep(0.1)
            continue
        for result in results:
            assert result["status"] in {200, 201}, result
            accepted[result["id"]] = result["url"]
            waiting.pop(result["id"])
        time.sleep(0.05)
    return accepted


@pytest.mark.crash
def test_killing_each_process_during_an_import_loses_and_doubles_nothing(
    new_deployment: Callable[..., Deployment], tmp_path: Path
) -> None:
    with new_deployment(tmp_path / "var") as deployment:
        _kill_and_compare(deployment)


def _kill_and_compare(deployment: Deployment) -> None:
    editor = Editor(deployment)
    editor.category("tin-tuc", "Tin tức")
    run = uuid4()
    accepted: dict[str, str] = {}
    failures: list[BaseException] = []
    reader = Reader("one", run.int, deployment.client(**AGENT), Newsroom())

    def guarded(work: threading.Thread) -> threading.Thread:
        work.start()
        return work

    def importing() -> None:
        try:
            accepted.update(_import_until_accepted(editor, run))
        except BaseException as error:  # noqa: BLE001 - shown by the test's own thread
            failures.append(error)

    def viewing() -> None:
        try:
            reader.read(lambda taken: taken >= VIEWS)
        except BaseException as error:  # noqa: BLE001 - shown by the test's own thread
            failures.append(error)

    workers = [guarded(threading.Thread(target=work)) for work in (importing, viewing)]
    for name in deployment.processes:
        time.sleep(0.3)
        killed = deployment.kill(name)
        wait_for(lambda n=name, pid=killed: deployment.restarted(n, pid))  # type: ignore[misc]
    for worker in workers:
        worker.join()
    assert not failures
    assert len(accepted) == ARTICLES

    _everything_arrived(deployment, accepted)
    assert deployment.stop() == 0


def _everything_arrived(deployment: Deployment, accepted: dict[str, str]) -> None:
    wait_for(lambda: deployment.search(q="Tin số đợt")["total"] == ARTICLES, within=120)
    wait_for(
        lambda: all(deployment.http.get(url).status_code == 200 for url in accepted.values()),
        within=120,
        every=1,
    )
    found: set[str] = set()
    for page in range(1, ARTICLES // 50 + 1):
        results = deployment.search(q="Tin số đợt", sort="newest", per_page=50, page=page)
        found |= {result["id"] for result in results["results"]}
    assert found == set(accepted)
    wait_for(lambda: deployment.total() == VIEWS)
    assert deployment.dead_letters() == []
