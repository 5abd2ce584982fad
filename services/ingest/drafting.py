"""Drafts: saved, and discarded; each inside one unit of work. Nothing here commits."""

from dataclasses import replace
from uuid import UUID

from services.ingest import edition as table
from services.ingest.categories import create_by_name
from services.ingest.commands import ANY, Precondition, Result, existing, note, unscheduled
from services.ingest.edition import Call, Standing
from services.ingest.records import Draft, Edition, Record
from services.ingest.store.unit import Unit, category_key
from shared.contracts.article import ContractError, FieldProblem


def save_draft(
    unit: Unit,
    draft: Draft,
    who: str,
    precondition: Precondition = ANY,
    *,
    imported: bool = False,
    create_category: bool = False,
) -> Result:
    """Save a draft. The same text again changes nothing. Raises ContractError, Stale.

    An import goes further: a text that is what the last import brought, or what the article's
    newest edition says, changes nothing whatever has been done to the article since.
    """
    record = unit.record(draft.article_id)
    precondition.check(record)
    facts = record.facts if record else table.NONE
    if record and facts.exists and _is_unchanged(unit, record, draft, imported=imported):
        return Result(record, changed=False)
    _check_references(unit, draft)
    category = _category_of(unit, draft, create=create_category)
    after = table.after(facts, Call.PUT)
    version = unit.next_version(record)
    number = (record.edition if record else 0) + 1
    created_at = record.created_at if record and facts.exists else unit.now
    base = record or Record(draft.article_id, 0, 0, "", "", created_at, unit.now)
    saved = replace(
        base,
        version=version,
        edition=number,
        draft_edition=number,
        state=after.state,
        title=draft.article.title,
        category=category,
        created_at=created_at,
        changed_at=unit.now,
        imported_digest=draft.digest if imported else base.imported_digest,
    )
    unit.put(saved)
    unit.add_edition(
        Edition(
            article_id=draft.article_id,
            edition=number,
            version=version,
            digest=draft.digest,
            category=category,
            body=draft.text,
            saved_at=unit.now,
            saved_by=who,
        ),
        draft.article,
    )
    note(unit, saved, "saved", who, edition=number, details={"imported": True} if imported else {})
    return Result(saved, created=not facts.exists)


def discard(unit: Unit, article_id: UUID, who: str, precondition: Precondition = ANY) -> Result:
    """Cancel the schedule, or else discard the draft; its words stay in the history."""
    record = existing(unit, article_id, precondition)
    after = table.after(record.facts, Call.DISCARD)
    if after == record.facts:
        return Result(record, changed=False)
    number = record.scheduled_edition if record.facts.scheduled else record.draft_edition
    kept = (record.draft_edition or record.scheduled_edition) if after.draft else None
    left = replace(
        unscheduled(record),
        version=unit.next_version(record),
        state=after.state,
        draft_edition=kept,
        changed_at=unit.now,
        imported_digest=record.imported_digest if after.exists else None,
    )
    shown = left.newest_edition
    if shown is not None:
        edition, article = unit.edition(article_id, shown)
        left = replace(left, title=article.title, category=edition.category)
    unit.put(left)
    action = "schedule cancelled" if record.facts.scheduled else "draft discarded"
    note(unit, left, action, who, edition=number or record.edition, details={})
    return Result(left)


def _category_of(unit: Unit, draft: Draft, *, create: bool) -> str:
    name = draft.article.subjects[0].name
    found = find_category(unit, name)
    if found is None and create:
        found = create_by_name(unit, name)
    if found is None:
        problem = FieldProblem("/subjects/0/name", f"there is no category {name[:100]!r}")
        raise ContractError([problem])
    return found


def find_category(unit: Unit, name: str) -> str | None:
    """Return the slug of the category with this slug or name."""
    categories = unit.categories()
    if name in categories:
        return name
    key = category_key(name)
    return next((c.slug for c in categories.values() if category_key(c.name) == key), None)


def _check_references(unit: Unit, draft: Draft) -> None:
    there = unit.media(media for _, media in draft.media)
    problems = [
        FieldProblem(pointer, f"there is no picture /media/{media}; send it first")
        for pointer, media in draft.media
        if media not in there
    ]
    for path, pointer in draft.legacy:
        owner = unit.owner(path)
        if owner not in {None, draft.article_id}:
            problems.append(FieldProblem(pointer, f"belongs to the article {owner} already"))
    if problems:
        raise ContractError(problems)


def _is_unchanged(unit: Unit, record: Record, draft: Draft, *, imported: bool) -> bool:
    if imported and record.imported_digest == draft.digest:
        return True
    facts = record.facts
    taken_back = facts.standing is Standing.UNPUBLISHED and not (facts.draft or facts.scheduled)
    newest = record.newest_edition
    if newest is None or (taken_back and not imported):
        return False  # the same words, saved again, are the draft that publishing them needs
    return unit.digest(record.id, newest) == draft.digest
