"""What a manifest of ingest and the page database disagree on. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from shared.contracts.events import ArticlesManifest, ManifestEntry


@dataclass(frozen=True, slots=True)
class Drift:
    """``behind`` is to be sent again; ``ahead`` and ``unlisted`` are for people to look at."""

    behind: tuple[UUID, ...]
    ahead: tuple[UUID, ...]
    unlisted: tuple[UUID, ...]


def compare(manifest: ArticlesManifest, ours: Sequence[ManifestEntry]) -> Drift:
    """Return how ``ours``, all that is stored of the manifest's range, differs from it."""
    mine = {entry.id: entry for entry in ours}
    listed = {entry.id for entry in manifest.entries}
    behind, ahead = [], []
    for entry in manifest.entries:
        own = mine.get(entry.id)
        if own is None or own.version < entry.version:
            behind.append(entry.id)
        elif own.version > entry.version:
            ahead.append(entry.id)
        elif own.state is not entry.state:
            behind.append(entry.id)
    unlisted = tuple(sorted(identity for identity in mine if identity not in listed))
    return Drift(tuple(behind), tuple(ahead), unlisted)
