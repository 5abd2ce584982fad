"""A trickle of work on a deployment, with a record of all that was answered as accepted.

The people are those of the chaos run; one more imports without a pause for thought.
"""

import threading
import time
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self
from uuid import UUID, uuid4

import httpx

from tests import deployment as deployments
from tests.chaos import wire
from tests.chaos.editors import COMMON, DAYS, NO_ANSWER_WITHIN, Difference, Editor, Newsroom
from tests.chaos.model import Article, Import, Text, after
from tests.chaos.plan import seeded
from tests.chaos.readers import AGENT, Reader, by_page
from tests.deployment import Deployment, wait_for

_PACE = 8.0
"""Against what people of the chaos run do: eight times as slow."""
_POOL = 12
"""Articles that the editor begins, and goes on changing."""
_LINES = 3
"""In one import."""
_REST, _MANY = 0.6, 30
"""Seconds between two imports; more of them after so many articles, where all takes long."""


class Importer:
    """Sends a few lines at a time, and what is not accepted again, as another system does."""

    def __init__(self, seed: int, http: httpx.Client, room: Newsroom) -> None:
        self.articles: list[Article] = []
        """What was accepted."""
        self._random = seeded("importer", seed)
        self._http = http
        self._room = room

    def work(self, over: threading.Event) -> None:
        """Import until ``over`` is set, and then no more. Raises Difference."""
        while not over.is_set():
            lines = [self._line() for _ in range(_LINES)]
            deadline = time.monotonic() + NO_ANSWER_WITHIN
            while lines:
                if time.monotonic() > deadline:
                    raise Difference(f"{len(lines)} lines were never accepted")
                lines = self._send(lines)
            over.wait(_REST * (1 + len(self.articles) // _MANY))

    def _line(self) -> tuple[Article, Text]:
        article = Article(str(UUID(int=self._random.getrandbits(128), version=4)))
        token = f"n{self._random.getrandbits(40):010x}"
        article.tokens.add(token)
        return article, Text(token, f"{COMMON} nhập {token}", self._random.choice(DAYS))

    def _send(self, lines: list[tuple[Article, Text]]) -> list[tuple[Article, Text]]:
        """Send lines once; return those that have to be sent again."""
        try:
            results = wire.send_lines(self._http, [(one.id, text) for one, text in lines])
        except (httpx.HTTPError, ValueError) as error:
            if isinstance(error, httpx.HTTPStatusError) and error.response.status_code != 503:
                raise Difference(f"import: {error.response.text}") from error
            time.sleep(wire.PAUSE)
            return lines
        left = []
        for (article, text), result in zip(lines, results, strict=True):
            if result["status"] == 503:
                left.append((article, text))
            elif result["status"] in {200, 201}:
                self._note(article, text, result["version"], result["url"])
            else:
                raise Difference(f"a line was answered with {result}")
        return left

    def _note(self, article: Article, text: Text, version: int, url: str) -> None:
        op = Import(text)
        expected = after(article.state, op)
        assert expected is not None
        article.accept(op, expected, version, url)
        self.articles.append(article)
        self._room.urls.append(url)


class Trickle:
    """An importer, an editor and two readers at work within the block."""

    def __init__(self, deployment: Deployment, seed: int, editor: deployments.Editor) -> None:
        room = Newsroom()
        http = [deployment.client(**editor.http.headers) for _ in range(2)]
        readers = [deployment.client(**AGENT) for _ in range(2)]
        self._http = readers[0]
        self._refused: list[str] = []
        self._taken_later: Counter[str] = Counter()
        self._over = threading.Event()
        self._importer = Importer(seed, http[0], room)
        self._editor = Editor("Người sửa", seed, http[1], room, pool=_POOL, pace=_PACE)
        self._readers = [
            Reader(str(number), seed, one, room, pace=_PACE) for number, one in enumerate(readers)
        ]
        self._pool = ThreadPoolExecutor(2 + len(self._readers))
        self._work: list[Future[None]] = []

    @property
    def articles(self) -> list[Article]:
        return [*self._importer.articles, *self._editor.articles]

    @property
    def imported(self) -> list[Article]:
        """Return what was imported and accepted so far, which nobody edits."""
        return list(self._importer.articles)

    @property
    def calls(self) -> int:
        """Return how many calls of the editor were answered so far, or given up."""
        return self._editor.calls

    @property
    def viewed(self) -> int:
        """Return how many views were accepted so far."""
        return sum(len(reader.taken) for reader in self._readers)

    def views(self) -> Counter[str]:
        """Return the accepted views by page."""
        return by_page(self._readers) + self._taken_later

    def refused(self) -> None:
        """Let one more view be refused in clear words; it is sent again by ``finish``."""
        view = str(uuid4())
        answer = self._send(view)
        assert answer.status_code == 503, answer.text
        assert int(answer.headers["Retry-After"]) > 0
        self._refused.append(view)

    def flows(self, more: int = 3) -> None:
        """Return once some more was accepted of everybody. Raises what one of them found wrong."""
        wanted = len(self.imported) + more, self.calls + more, self.viewed + more
        wait_for(lambda: self._sound() and self._reached(*wanted), within=NO_ANSWER_WITHIN)

    def finish(self) -> None:
        """Let everybody end what they are at. Raises what one of them found wrong."""
        self._over.set()
        for one in self._work:
            one.result()
        for view in self._refused:
            assert self._send(view).status_code == 202
            self._taken_later["/"] += 1
        self._refused.clear()

    def _send(self, view: str) -> httpx.Response:
        return self._http.post("/api/visits", json={"path": "/", "id": view})

    def __enter__(self) -> Self:
        over = self._over.is_set
        self._work = [
            self._pool.submit(self._importer.work, self._over),
            self._pool.submit(self._editor.work, lambda _: over()),
            *(self._pool.submit(reader.read, lambda _: over()) for reader in self._readers),
        ]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._pool.shutdown()

    def _reached(self, imported: int, calls: int, viewed: int) -> bool:
        return len(self.imported) >= imported and self.calls >= calls and self.viewed >= viewed

    def _sound(self) -> bool:
        for one in self._work:
            if one.done():
                one.result()
        return True
