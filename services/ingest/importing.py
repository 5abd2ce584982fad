"""Many articles at once: one ninjs document a line, in constant memory, line by line judged."""

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from services.ingest.commands import Publish, Result, Taken
from services.ingest.drafting import save_draft
from services.ingest.drafts import MalformedError, decode_json, prepare
from services.ingest.edition import Refused
from services.ingest.publishing import publish
from services.ingest.records import Draft
from services.ingest.store.store import Store
from services.ingest.store.unit import Unit
from shared import log
from shared.contracts.article import ContractError, FieldProblem
from shared.database import UNAVAILABLE, CommitUnknown

LINE_LIMIT: Final = 1024 * 1024
_LINES: Final = 100
"""Lines of one transaction: enough to share its cost, few enough that editors need not wait."""
_BYTES: Final = 4 * 1024 * 1024
_CHUNK: Final = 256 * 1024

_logger = log.get("import")


@dataclass(frozen=True, slots=True)
class Options:
    who: str
    publish: bool = False
    create_categories: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the body, numbered from 1; None where it was longer than is taken."""

    number: int
    text: bytes | None


@dataclass(frozen=True, slots=True)
class LineResult:
    """What became of a line; ``status`` is the HTTP status it would have had alone."""

    line: int
    id: str | None
    status: int
    version: int | None = None
    url: str | None = None
    errors: tuple[FieldProblem, ...] = field(default=())

    def body(self) -> dict[str, Any]:
        found: dict[str, Any] = {"line": self.line, "id": self.id, "status": self.status}
        if self.version is not None:
            found |= {"version": self.version, "url": self.url}
        if self.errors:
            found["errors"] = [{"pointer": e.pointer, "detail": e.detail} for e in self.errors]
        return found


def run_import(
    read: Callable[[int], bytes], store: Store, options: Options
) -> Generator[list[LineResult], None, None]:
    """Give the results of every few lines, in order, once they are durable."""
    for batch in batches(split_lines(read)):
        yield import_batch(store, batch, options)


def split_lines(read: Callable[[int], bytes]) -> Iterator[Line]:
    """Cut a stream into lines without ever holding more than one and a chunk; skip blank ones."""
    number, kept, too_long = 1, bytearray(), False
    while chunk := read(_CHUNK):
        *ended, rest = chunk.split(b"\n")
        for piece in ended:
            kept += piece
            if too_long or len(kept) > LINE_LIMIT:
                yield Line(number, None)
            elif kept.strip():
                yield Line(number, bytes(kept))
            number, too_long = number + 1, False
            kept.clear()
        kept += rest
        if len(kept) > LINE_LIMIT:
            too_long = True
            kept.clear()
    if too_long:
        yield Line(number, None)
    elif kept.strip():
        yield Line(number, bytes(kept))


def batches(lines: Iterable[Line]) -> Iterator[list[Line]]:
    """Group lines so that one transaction is neither long nor large."""
    batch: list[Line] = []
    size = 0
    for line in lines:
        batch.append(line)
        size += len(line.text or b"")
        if len(batch) >= _LINES or size >= _BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def import_batch(store: Store, lines: Sequence[Line], options: Options) -> list[LineResult]:
    """Save a few lines in one transaction; return what became of each, in order.

    A bad line changes nothing for the others: what is wrong with it is found before anything of
    it is written. Should the database itself object, every line is tried in a transaction alone.
    """
    judged = [_judge(line) for line in lines]
    good = [(n, found) for n, found in judged if isinstance(found, Draft)]
    results = {found.line: found for _, found in judged if isinstance(found, LineResult)}
    for found in _save(store, good, options):
        results[found.line] = found
    return [results[line.number] for line in lines]


def _judge(line: Line) -> tuple[int, Draft | LineResult]:
    if line.text is None:
        problem = FieldProblem("", f"a line has at most {LINE_LIMIT} bytes")
        return line.number, LineResult(line.number, None, 413, errors=(problem,))
    document: object = None
    try:
        document = decode_json(line.text)
        return line.number, prepare(document)
    except MalformedError as error:
        problem = FieldProblem("", str(error))
        return line.number, LineResult(line.number, None, 400, errors=(problem,))
    except ContractError as error:
        named = _named(document)
        return line.number, LineResult(line.number, named, 422, errors=error.problems)


def _named(document: object) -> str | None:
    uri = document.get("uri") if isinstance(document, dict) else None
    try:
        return str(UUID(str(uri).removeprefix("urn:uuid:"))) if uri else None
    except ValueError:
        return None


_Good = Sequence[tuple[int, Draft]]


def _save(store: Store, good: _Good, options: Options) -> list[LineResult]:
    if not good:
        return []
    try:
        with store.unit() as unit:
            unit.preload([draft for _, draft in good])
            return [_save_line(unit, number, draft, options) for number, draft in good]
    except SQLAlchemyError as error:
        if len(good) > 1 and not isinstance(error, UNAVAILABLE):
            return [result for one in good for result in _save(store, [one], options)]
        _logger.warning("import_lines_failed", first=good[0][0], lines=len(good), reason=str(error))
        return [_failed(*one, error) for one in good]


def _failed(number: int, draft: Draft, error: SQLAlchemyError) -> LineResult:
    clash = isinstance(error, IntegrityError)
    away = isinstance(error, UNAVAILABLE)
    other = "the database is unavailable" if away else "the database refuses it"
    detail = "clashes with a change made meanwhile" if clash else other
    saved = "it may have been saved" if isinstance(error, CommitUnknown) else "nothing was saved"
    problem = FieldProblem("", f"{detail}; {saved}, send the line again")
    return LineResult(number, str(draft.article_id), 409 if clash else 503, errors=(problem,))


def _save_line(unit: Unit, number: int, draft: Draft, options: Options) -> LineResult:
    article_id = str(draft.article_id)
    try:
        result = _save_and_publish(unit, draft, options)
    except ContractError as error:
        return LineResult(number, article_id, 422, errors=error.problems)
    except (Refused, Taken) as error:
        return LineResult(number, article_id, 409, errors=(FieldProblem("", str(error)),))
    record = result.record
    status = 201 if result.created else 200
    return LineResult(number, article_id, status, record.version, record.url)


def _save_and_publish(unit: Unit, draft: Draft, options: Options) -> Result:
    saved = save_draft(
        unit, draft, options.who, imported=True, create_category=options.create_categories
    )
    if not options.publish or not saved.changed:
        return saved
    live = publish(unit, draft.article_id, Publish(who=options.who))
    return Result(live.record, created=saved.created)
