"""The concrete indexes behind the alias: made, listed, compared, swapped and dropped.

Readers and writers know two aliases. ``<alias>`` is the live index; ``<alias>-next`` is the one
that a reindex fills, and exists only meanwhile. Which indexes are written is read from the server
for each batch, so every writing process follows at its next batch. The first concrete index is
called ``<alias>-000001``: as creating one is atomic, two processes cannot both make it. Each later
one has the next number and a name that never comes again, so that who was held up in the middle of
a reindex cannot mistake somebody else's index for its own; and the server itself refuses a second
index under ``<alias>-next``, whose only one takes writes.
"""

import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from elasticsearch import ApiError, Elasticsearch

from shared import log
from shared.index import IndexUnavailable
from shared.index.elastic import schema
from shared.index.elastic.client import elastic_errors
from shared.index.elastic.reading import versions

FIRST: Final = UUID(int=0)
LAST: Final = UUID(int=2**128 - 1)
_MOST_NAMES: Final = 10_000
_EXISTS: Final = "resource_already_exists_exception"
_TWO_WRITABLE: Final = "illegal_state_exception"
_logger = log.get("index")


@dataclass(frozen=True, slots=True)
class Targets:
    """The concrete indexes written now. A write reaches both, a reader only the live one."""

    live: str
    next: str | None = None


class Indices:
    """What an operator or a reindex does with the indexes of one alias.

    Every method raises IndexUnavailable when the server cannot do it now.
    """

    def __init__(self, client: Elasticsearch, alias: str) -> None:
        self._client = client
        self.alias: Final = alias
        self.next_alias: Final = f"{alias}-next"

    def ensure(self) -> None:
        """Put the template, and make the first index with its alias if there is none at all.

        Any number of processes may do so at once. Where indexes exist and none is live, nothing is
        made: an empty index would hide that.
        """
        with _about_the_cluster():
            self._put_template()
            if self._aliases().get(self.alias):
                return
            if stray := self.all():
                if self._aliases().get(self.alias):
                    return  # another process made it between the two looks
                raise IndexUnavailable(
                    f"no index has the alias {self.alias}, though there is {', '.join(stray)}"
                )
            self._create(self._numbered(1), self.alias)
            _logger.warning("index_created", alias=self.alias)

    def targets(self) -> Targets:
        """Return what is written now. Raises IndexUnavailable where no index is live."""
        with elastic_errors():
            aliases = self._aliases()
        live, following = aliases.get(self.alias, []), aliases.get(self.next_alias, [])
        if len(live) != 1 or len(following) > 1:
            raise IndexUnavailable(
                f"the alias {self.alias} must name one index and {self.next_alias} one at the most,"
                f" not {live} and {following}"
            )
        return Targets(live[0], following[0] if following else None)

    def all(self) -> list[str]:
        """Return every concrete index, live or left over, the oldest first."""
        with elastic_errors():
            found = self._client.indices.get(
                index=schema.pattern(self.alias), features="aliases", allow_no_indices=True
            )
        return sorted(found)

    def is_current(self, name: str) -> bool:
        """Tell whether an index has the layout of this code; if not, it wants a reindex."""
        return self.revision(name) == schema.REVISION

    def revision(self, name: str) -> int:
        """Return which layout an index has; a higher one is of newer code."""
        with elastic_errors():
            found = self._client.indices.get_mapping(index=name)
        mappings: dict[str, Any] = found[name]["mappings"]
        return _revision(mappings)

    def new_name(self) -> str:
        """Return a name for the next index that none ever had."""
        last = max((self._number(name) for name in self.all()), default=0)
        return f"{self._numbered(last + 1)}-{secrets.token_hex(3)}"

    def create(self, name: str | None = None) -> str:
        """Make the next index, empty and of this code's layout; from now on it is written too.

        ``name`` is one that ``new_name`` gave. Raises ValueError if there is a next index already:
        swap it in or drop it first.
        """
        with _about_the_cluster():
            self._put_template()
            if following := self.targets().next:
                raise ValueError(f"{following} is being filled already")
            return self._create(name or self.new_name(), self.next_alias, must_be_new=True)

    def count(self, name: str) -> int:
        """Return how many articles an index shows to searches by now, tombstones too."""
        articles = {"terms": {"kind": [schema.KIND_LIVE, schema.KIND_TOMBSTONE]}}
        with elastic_errors():
            self._client.indices.refresh(index=name)
            found = self._client.count(index=name, query=articles)
        return int(found["count"])

    def begun(self, name: str) -> float:
        """Return when an index was made, as Unix time."""
        with elastic_errors():
            found = self._client.indices.get_settings(index=name, name="index.creation_date")
        return int(found[name]["settings"]["index"]["creation_date"]) / 1000

    def health(self, name: str) -> str:
        """Return ``green``, ``yellow`` (a copy is missing) or ``red`` (a part is missing)."""
        with elastic_errors():
            found = self._client.cluster.health(index=name, filter_path=["status"])
        return str(found.body.get("status", "red"))

    def versions(
        self, name: str, first: UUID = FIRST, last: UUID = LAST
    ) -> Iterator[tuple[UUID, int, str]]:
        """Yield ``(id, version, state)`` of every article in the range, tombstones too, by id.

        What was written before the call is told; memory stays bounded.
        """
        with elastic_errors():
            self._client.indices.refresh(index=name)
        yield from versions(self._client, name, first, last)

    def names(self, name: str) -> dict[str, int]:
        """Return the versions of categories' names."""
        with elastic_errors():
            found = self._client.search(
                index=name,
                query={"term": {"kind": schema.KIND_NAME}},
                source_includes=["category"],
                version=True,
                size=_MOST_NAMES,
                allow_partial_search_results=False,
                filter_path=["hits.hits._version", "hits.hits._source"],
            )
        hits = found.body.get("hits", {}).get("hits", [])
        return {hit["_source"]["category"]: int(hit["_version"]) for hit in hits}

    def swap(self, name: str) -> str:
        """Make ``name`` the live index in one step and return the one that was.

        That one is kept, is written no more, and may be dropped. Nothing is changed unless
        ``name`` is the next index still.
        """
        before = self.targets().live
        if before == name:
            raise ValueError(f"{name} is live already")
        with elastic_errors():
            self._client.indices.refresh(index=name)
            self._client.indices.update_aliases(
                actions=[
                    {"remove": {"index": before, "alias": self.alias, "must_exist": True}},
                    {"remove": {"index": name, "alias": self.next_alias, "must_exist": True}},
                    {"add": {"index": name, "alias": self.alias}},
                ]
            )
        _logger.warning("index_swapped", alias=self.alias, before=before, now=name)
        return before

    def drop(self, name: str) -> None:
        """Delete an index for good. Raises ValueError for the live one.

        The next index loses its alias first: from then on nobody can swap it in.
        """
        targets = self.targets()
        if name == targets.live or name not in self.all():
            raise ValueError(f"{name} is live, or none of {self.alias}'s")
        with elastic_errors():
            if name == targets.next:
                remove = {"index": name, "alias": self.next_alias, "must_exist": True}
                self._client.indices.update_aliases(actions=[{"remove": remove}])
            self._client.indices.delete(index=name)
        _logger.warning("index_dropped", alias=self.alias, index=name)

    def _numbered(self, number: int) -> str:
        return f"{self.alias}-{number:06}"

    def _number(self, name: str) -> int:
        found = re.match(r"\d+", name.removeprefix(f"{self.alias}-"))
        return int(found[0]) if found else 0

    def _put_template(self) -> None:
        """Put it, unless newer code has: an older process would bring back the old layout.

        Indexes are made with their layout given; the template is for what somebody makes by hand,
        and keeps a write from making one.
        """
        answer = self._client.options(ignore_status=404).indices.get_index_template(
            name=self.alias, filter_path=["index_templates.index_template._meta"]
        )
        for found in answer.body.get("index_templates", []):
            if _revision(found.get("index_template", {})) > schema.REVISION:
                return
        self._client.indices.put_index_template(
            name=self.alias, **_keywords(schema.template(self.alias))
        )

    def _create(self, name: str, alias: str, *, must_be_new: bool = False) -> str:
        """Make an index with its alias in one step.

        One that must be new is writable through its alias: the server allows only one such.
        """
        about = {"is_write_index": True} if must_be_new else {}
        try:
            self._client.indices.create(
                index=name,
                aliases={alias: about},
                settings=schema.settings(),
                mappings=schema.mappings(),
            )
        except ApiError as error:
            if error.error not in (_EXISTS, _TWO_WRITABLE):
                raise
            if must_be_new:
                raise ValueError(
                    f"{alias} or {name} has just been made by somebody else"
                ) from error
            if error.error != _EXISTS:
                raise
        return name

    def _aliases(self) -> dict[str, list[str]]:
        """Return the indexes by alias; an alias that is missing is missing."""
        found = self._client.options(ignore_status=404).indices.get_alias(
            name=f"{self.alias},{self.next_alias}"
        )
        by_alias: dict[str, list[str]] = {}
        for index, about in found.body.items():
            if isinstance(about, dict):
                for alias in about.get("aliases", {}):
                    by_alias.setdefault(alias, []).append(index)
        return by_alias


def _revision(of: Mapping[str, Any]) -> int:
    """Return which layout something was made for; 0 is what was before they were numbered."""
    return int(of.get("_meta", {}).get("revision", 0))


@contextmanager
def _about_the_cluster() -> Iterator[None]:
    """Turn whatever the server says into IndexUnavailable, with its text.

    It may refuse an index or a template as such (it has as many shards as it may, another template
    is in the way): that is for an operator to read, and no document's fault.
    """
    try:
        with elastic_errors():
            yield
    except ApiError as error:
        raise IndexUnavailable(f"Elasticsearch: {error}") from error


def _keywords(template: dict[str, Any]) -> dict[str, Any]:
    return {name.removeprefix("_"): value for name, value in template.items()}
