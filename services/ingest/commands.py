"""The commands of editors, and what all of them share. The state table says what is allowed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from services.ingest import edition as table
from services.ingest.edition import Refused
from services.ingest.records import Entry, Record
from services.ingest.store.unit import Unit
from shared.contracts.events import UnpublishType

SLUG: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
SLUG_LENGTH: Final = 80


class Stale(Exception):  # noqa: N818 - an answer, not a mistake
    """The caller knows another version than the current one (None: there is no article)."""

    def __init__(self, current: int | None) -> None:
        super().__init__(f"the current version is {current}")
        self.current = current


class Taken(Exception):  # noqa: N818 - an answer, not a mistake
    """Another article answers at an address that this one asks for."""

    def __init__(self, path: str, owner: UUID) -> None:
        super().__init__(f"The address {path} belongs to the article {owner}.")


@dataclass(frozen=True, slots=True)
class Precondition:
    """What the caller believes the current version to be; ``*`` is any, None is no guard."""

    versions: frozenset[str] | None = None
    absent: bool = False

    def check(self, record: Record | None) -> None:
        """Raise Stale unless the belief is right."""
        current = record.version if record and record.facts.exists else None
        if self.absent and current is not None:
            raise Stale(current)
        if self.versions is None or (current is not None and "*" in self.versions):
            return
        if current is None or str(current) not in self.versions:
            raise Stale(current)


ANY: Final = Precondition()


@dataclass(frozen=True, slots=True)
class Result:
    """How the article stands now, and whether the call made or changed anything."""

    record: Record
    created: bool = False
    changed: bool = True


@dataclass(frozen=True, slots=True)
class Publish:
    """Publish now, or ``at`` a moment; ``slug`` gives the address another wording.

    ``yielding`` leaves an old portal's address to the article that took it meanwhile, where
    nobody is there to be told of the conflict.
    """

    who: str
    at: datetime | None = None
    slug: str | None = None
    minor: bool = False
    note: str | None = None
    yielding: bool = False


@dataclass(frozen=True, slots=True)
class Unpublish:
    who: str
    kind: UnpublishType
    location: str | None = None
    explanation: str | None = None


def existing(unit: Unit, article_id: UUID, precondition: Precondition) -> Record:
    record = unit.record(article_id)
    if record is None or not record.facts.exists:
        raise Refused(table.Why.NO_ARTICLE, table.NONE)
    precondition.check(record)
    return record


def unscheduled(record: Record) -> Record:
    return replace(
        record,
        scheduled_edition=None,
        scheduled_at=None,
        scheduled_slug=None,
        scheduled_by=None,
        scheduled_minor=False,
        scheduled_note=None,
    )


def note(
    unit: Unit, record: Record, action: str, who: str, *, edition: int, details: Mapping[str, Any]
) -> None:
    """Add a line to the article's history, under its new version."""
    entry = Entry(
        article_id=record.id,
        version=record.version,
        action=action,
        edition=edition,
        who=who,
        at=unit.now,
        details=dict(details),
    )
    unit.add_history(entry)
