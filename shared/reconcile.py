"""What a manifest and a consumer's own store disagree on, and what follows from it.

This is guarantee 7 of docs/architecture.md, one rule for every consumer that keeps articles:

- older here, missing here, or in another state at the same version: a replay is asked for, and
  not again while it may still be under way;
- newer here: an event may have overtaken the manifest, so the next one is waited for. If that
  one does not know what was held by then either, people are alerted;
- held here and not listed: waited for in the same way, then it becomes a tombstone.

A manifest confirms a doubt only if it was made after the doubt was noted. So neither a manifest
that comes twice nor two that stood in a queue together can make news of today disappear.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from shared.contracts.events import ArticlesManifest, ManifestEntry, ManifestState

ASK_AGAIN: Final = timedelta(minutes=15)
"""How long a replay asked for may be under way before it is asked for once more."""
CHUNK: Final = 500
"""Ids in one request for a replay: about 20 kB."""


class Kind(StrEnum):
    """Why an article is in doubt."""

    BEHIND = "behind"
    """Older, missing or in another state here; its replay was asked for when it was noted."""
    NEWER = "newer"
    """Newer here than in one manifest, which it may have overtaken."""
    AHEAD = "ahead"
    """Newer here than in a manifest made later, too: ingest has forgotten a version."""
    UNLISTED = "unlisted"
    """Held here, and in no manifest since it was noted."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """``version`` is the one wanted (BEHIND) or the one held then (all others)."""

    kind: Kind
    version: int
    noticed: datetime


@dataclass(frozen=True, slots=True)
class Held:
    """How an article stands in the consumer's store."""

    version: int
    state: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do about one manifest; ids in ascending order."""

    ask: tuple[UUID, ...]
    """Their current state is to be asked for."""
    bury: tuple[UUID, ...]
    """They become tombstones, at the version held."""
    ahead: tuple[UUID, ...]
    """People must look at these."""
    changes: Mapping[UUID, Doubt | None]
    """What to remember from now on; None: no doubt is left. What is not named stays."""

    @property
    def agrees(self) -> bool:
        """Tell whether there is nothing to do and nothing new to remember."""
        return not (self.ask or self.bury or self.ahead or self.changes)


def judge(
    manifest: ArticlesManifest,
    made: datetime,
    held: Mapping[UUID, Held],
    doubts: Mapping[UUID, Doubt],
    now: datetime,
) -> Verdict:
    """Compare a manifest, made at ``made``, with all that is held and doubted in its range."""
    listed = {entry.id: entry for entry in manifest.entries}
    ask, bury, ahead = [], [], []
    changes: dict[UUID, Doubt | None] = {}
    for article_id in sorted({*listed, *held, *doubts}):
        entry, own, before = listed.get(article_id), held.get(article_id), doubts.get(article_id)
        after: Doubt | None = None
        if entry is not None:
            after = _of_listed(entry, own, before, made, now)
        elif own is not None and own.state != ManifestState.GONE:
            if _is_confirmed(before, Kind.UNLISTED, own.version, made):
                bury.append(article_id)
            else:
                after = _noted(before, Kind.UNLISTED, own.version, now)
        if after is not None and after.kind is Kind.BEHIND and after != before:
            ask.append(article_id)
        if after is not None and after.kind is Kind.AHEAD:
            ahead.append(article_id)
        if after != before:
            changes[article_id] = after
    return Verdict(tuple(ask), tuple(bury), tuple(ahead), changes)


def _of_listed(
    entry: ManifestEntry, own: Held | None, before: Doubt | None, made: datetime, now: datetime
) -> Doubt | None:
    if own is None or (own.version, own.state) != (entry.version, entry.state):
        if own is None or own.version <= entry.version:
            return _behind(entry, before, now)
        return _newer(entry, own, before, made, now)
    return None


def _behind(entry: ManifestEntry, before: Doubt | None, now: datetime) -> Doubt:
    if before is not None and before.kind is Kind.BEHIND and now - before.noticed < ASK_AGAIN:
        return before
    return Doubt(Kind.BEHIND, entry.version, now)


def _newer(
    entry: ManifestEntry, own: Held, before: Doubt | None, made: datetime, now: datetime
) -> Doubt:
    if before is not None and entry.version < before.version:
        if before.kind is Kind.AHEAD:
            return before
        if before.kind is Kind.NEWER:
            return Doubt(Kind.AHEAD, before.version, now) if made > before.noticed else before
    return Doubt(Kind.NEWER, own.version, now)


def _is_confirmed(before: Doubt | None, kind: Kind, version: int, made: datetime) -> bool:
    return (
        before is not None
        and (before.kind, before.version) == (kind, version)
        and made > before.noticed
    )


def _noted(before: Doubt | None, kind: Kind, version: int, now: datetime) -> Doubt:
    if before is not None and (before.kind, before.version) == (kind, version):
        return before
    return Doubt(kind, version, now)


def chunks(ids: Sequence[UUID], size: int = CHUNK) -> list[tuple[UUID, ...]]:
    """Return the ids in pieces of at most ``size``."""
    return [tuple(ids[start : start + size]) for start in range(0, len(ids), size)]


def shown(ids: Collection[UUID], most: int = 20) -> list[str]:
    """Return the first few ids for a log."""
    return [str(article_id) for article_id in sorted(ids)[:most]]
