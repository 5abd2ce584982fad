"""The search index of a deployment on servers made anew, while people write and read."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import count
from typing import IO
from uuid import UUID

import pytest

from services.ingest.store.published import Published
from shared.database import Database
from shared.index.elastic import Reindexing
from tests.deployment import ROOT, Editor, document, wait_for
from tests.factories import an_id
from tests.server_deployment import ServerDeployment
from tests.server_stores import Servers

UNTOUCHED, EDITED, TAKEN_BACK = 160, 40, 40
NEW = 10_000
"""The number of the first article that is written meanwhile."""
STANDING = {"dung-yen": UNTOUCHED, "hay-sua": EDITED, "bi-go": TAKEN_BACK, "moi-dang": 1}
PAUSE_SECONDS = 0.1
"""Between two turns of whoever writes or reads meanwhile."""
LEASE_SECONDS = 3
"""Of the jobs process: short, because tests wait for it."""


def _document(number: int, category: str, text: str = "") -> dict[str, object]:
    return document(f"Tin số {number} {text}", subjects=[{"name": category}])


class Portal:
    """A deployment with a past, and what a test asks of its index."""

    def __init__(self, deployment: ServerDeployment) -> None:
        self.deployment = deployment
        self.editor = Editor(deployment)
        self.numbers = count(NEW)
        self.edits = count(1)
        self.place = Reindexing(deployment.search_index_url, LEASE_SECONDS)
        for slug in STANDING:
            self.editor.category(slug, slug)
        categories = ["dung-yen"] * UNTOUCHED + ["hay-sua"] * EDITED + ["bi-go"] * TAKEN_BACK
        lines = [
            json.dumps(_document(number, slug) | {"uri": f"urn:uuid:{an_id(number)}"})
            for number, slug in enumerate(categories)
        ]
        body = "\n".join(lines).encode()
        answer = self.editor.http.post("/v1/import", params={"publish": "true"}, content=body)
        assert {json.loads(line)["status"] for line in answer.text.splitlines()} <= {200, 201}
        self.publish_one()
        wait_for(lambda: self.counts() == STANDING)

    def publish_one(self) -> None:
        number = next(self.numbers)
        assert self.editor.put(an_id(number), _document(number, "moi-dang")).is_success
        assert self.editor.publish(an_id(number)).is_success

    def edit(self, turn: int) -> None:
        number = UNTOUCHED + turn % EDITED
        # Never the same text twice: there would be nothing to publish.
        changed = _document(number, "hay-sua", f"sửa lần {next(self.edits)}")
        assert self.editor.put(an_id(number), changed).is_success
        assert self.editor.publish(an_id(number)).is_success

    def take_back(self, turn: int) -> None:
        if turn < TAKEN_BACK:
            number = UNTOUCHED + EDITED + turn
            kind = {"type": ("gone", "withdrawal")[turn % 2], "explanation": "Sai."}
            assert self.editor.unpublish(an_id(number), **kind).is_success

    def counts(self) -> dict[str, int]:
        """Return how many articles of each category readers find."""
        found = self.deployment.search(per_page=1)
        facets = {one["value"]: one["count"] for one in found["facets"]["category"]}
        assert sum(facets.values()) == found["total"]
        return facets

    def known(self) -> dict[UUID, tuple[int, str]]:
        """Return what ingest has of every article ever published."""
        with closing(Database(self.deployment.database_url("ingest"))) as database:
            entries = Published(database).manifest(None, 100_000)
        return {entry.id: (entry.version, entry.state.value) for entry in entries}

    def held(self) -> dict[UUID, tuple[int, str]]:
        live = self.place.indices.targets().live
        return {i: (version, state) for i, version, state in self.place.indices.versions(live)}

    def is_new(self, old: str) -> bool:
        """Tell whether another index is live, and the only one."""
        return self.place.indices.targets().live != old and len(self.place.indices.all()) == 1

    @contextmanager
    def command(self, lease_seconds: int) -> "Iterator[subprocess.Popen[str]]":
        """Run a reindex by hand that nobody takes over before it was silent for so long."""
        environment = self.deployment.environment_of("indexing")
        with subprocess.Popen(
            [sys.executable, "-m", "services.indexing", "reindex"],
            cwd=ROOT,
            env=environment | {"BANTIN_REINDEX_LEASE_SECONDS": str(lease_seconds)},
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                yield process
            finally:
                process.kill()


@pytest.fixture(scope="module")
def portal(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    folder = tmp_path_factory.mktemp("reindex") / "var"
    settings = {
        "BANTIN_MANIFEST_SECONDS": "36000",
        "BANTIN_REINDEX_LEASE_SECONDS": str(LEASE_SECONDS),
        "BANTIN_REINDEX_LOOK_SECONDS": "0.5",
    }
    with ServerDeployment(folder, servers=servers, **settings) as started:
        made = Portal(started)
        with closing(made.place):
            yield made
        assert started.dead_letters() == []
        assert started.stop() == 0, started.complaints


@contextmanager
def _meanwhile(*tasks: Callable[[int], None]) -> Iterator[list[int]]:
    """Do each of these again and again, beside one another; give how often each was done."""
    stop = threading.Event()
    turns = [0] * len(tasks)
    failures: list[BaseException] = []

    def repeat(place: int, task: Callable[[int], None]) -> None:
        try:
            while not stop.is_set():
                task(turns[place])
                turns[place] += 1
                stop.wait(PAUSE_SECONDS)
        except BaseException as error:  # noqa: BLE001 - told to the test below
            failures.append(error)

    threads = [threading.Thread(target=repeat, args=one) for one in enumerate(tasks)]
    for thread in threads:
        thread.start()
    try:
        yield turns
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    if failures:
        raise failures[0]


class Reader:
    """Searches all the time; what was found once and not taken back is found each time."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self._last = portal.counts()

    def look(self, _turn: int) -> None:
        now = self._portal.counts()
        assert now["dung-yen"] == UNTOUCHED
        assert now["hay-sua"] == EDITED
        assert now["moi-dang"] >= self._last["moi-dang"]
        assert now.get("bi-go", 0) <= self._last.get("bi-go", 0)
        self._last = now


def _told(stream: IO[str], what: str) -> bool:
    """Return when a command has told something; False if it ended without."""
    return any(line.startswith(what) for line in stream)


def test_readers_find_everything_while_it_is_made_anew_and_people_write(portal: Portal) -> None:
    old = portal.place.indices.targets().live

    def write(turn: int) -> None:
        portal.edit(turn)
        portal.publish_one()
        portal.take_back(turn)

    with _meanwhile(Reader(portal).look, write) as turns, portal.command(600) as command:
        _, said = command.communicate(timeout=120)
        assert command.returncode == 0, said
        wait_for(lambda: turns[1] >= 5)
    assert turns[0] >= 5
    assert portal.is_new(old)
    wait_for(lambda: portal.held() == portal.known())
    states = [state for _, state in portal.held().values()]
    assert {"gone", "withdrawal", "live"} <= set(states)
    assert portal.counts()["moi-dang"] == turns[1] + 1
    for metric in ("bantin_reindex_wanted", "bantin_reindex_begun_timestamp_seconds"):
        wait_for(lambda m=metric: portal.deployment.value("indexing-jobs", m) == 0)  # type: ignore[misc]


def test_one_that_is_killed_is_finished_by_the_jobs_process(portal: Portal) -> None:
    olds: list[str] = []

    def killed_half_way() -> bool:
        """It ends by itself if the jobs process is just looking whether there is something."""
        olds.append(portal.place.indices.targets().live)
        with portal.command(10) as command:
            assert command.stderr is not None
            if told := _told(command.stderr, "asked ingest"):
                os.kill(command.pid, signal.SIGKILL)
            return told

    with _meanwhile(Reader(portal).look, portal.edit):
        wait_for(killed_half_way, within=150)
        wait_for(lambda: portal.is_new(olds[-1]))
    wait_for(lambda: portal.held() == portal.known())


def test_the_jobs_process_killed_in_the_middle_goes_on_when_it_is_back(portal: Portal) -> None:
    old = portal.place.indices.targets().live
    with _meanwhile(Reader(portal).look, portal.edit):
        portal.deployment.command("services.indexing", "reindex", "--later")
        wait_for(lambda: portal.place.indices.targets().next, every=0.01)
        killed = portal.deployment.kill("indexing-jobs")
        wait_for(lambda: portal.deployment.restarted("indexing-jobs", killed))
        wait_for(lambda: portal.is_new(old))
    wait_for(lambda: portal.held() == portal.known())
