"""``make drill``: kill each container in turn while people work; compare everything they did.

For a deployment that has no readers yet: what it publishes is taken back at the end, but its views
stay counted. A container is killed as a crash would, by its first process, which needs root;
``--restart`` restarts each as its operator does instead.
"""

import argparse
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote
from uuid import uuid4

from deploy.compose.stack import Stack, TroubleError, run
from deploy.drill.trickle import Trickle
from deploy.smoke.site import Editor, Site, SmokeError, public_url, until

_WITHIN: Final = 300.0
"""Seconds for a container to be healthy again, and for everything to arrive."""
_PAGE: Final = 50


def services() -> list[str]:
    """Return the services that go on running; those of one turn only are left out."""
    said = Stack().ask("ps", "--format", "json")
    return sorted({json.loads(line)["Service"] for line in said.splitlines()})


def inspect(service: str) -> list[dict[str, Any]]:
    ids = Stack().ask("ps", "--all", "--quiet", service).split()
    found: list[dict[str, Any]] = json.loads(run(("docker", "inspect", *ids)))
    return found


def kill(service: str) -> None:
    """SIGKILL the first process of each of its containers, as the kernel would."""
    for container in inspect(service):
        os.kill(container["State"]["Pid"], signal.SIGKILL)


def restart(service: str) -> None:
    Stack().ask("restart", service)


def healthy(service: str, since: dict[str, str]) -> bool:
    """Tell whether every container was started anew and says that it is well."""
    for container in inspect(service):
        state = container["State"]
        if state["StartedAt"] == since.get(container["Id"]):
            return False
        if state.get("Health", {}).get("Status", "healthy") != "healthy":
            return False
        if not state["Running"]:
            return False
    return True


def _until(what: Callable[[], bool], trouble: str) -> float:
    """Wait as long as a server may take to come back. Raises SmokeError."""
    return until(what, trouble, within=_WITHIN, every=0.5)


class Drill:
    """What was there before, who works, and whether all of it arrived."""

    def __init__(self, site: Site, editor: Editor) -> None:
        self._site = site
        self.trickle = Trickle(site, editor, editor.category(), f"dientap{uuid4().hex[:8]}")
        self._editor = editor
        self._before = self._total()

    def _total(self) -> int:
        return int(json.loads(self._site.call("GET", "/api/visits")[1])["total"])

    def found(self) -> set[str]:
        numbers: set[str] = set()
        for page in range(1, len(self.trickle.pages) // _PAGE + 2):
            query = f"q={quote(self.trickle.word)}&sort=newest&per_page={_PAGE}&page={page}"
            status, text = self._site.call("GET", f"/api/search?{query}")
            if status != HTTPStatus.OK:
                return set()
            numbers |= {result["id"] for result in json.loads(text)["results"]}
        return numbers

    def arrived(self) -> None:
        """Wait for all that was accepted. Raises SmokeError if something is missing."""
        pages = self.trickle.pages
        _until(lambda: self.found() == set(pages), "not everything is found")

        def shown(path: str) -> bool:
            return self._site.call("GET", path)[0] == HTTPStatus.OK

        with ThreadPoolExecutor(4) as pool:
            _until(lambda: all(pool.map(shown, pages.values())), "not everything is on its page")
        _until(lambda: self._total() - self._before == self.trickle.views, "the total is not exact")

    def tidy_up(self) -> None:
        for number in self.trickle.pages:
            self._editor.call("POST", f"/v1/articles/{number}/unpublish", {"type": "gone"})


def hurt(names: Sequence[str], how: Callable[[str], None]) -> None:
    """Hurt one after the other and say how long each took to be well again."""
    for name in names:
        since = {one["Id"]: one["State"]["StartedAt"] for one in inspect(name)}
        how(name)
        took = _until(lambda name=name, since=since: healthy(name, since), f"{name} is not well")  # type: ignore[misc]
        say(f"{name}: well again after {took:.0f} s")
        time.sleep(2)


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def dead_letters() -> str:
    python = ("python", "-m", "shared.bus", "deadletters", "list")
    return Stack().ask("exec", "-T", "indexing-consumer", *python, "--json").strip()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python3 -m deploy.drill", description=__doc__)
    parser.add_argument("services", nargs="*", help="only these; default: every one")
    parser.add_argument("--restart", action="store_true", help="restart instead of killing")
    parser.add_argument("--url", help="the front door; default: the deployment's public address")
    options = parser.parse_args()
    try:
        site = Site(options.url or public_url())
        editor = Editor(site)
        try:
            drill = Drill(site, editor)
            drill.trickle.start()
            try:
                hurt(options.services or services(), restart if options.restart else kill)
            finally:
                drill.trickle.stop()
            began = time.monotonic()
            drill.arrived()
            trickle = drill.trickle
            say(
                f"{len(trickle.pages)} articles and {trickle.views} views were accepted "
                f"({trickle.refused} calls were made again); all are there, none twice, "
                f"{time.monotonic() - began:.0f} s after the last"
            )
            if left := dead_letters():
                raise SmokeError(f"set apart, which they should not be:\n{left}")
            drill.tidy_up()
        finally:
            editor.leave()
    except TroubleError as error:
        sys.stderr.write(f"FAILED  {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
