"""SIGKILL of each process while articles are imported and views are sent: nothing is lost."""

import json
import threading
import time
from pathlib import Path
from uuid import UUID, uuid4, uuid5

import httpx
import pytest

from tests.deployment import PROCESSES, Deployment, Editor, document, wait_for

ARTICLES, VIEWS = 300, 300
READER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}


def _lines(run: UUID) -> list[dict[str, object]]:
    return [
        document(f"Tin số {number} đợt {run.hex[:6]}", uri=f"urn:uuid:{uuid5(run, str(number))}")
        for number in range(ARTICLES)
    ]


def _import_until_accepted(editor: Editor, run: UUID) -> dict[str, str]:
    """Send the lines as a client does that gets cut off: whatever has no answer is sent again."""
    waiting = {str(line["uri"]): line for line in _lines(run)}
    accepted: dict[str, str] = {}
    deadline = time.monotonic() + 120
    while waiting:
        assert time.monotonic() < deadline, f"{len(waiting)} lines found no answer"
        some = list(waiting.values())[:25]
        body = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in some)
        try:
            answer = editor.http.post("/v1/import?publish=true", content=body.encode())
            answer.raise_for_status()
            results = [json.loads(line) for line in answer.text.splitlines()]
        except (httpx.HTTPError, json.JSONDecodeError):
            time.sleep(0.1)
            continue
        for result in results:
            assert result["status"] in {200, 201}, result
            accepted[result["id"]] = result["url"]
            waiting.pop(f"urn:uuid:{result['id']}", None)
        time.sleep(0.05)
    return accepted


def _send_views(deployment: Deployment, ids: list[str]) -> None:
    with httpx.Client(base_url=deployment.url, headers=READER, timeout=30) as reader:
        for view in ids:
            deadline = time.monotonic() + 60
            while time.monotonic() < deadline:
                try:
                    answer = reader.post("/api/visits", json={"path": "/", "id": view})
                except httpx.TransportError:
                    time.sleep(0.05)
                    continue
                if answer.status_code == 202:
                    break
                assert answer.status_code == 503, answer.text
                time.sleep(0.05)
            else:
                raise AssertionError("a view was never taken")


@pytest.mark.crash
def test_killing_each_process_during_an_import_loses_and_doubles_nothing(tmp_path: Path) -> None:
    with Deployment(tmp_path / "var") as deployment:
        _kill_and_compare(deployment)


def _kill_and_compare(deployment: Deployment) -> None:
    editor = Editor(deployment)
    editor.category("tin-tuc", "Tin tức")
    run, views = uuid4(), [str(uuid4()) for _ in range(VIEWS)]
    accepted: dict[str, str] = {}
    failures: list[BaseException] = []

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
            _send_views(deployment, views)
        except BaseException as error:  # noqa: BLE001 - shown by the test's own thread
            failures.append(error)

    workers = [guarded(threading.Thread(target=work)) for work in (importing, viewing)]
    for name in PROCESSES:
        time.sleep(0.3)
        killed = deployment.kill(name)
        wait_for(lambda n=name, pid=killed: deployment.restarted(n, pid))  # type: ignore[misc]
    for worker in workers:
        worker.join()
    assert not failures
    assert len(accepted) == ARTICLES

    _everything_arrived(deployment, accepted)
    assert deployment.stop() == 0
    deployment.start()
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
        results = deployment.search(q="Tin số đợt", per_page=50, page=page)["results"]
        found |= {result["id"] for result in results}
    assert found == set(accepted)
    wait_for(lambda: deployment.total() == VIEWS)
    assert deployment.dead_letters() == []
