"""Editors at work while processes die: each call is sent until it is answered, or given up."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from uuid import UUID

import httpx

from tests.chaos import wire
from tests.chaos.model import (
    Article,
    Discard,
    Import,
    Op,
    Publish,
    Save,
    State,
    Taken,
    Text,
    Unpublish,
    after,
)
from tests.chaos.plan import seeded

COMMON = "Tin thử lửa"
"""Words that begin every title."""
DAYS = ("2026-03-14", "2026-03-15", "2026-04-01")
_HAND = 0.03
"""Seconds between two calls of an editor, usually."""
LINGERING = 6.0
"""Seconds for which a process that was told to end may still carry out what it has taken."""
NO_ANSWER_WITHIN = 180.0
"""Seconds after which a call that is never answered is a difference, not bad luck."""


class Difference(AssertionError):  # noqa: N818 - what is found, not a mistake of ours
    """The system did not do what it had said."""


class Newsroom:
    """What all editors share: the words that are taken, the pages that are there, the counts."""

    def __init__(self) -> None:
        self.urls: list[str] = []
        self.answers: Counter[str] = Counter()
        self._lock = threading.Lock()

    def count(self, what: str, times: int = 1) -> None:
        with self._lock:
            self.answers[what] += times


class Editor:
    """Writes, moves, takes back and brings back articles of their own, one call after another.

    What comes next depends on the seed and on the answers alone. Now and then a call without an
    answer is given up; before the next one the editor looks what became of it.
    """

    def __init__(
        self,
        name: str,
        seed: int,
        http: httpx.Client,
        room: Newsroom,
        *,
        pool: int,
        pace: float = 1,
    ) -> None:
        self.articles: list[Article] = []
        self.calls = 0
        self._name = name
        self._random = seeded(f"editor {name}", seed)
        self._moods = seeded(f"patience {name}", seed)
        self._http = http
        self._room = room
        self._pool = pool
        self._hand = _HAND * pace

    def work(self, enough: Callable[[int], bool]) -> None:
        """Make calls until ``enough``, asked with the number of calls made. Raises Difference."""
        while not enough(self.calls):
            article = self._choose()
            if article.unknown is not None:
                self._look(article)
            if self._random.random() < 0.06:
                self._import()
            else:
                self._one(article)
            self.calls += 1
            time.sleep(self._hand)

    def _choose(self) -> Article:
        if (len(self.articles) < self._pool and self._random.random() < 0.35) or not self.articles:
            self.articles.append(self._new())
            return self.articles[-1]
        return self._random.choice(self.articles)

    def _new(self) -> Article:
        return Article(str(UUID(int=self._random.getrandbits(128), version=4)))

    def _text(self, article: Article) -> Text:
        token = f"k{self._random.getrandbits(40):010x}"
        article.tokens.add(token)
        return Text(token, f"{COMMON} của {self._name} {token}", self._random.choice(DAYS))

    def _next(self, article: Article) -> Op:
        """Choose a call that the article's state allows."""
        state = article.state
        allowed: list[Op] = [Save(self._text(article))]
        slug = f"doi-{self._random.getrandbits(40):010x}" if self._random.random() < 0.4 else None
        if state.draft is not None:
            allowed += [Publish(slug)] * 4 + [Discard()]
        if state.standing == "live" and slug:
            allowed += [Publish(slug)] * 3
        if state.standing == "live":
            allowed += [Unpublish(self._taking(state))] * 2
        if state.standing == "unpublished":
            allowed += [Save(self._text(article))] * 2 + [Unpublish(self._taking(state))]
        return self._random.choice(allowed)

    def _taking(self, state: State) -> Taken:
        reason = f"Lý do {self._random.getrandbits(32):08x}"
        ways = (
            Taken("gone", explanation=reason),
            Taken("redirect", location="/chuyen-muc/tin-tuc/"),
            Taken("withdrawal", explanation=reason),
        )
        return self._random.choice([way for way in ways if way != state.taken])

    def _one(self, article: Article) -> None:
        op = self._next(article)
        self._until_answered(article, op)
        if article.unknown is None and isinstance(op, Save) and self._random.random() < 0.15:
            self._again(article, op)

    def _until_answered(self, article: Article, op: Op) -> None:
        expected = after(article.state, op)
        if expected is None:
            raise Difference(f"the model itself refuses {op} in {article.state}")
        deadline, lost = time.monotonic() + NO_ANSWER_WITHIN, False
        while True:
            answer = self._ask(lambda: wire.request(self._http, article, op))
            if answer is None:
                lost = True
                if self._moods.random() < 0.05:
                    self._room.count("calls given up")
                    article.unknown = op
                    return
                _rest(deadline, f"{op} of {article.id}")
                continue
            if answer.status_code in {200, 201, 204}:
                self._accepted(article, op, expected, answer)
            elif lost and answer.status_code in {404, 409}:
                self._done_before(article, op, expected)
            else:
                raise Difference(
                    f"{op} of {article.id} in {article.state}: {answer.status_code} {answer.text}"
                )
            return

    def _accepted(self, article: Article, op: Op, expected: State, answer: httpx.Response) -> None:
        version, url = int(answer.headers["ETag"].strip('"')), article.url
        if answer.status_code != 204:
            told = answer.json()
            url = told["url"]
            if told["state"] != expected.word:
                raise Difference(f"{op} of {article.id} was answered with {told['state']}")
        self._note(article, op, expected, version, url)

    def _done_before(self, article: Article, op: Op, expected: State) -> None:
        """The answer before was lost, and now there is nothing left to do: look if that is so."""
        found = self._get(article)
        if not wire.agrees(expected, found):
            raise Difference(f"{op} of {article.id} refused, and ingest shows {found}")
        self._room.count("answers lost, found done")
        if found is None:
            self._note(article, op, expected, article.version + 1, article.url)
        else:
            self._note(article, op, expected, found.version, found.url)

    def _note(
        self, article: Article, op: Op, expected: State, version: int, url: str | None
    ) -> None:
        if version <= article.version:
            raise Difference(f"{op} of {article.id}: version {version} after {article.version}")
        moved = article.url is not None and url != article.url
        article.accept(op, expected, version, url)
        self._room.count("moved" if moved else type(op).__name__.lower())
        if url and expected.standing == "live":
            self._room.urls.append(url)

    def _again(self, article: Article, op: Save) -> None:
        """Send an accepted draft once more, as a client does that is not sure."""
        deadline = time.monotonic() + NO_ANSWER_WITHIN
        while (answer := self._ask(lambda: wire.request(self._http, article, op))) is None:
            _rest(deadline, f"{op} of {article.id} again")
        if answer.status_code != 200 or answer.json()["version"] != article.version:
            raise Difference(f"the same draft again: {answer.status_code} {answer.text}")
        self._room.count("sent twice, changed nothing")

    def _import(self) -> None:
        """Import a few lines, some of new articles and some of known ones; once more at times."""
        chosen = [self._new() for _ in range(self._random.randint(1, 4))]
        chosen += [a for a in self.articles if a.unknown is None and self._random.random() < 0.1]
        lines = [(article, self._text(article)) for article in chosen]
        first, second = self._send(lines), self._send(lines)
        for (article, text), told, again in zip(lines, first, second, strict=True):
            if told[0] not in {200, 201} or again != (200, *told[1:]):
                raise Difference(f"the line of {article.id}: {told}, then {again}")
            if article not in self.articles:
                self.articles.append(article)
            _, version, url = told
            op = Import(text)
            expected = after(article.state, op)
            if expected is None:
                raise Difference("a line is always allowed")
            self._note(article, op, expected, version, url)
        self._room.count("sent twice, changed nothing", len(lines))

    def _send(self, lines: Sequence[tuple[Article, Text]]) -> list[tuple[int, int, str]]:
        wanted = [(article.id, text) for article, text in lines]
        deadline = time.monotonic() + NO_ANSWER_WITHIN
        while True:
            try:
                found = wire.send_lines(self._http, wanted)
                if all(result["status"] != 503 for result in found):
                    return [(r["status"], r.get("version", 0), r.get("url", "")) for r in found]
                self._room.count("answers 503")
            except (httpx.TransportError, ValueError):
                self._room.count("requests without an answer")
            except httpx.HTTPStatusError as error:
                if error.response.status_code != 503:
                    raise Difference(f"import: {error.response.text}") from error
            _rest(deadline, "an import")

    def _look(self, article: Article, *, patience: float = LINGERING) -> None:
        """Find out what became of a call that was given up; it may still be under way."""
        op, found = article.unknown, self._get(article)
        done = after(article.state, op) if op else None
        if op is None or done is None:
            return
        if wire.agrees(done, found):
            version = found.version if found else article.version + 1
            article.accept(op, done, version, found.url if found else article.url)
            self._room.count("given up, found done")
        elif wire.agrees(article.state, found) and patience:
            time.sleep(patience)
            self._look(article, patience=0)
        elif wire.agrees(article.state, found):
            article.unknown = None
            self._room.count("given up, found not done")
        else:
            raise Difference(f"{article.id}: neither {article.state} nor {done}, but {found}")

    def _get(self, article: Article) -> wire.Seen | None:
        deadline = time.monotonic() + NO_ANSWER_WITHIN
        path = f"/v1/articles/{article.id}"
        while (answer := self._ask(lambda: self._http.get(path))) is None:
            _rest(deadline, path)
        return wire.seen(answer)

    def _ask(self, send: Callable[[], httpx.Response]) -> httpx.Response | None:
        """Return the answer; None where there is none, or one that promises nothing."""
        try:
            answer = send()
        except httpx.TransportError:
            self._room.count("requests without an answer")
            return None
        if answer.status_code == 503:
            self._room.count("answers 503")
            return None
        return answer


def _rest(deadline: float, what: str) -> None:
    if time.monotonic() > deadline:
        raise Difference(f"no answer within {NO_ANSWER_WITHIN:.0f} s: {what}")
    time.sleep(wire.PAUSE)
