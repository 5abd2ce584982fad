"""Publishing and taking back, now or when it is due; each inside one unit of work.

The state table (``edition.py``) decides whether; here it is carried out, with the line of
history and the event that belong to it. Nothing here commits.
"""

from dataclasses import replace
from typing import Any
from uuid import UUID

from services.ingest import edition as table
from services.ingest.commands import (
    ANY,
    Precondition,
    Publish,
    Result,
    Taken,
    Unpublish,
    existing,
    note,
    unscheduled,
)
from services.ingest.drafts import legacy_path
from services.ingest.edition import Call, Facts, Standing
from services.ingest.public import needs_body, public_body, state_event, url_of
from services.ingest.records import Record
from services.ingest.sanitise import body_pictures
from services.ingest.store.unit import Unit
from shared.contracts.article import Article, ContractError
from shared.contracts.documents import ArticleBody
from shared.contracts.events import UnpublishType


def publish(
    unit: Unit,
    article_id: UUID,
    how: Publish,
    precondition: Precondition = ANY,
) -> Result:
    """Make the draft live, now or later. Raises Refused, Stale, Taken."""
    record = existing(unit, article_id, precondition)
    facts = record.facts
    later = how.at is not None and how.at > unit.now
    nothing_new = not facts.draft and not facts.scheduled
    if nothing_new and not later and _moves(record, how.slug):
        after = table.after(facts, Call.MOVE)
        return _go_live(unit, record, after, record.live_edition, how)
    after = table.after(facts, Call.PUBLISH_AT if later else Call.PUBLISH)
    number = record.draft_edition or record.scheduled_edition
    if not later:
        return _go_live(unit, record, after, number, how)
    planned = replace(
        record,
        version=unit.next_version(record),
        state=after.state,
        draft_edition=None,
        scheduled_edition=number,
        scheduled_at=how.at,
        scheduled_slug=how.slug,
        scheduled_by=how.who,
        scheduled_minor=how.minor,
        scheduled_note=how.note,
        changed_at=unit.now,
    )
    unit.put(planned)
    note(
        unit, planned, "scheduled", how.who, edition=number or record.edition, details=_details(how)
    )
    return Result(planned)


def publish_due(unit: Unit, article_id: UUID) -> Result | None:
    """Publish the scheduled edition if its time has come; None if it has not, or not any more."""
    record = unit.record(article_id)
    if record is None or record.scheduled_at is None or record.scheduled_at > unit.now:
        return None
    how = Publish(
        who=record.scheduled_by or "schedule",
        yielding=True,
        slug=record.scheduled_slug,
        minor=record.scheduled_minor,
        note=record.scheduled_note,
    )
    return _go_live(unit, record, table.due(record.facts), record.scheduled_edition, how)


def unpublish(
    unit: Unit,
    article_id: UUID,
    how: Unpublish,
    precondition: Precondition = ANY,
) -> Result:
    """Take the article back, or change how. Raises Refused, Stale."""
    record = existing(unit, article_id, precondition)
    after = table.after(record.facts, Call.UNPUBLISH)
    told = (how.kind.value, how.location, how.explanation)
    if told == (record.unpublish_type, record.location, record.explanation):
        return Result(record, changed=False)
    version = unit.next_version(record)
    taken_back = replace(
        record,
        version=version,
        standing=after.standing.value,
        state=after.state,
        public_version=version,
        public_at=unit.now,
        expires_at=None,
        unpublish_type=how.kind.value,
        location=how.location,
        explanation=how.explanation,
        changed_at=unit.now,
    )
    unit.put(taken_back)
    details = {"type": how.kind.value, "location": how.location, "explanation": how.explanation}
    note(
        unit,
        taken_back,
        "unpublished",
        how.who,
        edition=record.live_edition or record.edition,
        details=details,
    )
    _announce(unit, taken_back)
    return Result(taken_back)


def expire(unit: Unit, article_id: UUID) -> Result | None:
    """Unpublish as gone once ``expires`` has come; None if it has not, or not any more."""
    record = unit.record(article_id)
    if record is None or record.expires_at is None or record.expires_at > unit.now:
        return None
    return unpublish(unit, article_id, Unpublish("expiry", UnpublishType.GONE))


def _go_live(unit: Unit, record: Record, after: Facts, number: int | None, how: Publish) -> Result:
    if number is None:
        raise ValueError(f"{record.id} has no edition to publish")
    edition, article = unit.edition(record.id, number)
    version = unit.next_version(record)
    first = record.first_published_at or unit.now
    updated = record.updated_at if how.minor and record.updated_at else unit.now
    live = replace(
        _addressed(unit, unscheduled(record), article, how.slug),
        version=version,
        standing=Standing.LIVE.value,
        state=after.state,
        draft_edition=record.draft_edition if after.draft else None,
        live_edition=number,
        public_version=version,
        public_at=unit.now,
        first_published_at=first,
        updated_at=updated,
        expires_at=article.expires,
        unpublish_type=None,
        location=None,
        explanation=None,
        changed_at=unit.now,
    )
    if not after.draft:
        live = replace(live, title=article.title, category=edition.category)
    _set_addresses(unit, live, record.url, article, yielding=how.yielding)
    unit.put(live)
    note(
        unit, live, "published", how.who, edition=number, details=_details(how) | {"url": live.url}
    )
    _announce(unit, live)
    return Result(live)


def _announce(unit: Unit, record: Record) -> None:
    """Send how the article stands, in the same transaction as the change itself."""
    body = live_body(unit, record) if needs_body(record) else None
    former = sorted(unit.addresses(record.id).keys() - {record.url})
    unit.send(state_event(record, body, tuple(former)), subject=str(record.id))


def live_body(unit: Unit, record: Record) -> ArticleBody:
    """Return the public article of a record that was published."""
    if record.live_edition is None:
        raise ValueError(f"{record.id} was never published")
    edition, article = unit.edition(record.id, record.live_edition)
    wanted = {found.media for found in body_pictures(article.body)}
    wanted |= {association.media for association in article.associations}
    label = unit.categories()[edition.category].label
    return public_body(article, label, unit.media(wanted))


def _moves(record: Record, slug: str | None) -> bool:
    if slug is None or record.url is None or record.short_id is None:
        return False
    return url_of(record.short_id, title="", slug=slug) != record.url


def _addressed(unit: Unit, record: Record, article: Article, slug: str | None) -> Record:
    """Give the article its address: once and for all, unless a slug moves it."""
    short_id = record.short_id or unit.take_short_id(record.id)
    if record.url is not None and slug is None:
        return record
    return replace(record, short_id=short_id, url=url_of(short_id, title=article.title, slug=slug))


def _set_addresses(
    unit: Unit, live: Record, before: str | None, article: Article, *, yielding: bool
) -> None:
    """Own the current address, keep the former ones, and take over those of the old portal."""
    if live.url is None:
        raise ValueError(f"{live.id} is live without an address")
    owned = {p: kind for p, kind in unit.addresses(live.id).items() if kind != "legacy"}
    if before is not None:
        owned[before] = "former"
    for address in article.legacy_urls:
        try:
            path = legacy_path(address, "/altIds")
        except ContractError:
            continue  # saved when it was still taken; it never led anywhere, and need not now
        owner = unit.owner(path) or live.id
        if owner == live.id:
            owned.setdefault(path, "legacy")
        elif not yielding:
            raise Taken(path, owner)
    owned[live.url] = "current"
    unit.set_addresses(live.id, owned)


def _details(how: Publish) -> dict[str, Any]:
    details: dict[str, Any] = {"update_type": "minor" if how.minor else "major"}
    if how.note:
        details["change_note"] = how.note
    if how.at:
        details["at"] = how.at.isoformat()
    return details
