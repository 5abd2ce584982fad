"""What editors do to an article and what must come of it. Pure; written from the contract.

The model knows nothing of the services: it restates the state table, so that the two can differ.
"""

from dataclasses import dataclass, field, replace
from typing import Literal

Standing = Literal["never", "live", "unpublished"]


@dataclass(frozen=True, slots=True)
class Text:
    """One wording of an article; ``token`` is a word that no other wording has."""

    token: str
    title: str
    day: str


@dataclass(frozen=True, slots=True)
class Taken:
    """How an article was taken back."""

    kind: Literal["gone", "redirect", "withdrawal"]
    location: str | None = None
    explanation: str | None = None


@dataclass(frozen=True, slots=True)
class State:
    standing: Standing = "never"
    draft: Text | None = None
    live: Text | None = None
    """What readers get, or got before the article was taken back."""
    taken: Taken | None = None
    slug: str | None = None
    """The slug that the last move asked for; None while the address is that of the first title."""

    @property
    def exists(self) -> bool:
        return self.standing != "never" or self.draft is not None

    @property
    def word(self) -> str:
        """Return the word by which ingest calls it."""
        if self.standing == "live":
            return "published"
        return self.standing if self.standing == "unpublished" else "draft"


@dataclass(frozen=True, slots=True)
class Save:
    text: Text


@dataclass(frozen=True, slots=True)
class Publish:
    slug: str | None = None


@dataclass(frozen=True, slots=True)
class Unpublish:
    taken: Taken


@dataclass(frozen=True, slots=True)
class Discard:
    pass


@dataclass(frozen=True, slots=True)
class Import:
    """A line that is published at once."""

    text: Text


Op = Save | Publish | Unpublish | Discard | Import


def after(state: State, op: Op) -> State | None:
    """Return how the article stands after a call; None where the call is refused."""
    if isinstance(op, Save):
        return replace(state, draft=op.text)
    if isinstance(op, Import):
        return _live(state, op.text, None)
    if isinstance(op, Unpublish):
        taken = replace(state, standing="unpublished", taken=op.taken)
        return None if state.standing == "never" else taken
    if isinstance(op, Discard):
        nothing = state.draft is None and state.standing != "unpublished"
        return None if nothing else replace(state, draft=None)
    return _published(state, op.slug)


def _published(state: State, slug: str | None) -> State | None:
    if state.draft is not None:
        return _live(state, state.draft, slug)
    if state.standing == "live" and slug not in (None, state.slug):
        return replace(state, slug=slug)
    return None


def _live(state: State, text: Text, slug: str | None) -> State:
    return State(standing="live", live=text, slug=slug or state.slug)


def actions(op: Op) -> tuple[str, ...]:
    """Return the lines that a call which changes something adds to the article's history."""
    if isinstance(op, Import):
        return ("saved", "published")
    if isinstance(op, Save):
        return ("saved",)
    if isinstance(op, Publish):
        return ("published",)
    return ("unpublished",) if isinstance(op, Unpublish) else ("draft discarded",)


@dataclass
class Article:
    """One article as its only editor knows it, by the answers that came."""

    id: str
    state: State = field(default_factory=State)
    url: str | None = None
    former: set[str] = field(default_factory=set)
    version: int = 0
    history: list[str] = field(default_factory=list)
    unknown: Op | None = None
    """A call whose answer never came and which was not sent again: done, or not."""
    tokens: set[str] = field(default_factory=set)

    def accept(self, op: Op, state: State, version: int, url: str | None) -> None:
        """Note that a call was accepted, with what its answer said."""
        self.history += actions(op)
        self.state = state
        self.version = version
        self.unknown = None
        if url != self.url and self.url is not None:
            self.former.add(self.url)
        self.former.discard(url or "")
        self.url = url or self.url

    def possible(self) -> list[State]:
        """Return how the article may stand: one way, or two after an unknown call."""
        if self.unknown is None:
            return [self.state]
        done = after(self.state, self.unknown)
        return [self.state] if done is None else [self.state, done]
