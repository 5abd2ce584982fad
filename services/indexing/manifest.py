"""What a manifest shows to be missing here. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from shared.contracts.events import ArticlesManifest


@dataclass(frozen=True, slots=True)
class Differences:
    """Ids by what is wrong with them, in the manifest's order."""

    behind: tuple[UUID, ...]
    """Older here than there, or not here at all: their current state is asked for."""
    ahead: tuple[UUID, ...]
    """Newer here: an event overtook the manifest, or ingest went back in time."""
    unlisted: tuple[UUID, ...]
    """Here, within the manifest's range, and not in it."""


def compare(manifest: ArticlesManifest, held: Mapping[UUID, tuple[int, str]]) -> Differences:
    """Compare a manifest with ``(version, state)`` of every id held in its range."""
    listed = {entry.id: entry.version for entry in manifest.entries}
    versions = {article_id: version for article_id, (version, _) in held.items()}
    return Differences(
        behind=tuple(i for i, version in listed.items() if versions.get(i, -1) < version),
        ahead=tuple(i for i, version in listed.items() if versions.get(i, -1) > version),
        unlisted=tuple(i for i in versions if i not in listed),
    )
