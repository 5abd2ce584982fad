"""The index as it stood at one commit, and what is worked out from it once."""

import os
import threading
from dataclasses import dataclass, field
from pathlib import Path

import tantivy

from shared.index import UNPLACED
from shared.index.tantivy.queries import Filters, term
from shared.index.tantivy.schema import KIND_NAME, schema, source_of

_MOST_CATEGORIES = 10_000


@dataclass(frozen=True)
class View:
    """A snapshot: later commits do not change it."""

    searcher: tantivy.Searcher
    names: dict[str, tuple[str, int]]
    """What categories are called and where they stand, by slug, as told by name."""
    _found: dict[str, str] = field(default_factory=dict)

    def label(self, category: str) -> str:
        """Return what a category is called, if nobody said so then by its newest article."""
        if category in self.names:
            return self.names[category][0]
        named = self._found.get(category)
        if named is None:
            query = tantivy.Query.boolean_query(Filters(category=category).clauses())
            hits = self.searcher.search(query, limit=1, order_by_field="published").hits
            source = source_of(self.searcher.doc(hits[0][1])) if hits else {}
            named = self._found[category] = str(source.get("category_label") or category)
        return named

    def position(self, category: str) -> int:
        """Return where a category stands among all."""
        return self.names[category][1] if category in self.names else UNPLACED


class Views:
    """Hands out the newest snapshot; another process's commit is noticed at the next call.

    tantivy replaces ``meta.json`` at each commit, so one ``stat`` tells whether there is news.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._index: tantivy.Index | None = None
        self._seen: tuple[int, int, int] | None = None
        self._view: View | None = None

    def newest(self) -> View | None:
        """Return the snapshot; None where nothing was ever written. Raises what tantivy does."""
        with self._lock:
            stamp = self._stamp()
            if stamp != self._seen:
                self._view = self._load() if stamp else None
                self._seen = stamp
            return self._view

    def _stamp(self) -> tuple[int, int, int] | None:
        try:
            found = os.stat(self._folder / "meta.json")  # noqa: PTH116 - one call, each search
        except FileNotFoundError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size

    def _load(self) -> View:
        if self._index is None:
            self._index = self._open()
        else:
            try:
                self._index.reload()
            except ValueError:  # the folder was made anew, perhaps by another version
                self._index = None
                self._index = self._open()
        searcher = self._index.searcher()
        return View(searcher, _names(searcher))

    def _open(self) -> tantivy.Index:
        index = tantivy.Index(schema(), path=str(self._folder), reuse=True)
        index.config_reader("manual")
        index.reload()
        return index


def _names(searcher: tantivy.Searcher) -> dict[str, tuple[str, int]]:
    query = term("kind", KIND_NAME)
    hits = searcher.search(query, limit=_MOST_CATEGORIES, count=False).hits
    sources = [source_of(searcher.doc(address)) for _, address in hits]
    return {
        str(source["category"]): (str(source["label"]), int(source.get("position", UNPLACED)))
        for source in sources
    }
