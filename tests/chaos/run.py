"""One run: a deployment, people at work, processes killed by plan, everything compared."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests import deployment as deployments
from tests.chaos import compare
from tests.chaos.counters import Counters
from tests.chaos.echoes import Echo
from tests.chaos.editors import Editor, Newsroom
from tests.chaos.killer import Killer
from tests.chaos.model import Article
from tests.chaos.plan import volleys
from tests.chaos.readers import AGENT, Reader, by_page
from tests.chaos.report import Report
from tests.deployment import Deployment, wait_for

_KINDS = ("save", "publish", "moved", "unpublish", "discard", "import")


@dataclass(frozen=True, slots=True)
class Size:
    """How much is done; work goes on until the kills are over and at least so much was done."""

    kills: int
    editors: int = 3
    readers: int = 2
    calls: int = 40
    views: int = 150
    articles: int = 40
    pace: float = 1.0
    """How long people rest between two calls, against what is usual; 3 is three times as long."""
    each: bool = True
    """Whether every process is killed in this run, however few kills there are."""


class _Work:
    """Threads whose first failure is kept and shown."""

    def __init__(self) -> None:
        self.failures: list[BaseException] = []
        self._threads: list[threading.Thread] = []

    def start(self, body: Callable[[], None]) -> None:
        def guarded() -> None:
            try:
                body()
            except BaseException as error:  # noqa: BLE001 - told by the run's own thread
                self.failures.append(error)

        thread = threading.Thread(target=guarded)
        thread.start()
        self._threads.append(thread)

    def join(self) -> None:
        for thread in self._threads:
            thread.join()


@dataclass
class Past:
    """What earlier runs have left on the same deployment, for the next one to reckon with."""

    articles: list[Article] = field(default_factory=list)
    views: Counter[str] = field(default_factory=Counter)
    editor: deployments.Editor | None = None
    """The one whose token all runs use; to make one takes a process."""


def run(
    seed: int, size: Size, deployment: Deployment, say: Callable[[str], None], past: Past
) -> Report:
    """Return what was found; ``differences`` is empty when all was well. Adds to ``past``."""
    began = time.monotonic()
    report = Report(seed, size.kills)
    _Run(seed, size, deployment, report=report, past=past, say=say).do()
    report.seconds = time.monotonic() - began
    return report


def final(deployment: Deployment, past: Past) -> list[str]:
    """Look once more at every page of all runs, stop, and let the databases be examined."""
    found = list(compare.pages(deployment.http, past.articles))
    if deployment.stop() != 0:
        found.append("the deployment did not stop with status 0")
    return found + deployment.damage()


class _Run:
    def __init__(
        self,
        seed: int,
        size: Size,
        deployment: Deployment,
        *,
        report: Report,
        past: Past,
        say: Callable[[str], None],
    ) -> None:
        self._size = size
        self._past = past
        self._deployment = deployment
        self._report = report
        self._say = say
        self._began = time.monotonic()
        self._room = Newsroom()
        self._over = threading.Event()
        self._counters = Counters(deployment)
        self._echo = Echo(deployment, seed)
        editor = past.editor = past.editor or deployments.Editor(deployment)
        editor.category("tin-tuc", "Tin tức")
        self._http = editor.http
        token = editor.http.headers["Authorization"]
        self._editors = [
            Editor(
                str(number),
                seed,
                deployment.client(Authorization=token),
                self._room,
                pool=size.articles,
                pace=size.pace,
            )
            for number in range(size.editors)
        ]
        self._readers = [
            Reader(str(number), seed, deployment.client(**AGENT), self._room, pace=size.pace)
            for number in range(size.readers)
        ]

    def do(self) -> None:
        with self._background():
            work = _Work()
            for editor in self._editors:
                work.start(lambda e=editor: e.work(self._enough(self._size.calls)))  # type: ignore[misc]
            for reader in self._readers:
                work.start(lambda r=reader: r.read(self._enough(self._size.views)))  # type: ignore[misc]
            killer = Killer(self._deployment, before=self._counters.read)
            targets = self._deployment.processes, self._deployment.mortal
            plan = volleys(self._report.seed, self._size.kills, *targets, each=self._size.each)
            try:
                killer.carry_out(plan, lambda kills: self._tell(kills.total))
            finally:
                self._over.set()
                work.join()
            self._report.kills = dict(killer.kills.counts)
            self._report.recovery = killer.kills.recovery
        self._report.differences += [f"lost: {error!r}" for error in work.failures]
        self._drain()
        self._compare()
        self._fill()

    @contextmanager
    def _background(self) -> Iterator[None]:
        """Count and repeat events meanwhile; the echo's last events come before the drain."""
        stop, work = threading.Event(), _Work()
        work.start(lambda: self._counters.run(stop))
        work.start(lambda: self._echo.run(stop))
        try:
            yield
        finally:
            stop.set()
            work.join()
            self._report.differences += [f"lost: {error!r}" for error in work.failures]

    def _enough(self, least: int) -> Callable[[int], bool]:
        return lambda done: self._over.is_set() and done >= least

    def _tell(self, kills: int) -> None:
        taken = sum(len(reader.taken) for reader in self._readers)
        calls = sum(editor.calls for editor in self._editors)
        self._phase(f"{kills} of {self._size.kills} kills, {calls} calls, {taken} views")

    def _phase(self, text: str) -> None:
        self._say(f"{time.monotonic() - self._began:.0f} s: {text}")

    def _drain(self) -> None:
        self._phase("waiting until everything has arrived")
        began = time.monotonic()
        try:
            wait_for(lambda: not self._deployment.left_over(), within=180)
        except AssertionError:
            self._report.differences.append(f"stuck: {self._deployment.left_over()}")
        self._report.drain_seconds = time.monotonic() - began

    def _compare(self) -> None:
        self._phase("comparing every answer with what there is")
        http, articles = self._deployment.http, [a for e in self._editors for a in e.articles]
        found, past = self._report.differences, self._past
        past.views += by_page(self._readers)
        found += compare.articles(self._http, articles)
        found += compare.pages(http, articles)
        found += compare.search(self._deployment, articles, past.articles)
        past.articles += articles
        found += compare.lists(http, past.articles)
        found += compare.views(self._deployment, past.views)
        found += [f"parked: {letter}" for letter in self._deployment.dead_letters()]

    def _fill(self) -> None:
        self._counters.read()
        report, answers = self._report, self._room.answers
        report.accepted = {kind: answers.pop(kind, 0) for kind in _KINDS}
        report.accepted["views"] = sum(len(reader.taken) for reader in self._readers)
        report.accepted["all"] = sum(report.accepted.values())
        report.work = {**answers, "events repeated by the bus": self._echo.sent}
        report.redelivered = self._counters.sums("bantin_redeliveries_total")
        report.repeats = self._counters.sums("bantin_repeats_total")
