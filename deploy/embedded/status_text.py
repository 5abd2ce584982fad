"""The status for people: at most 80 columns, in readers' language and time. Pure."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from textwrap import wrap
from typing import Any, Final

from deploy.embedded.status import Problem, ProcessStatus, Status
from shared.i18n import local, number, text

WIDTH: Final = 80
_UNKNOWN: Final = "—"
_MEGABYTE: Final = 1024 * 1024


def written(status: Status) -> str:
    """Return the whole status as text, without a line break at its end."""
    lines = [
        f"Bản Tin · {local(status.at):%d/%m/%Y %H:%M:%S}",
        *_folded(status.folder, 0),
        "",
        *_processes(status),
        "",
        *_queues(status),
        "",
        *_figures(status),
        "",
        *_verdict(status.problems()),
    ]
    return "\n".join(lines)


def _processes(status: Status) -> Iterator[str]:
    if not status.processes:
        yield text("Nothing runs here. Start it with: make run")
        return
    yield (
        f"{text('PROCESS'):<12}{'PID':>8}  {text('UP SINCE'):<16}{text('MEMORY'):>9}"
        f"  {text('STATE')}"
    )
    for process in status.processes:
        yield _row(process)
        if process.problem:
            yield from _folded(process.problem, 4)
    total = sum(process.memory or 0 for process in status.processes)
    if total:
        yield f"{text('Together'):<38}{_megabytes(total):>9}"


def _row(process: ProcessStatus) -> str:
    since = f"{local(process.since):%d/%m %H:%M:%S}" if process.since else _UNKNOWN
    memory = _megabytes(process.memory) if process.memory else _UNKNOWN
    if process.problem:
        state = text("NOT READY")
    else:
        state = text("ready") if process.since else text("running")
    return f"{process.name:<12}{process.pid:>8}  {since:<16}{memory:>9}  {state}"


def _megabytes(size: int) -> str:
    return f"{number(size // _MEGABYTE)} MB"


def _queues(status: Status) -> Iterator[str]:
    if not status.queues:
        yield text("There are no queues yet.")
        return
    waiting, held, dead = text("WAITING"), text("IN HAND"), text("PARKED")
    yield f"{text('QUEUE'):<20}{waiting:>12}{held:>14}{dead:>12}"
    for queue in status.queues:
        yield (
            f"{queue.name:<20}{number(queue.waiting):>12}{number(queue.in_hand):>14}"
            f"{number(queue.dead_letters):>12}"
        )


def _figures(status: Status) -> Iterator[str]:
    yield from _figure(text("Outbox"), _outbox(status.outbox))
    pages = _UNKNOWN if status.dirty_pages is None else number(status.dirty_pages)
    yield from _figure(text("Pages to write"), pages)
    for consumer in sorted({"indexing", "render", *status.drift}):
        yield from _figure(
            text("Drift, %(consumer)s", consumer=consumer), _drift(status.drift.get(consumer))
        )
    for consumer in sorted({"indexing", "render", *status.delivered}):
        yield from _figure(
            text("Last delivered, %(consumer)s", consumer=consumer),
            _delivered(status.delivered.get(consumer)),
        )
    free = _UNKNOWN if status.disk_free is None else _megabytes(status.disk_free)
    yield from _figure(text("Free on the disk"), free)
    views = _UNKNOWN if status.views is None else number(status.views)
    yield from _figure(text("Views counted"), views)


def _figure(name: str, value: str) -> list[str]:
    return wrap(f"{name:<30}{value}", WIDTH, subsequent_indent=" " * 30)


def _outbox(outbox: Mapping[str, float]) -> str:
    if not outbox:
        return _UNKNOWN
    if not outbox["waiting"]:
        return text("empty")
    return text(
        "%(count)s waiting, the oldest for %(seconds)s s",
        count=number(int(outbox["waiting"])),
        seconds=number(int(outbox["oldest_seconds"])),
    )


def _drift(kinds: Mapping[str, int] | None) -> str:
    if kinds is None:
        return _UNKNOWN
    names = {
        "behind": text("behind"),
        "newer": text("newer"),
        "unlisted": text("unlisted"),
        "ahead": text("ahead of ingest"),
    }
    found = [f"{number(kinds[kind])} {name}" for kind, name in names.items() if kinds.get(kind)]
    return "; ".join(found) or text("none")


def _delivered(told: Mapping[str, Any] | None) -> str:
    if told is None:
        return _UNKNOWN
    at = f"{local(datetime.fromisoformat(told['at'])):%d/%m %H:%M:%S}"
    if told["lag_seconds"] is None:
        return at
    seconds = f"{told['lag_seconds']:.1f}".replace(".", ",")
    return text("%(at)s, %(seconds)s s after it was accepted", at=at, seconds=seconds)


def _verdict(problems: list[Problem]) -> Iterator[str]:
    if not problems:
        yield text("All is well.")
        return
    yield text("Please look at:")
    for problem in problems:
        yield from _folded(f"- {_said(problem)}", 2)


def _said(problem: Problem) -> str:
    values = {"subject": problem.subject, "detail": problem.detail}
    messages = {
        "not-running": text("nothing runs on %(subject)s", **values),
        "not-ready": text("%(subject)s is not ready: %(detail)s", **values),
        "unreadable": text("%(subject)s cannot be read: %(detail)s", **values),
        "disk": text(
            "only %(detail)s MB are free on the disk (docs/runbooks/full-disk.md)", **values
        ),
        "dead-letters": text(
            "%(detail)s parked in %(subject)s (docs/runbooks/dead-letters.md)", **values
        ),
        "outbox": text(
            "the outbox waits for %(detail)s s (docs/runbooks/stuck-outbox.md)", **values
        ),
        "drift": text(
            "%(subject)s has %(detail)s articles newer than ingest (docs/runbooks/drift.md)",
            **values,
        ),
    }
    return messages[problem.kind]


def _folded(line: str, indent: int) -> list[str]:
    """Break a line that is too long, also within a word: paths have no spaces."""
    return wrap(line, WIDTH, initial_indent=" " * min(indent, 4), subsequent_indent="    ")
