"""The search index as a port: indexing writes :class:`Index`, search reads :class:`Engine`.

Two adapters keep the same promises, held by ``tests/contract/index``: every write carries its
version, an older one changes nothing, and a tombstone stays for ever, invisible to readers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import Enum
from typing import ClassVar, Final, Protocol
from uuid import UUID

from shared.reconcile import Doubt, Kind

UNPLACED: Final = 1_000_000
"""Position of a category that nobody has placed: behind all others."""


@dataclass(frozen=True, slots=True)
class SearchDocument:
    """What readers can find. Texts are plain and NFC; ``published_at`` is aware."""

    title: str
    summary: str
    body: str
    url: str
    category: str
    category_label: str
    published_at: datetime
    tags: tuple[str, ...] = ()
    by: str | None = None
    image: str | None = None


@dataclass(frozen=True, slots=True)
class Write:
    """One versioned write; no document means a tombstone."""

    id: UUID
    version: int
    document: SearchDocument | None
    state: str = "live"
    """As manifests tell it: live, gone, redirect or withdrawal."""


@dataclass(frozen=True, slots=True)
class CategoryName:
    """How a category is called since ``version``; readers see it on articles indexed before.

    ``position`` orders categories, lowest first.
    """

    category: str
    label: str
    version: int
    position: int = UNPLACED


@dataclass(frozen=True, slots=True)
class Weights:
    """How much a match counts, by field; then what comes on top of it."""

    title: float = 5.0
    summary: float = 2.0
    tags: float = 2.0
    by: float = 1.0
    body: float = 1.0
    accented: float = 0.5
    """Share of the weight that a match with the same marks adds, for words typed without."""
    adjacent: float = 2.0
    """Share of the weight that two words standing together as typed add."""
    whole: float = 10.0
    """Score that the whole question in a row adds, in whatever field."""


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a write, and why if it failed; equal if the same became of it.

    The same version again is STORED. It has no effect, unless the state differs from the stored
    one: then it mends what was altered by something else than a write.
    """

    value: str
    reason: str = field(default="", compare=False)

    STORED: ClassVar["Written"]
    STALE: ClassVar["Written"]
    """A newer version is there."""
    REJECTED: ClassVar["Written"]
    """It can never be stored."""
    UNAVAILABLE: ClassVar["Written"]
    """It cannot be stored now."""

    def because(self, reason: str) -> "Written":
        """Return the same with a reason for people to read."""
        return replace(self, reason=reason)


Written.STORED = Written("stored")
Written.STALE = Written("stale")
Written.REJECTED = Written("rejected")
Written.UNAVAILABLE = Written("unavailable")


class Sort(Enum):
    RELEVANCE = "relevance"
    NEWEST = "newest"


@dataclass(frozen=True, slots=True)
class Query:
    """A reader's question, already checked. Days are inclusive, in Vietnam time."""

    text: str = ""
    since: date | None = None
    until: date | None = None
    category: str | None = None
    sort: Sort = Sort.RELEVANCE
    page: int = 1
    per_page: int = 20


@dataclass(frozen=True, slots=True)
class Hit:
    """One found article. Highlights are HTML-escaped text with only ``<mark>`` elements."""

    id: UUID
    url: str
    title: str
    summary: str
    category: str
    category_label: str
    published_at: datetime
    image: str | None
    highlight_title: str
    highlight_body: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FacetValue:
    """``position`` orders categories as the site does; it means nothing for other facets."""

    value: str
    label: str
    count: int
    position: int = UNPLACED


@dataclass(frozen=True, slots=True)
class Results:
    """``total`` is exact; each facet is complete and sums to it."""

    total: int
    hits: tuple[Hit, ...]
    facets: Mapping[str, tuple[FacetValue, ...]] = field(default_factory=dict)
    suggestion: str | None = None


@dataclass(frozen=True, slots=True)
class Completion:
    title: str
    url: str


class IndexUnavailable(Exception):  # noqa: N818 - a state of the world, not a mistake
    """The index cannot be read now."""


class Index(Protocol):
    """The writer's side."""

    def write(self, writes: Sequence[Write]) -> list[Written]:
        """Return what became of each write, in order, once all of them are durable and visible."""
        ...

    def rename(self, names: Sequence[CategoryName]) -> list[Written]:
        """Say how categories are called from now on; the same promises as ``write``."""
        ...

    def get(self, article_id: UUID) -> SearchDocument | None:
        """Return the document as readers find it; None for a tombstone or an unknown id."""
        ...

    def versions(self, first: UUID, last: UUID) -> dict[UUID, tuple[int, str]]:
        """Return ``(version, state)`` of every id in the range, tombstones too."""
        ...

    def is_empty(self) -> bool:
        """Tell whether nothing was ever written, or all of it was wiped."""
        ...

    def doubts(self, first: UUID, last: UUID) -> dict[UUID, Doubt]:
        """Return what reconciliation remembers of the ids in the range, both ends inclusive."""
        ...

    def remember(self, changes: Mapping[UUID, Doubt | None]) -> None:
        """Make doubts durable; None forgets one. A write that is stored forgets its id's."""
        ...

    def counts(self) -> dict[Kind, int]:
        """Return how many doubts there are of each kind."""
        ...

    def check(self) -> None:
        """Raise IndexUnavailable if nothing can be written now."""
        ...

    def close(self) -> None: ...


class Engine(Protocol):
    """The reader's side."""

    def search(self, query: Query) -> Results:
        """Answer a question. Raises IndexUnavailable.

        Every word must stand in some field: one typed with marks in that spelling, one typed
        without in any. Where that finds nothing, no marks are insisted on; where that finds
        nothing either, there are no results, and a suggestion if a near spelling finds some.
        Text without a single word finds nothing; no text at all finds everything, newest first.
        """
        ...

    def suggest(self, prefix: str, limit: int) -> list[Completion]:
        """Return articles, newest first, whose title has the words typed, the last as a prefix.

        Marks do not matter. Raises IndexUnavailable.
        """
        ...

    def check(self) -> None:
        """Raise IndexUnavailable if nothing can be read now."""
        ...

    def close(self) -> None: ...


def open_index(url: str) -> Index:
    """Open the index for writing; nothing is connected to before it is used.

    ``tantivy://<folder>`` is the embedded one, ``elasticsearch://<host>:<port>/<alias>`` a server's
    (``elasticsearch+https://`` with TLS, ``user:password@`` before the host).
    """
    scheme, _, rest = url.partition("://")
    if scheme == "tantivy" and rest:
        from shared.index.tantivy import TantivyIndex  # noqa: PLC0415 - an adapter loads on demand

        return TantivyIndex(rest)
    if scheme in _SERVERS:
        from shared.index.elastic import ElasticIndex  # noqa: PLC0415 - likewise

        return ElasticIndex(url)
    raise ValueError(_UNKNOWN.format(scheme))


def open_engine(url: str, weights: Weights | None = None) -> Engine:
    """Open the index for reading; it may not have been written yet."""
    scheme, _, rest = url.partition("://")
    if scheme == "tantivy" and rest:
        from shared.index.tantivy import TantivyEngine  # noqa: PLC0415 - an adapter loads on demand

        return TantivyEngine(rest, weights)
    if scheme in _SERVERS:
        from shared.index.elastic import ElasticEngine  # noqa: PLC0415 - likewise

        return ElasticEngine(url, weights)
    raise ValueError(_UNKNOWN.format(scheme))


_SERVERS: Final = ("elasticsearch", "elasticsearch+http", "elasticsearch+https")
# The address may hold a password, so only its scheme is told.
_UNKNOWN: Final = (
    "BANTIN_SEARCH_INDEX: {!r} is no kind of index; "
    "use tantivy://<folder> or elasticsearch://<host>:<port>/<alias>"
)
