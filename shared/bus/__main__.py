"""Look after the bus: ``python -m shared.bus deadletters list|show|replay|drop`` and ``depths``."""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from shared.bus import Bus, BusUnavailable, DeadLetter, open_bus
from shared.bus.topology import QUEUES
from shared.contracts.events import EventError, decode
from shared.settings import CommonSettings

_PAGE = 500


class _UsageError(Exception):
    """What was asked for cannot be done; the text says why."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0, 1 when it could not be done, or 2 for a wrong command line."""
    given = _parser().parse_args(arguments)
    try:
        bus = open_bus(CommonSettings().bus_url)
    except (BusUnavailable, ValueError) as error:
        return _fail(f"the bus cannot be opened: {error}")
    try:
        run: Callable[[Bus, argparse.Namespace], None] = given.run
        run(bus, given)
    except (_UsageError, BusUnavailable) as error:
        return _fail(str(error))
    finally:
        bus.close()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m shared.bus", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    depths = commands.add_parser("depths", help="messages waiting or in hand, and dead letters")
    depths.add_argument("--json", action="store_true", help="one JSON object")
    depths.set_defaults(run=_depths)
    letters = commands.add_parser("deadletters", help="messages that could not be processed")
    actions = letters.add_subparsers(required=True, metavar="ACTION")
    for name, run, text in (
        ("list", _list, "one line for each, the oldest first"),
        ("show", _show, "everything about these, with history and body"),
        ("replay", _replay, "put these back at the end of their queues"),
        ("drop", _drop, "delete these for good"),
    ):
        action = actions.add_parser(name, help=text)
        action.set_defaults(run=run)
        action.add_argument("--queue", choices=sorted(QUEUES), help="only this queue's")
        if name in ("list", "show"):
            action.add_argument("--json", action="store_true", help="a JSON object a line")
        if name == "list":
            action.add_argument("--limit", type=int, default=100, help="at most so many (100)")
        else:
            action.add_argument("ids", nargs="*", type=int, metavar="ID", help="see list")
            action.add_argument("--all", action="store_true", help="all there are")
    return parser


def _depths(bus: Bus, given: argparse.Namespace) -> None:
    counts = bus.dead_letters.counts()
    found = {
        name: {"messages": depth, "dead_letters": counts.get(name, 0)}
        for name, depth in bus.depths().items()
    }
    if given.json:
        _say(json.dumps(found))
        return
    _say(f"{'queue':<20}{'messages':>10}{'dead letters':>14}")
    for name, row in found.items():
        _say(f"{name:<20}{row['messages']:>10}{row['dead_letters']:>14}")


def _list(bus: Bus, given: argparse.Namespace) -> None:
    letters = bus.dead_letters.list(given.queue, given.limit)
    if given.json:
        for letter in letters:
            _say(json.dumps(_as_dict(letter), ensure_ascii=False))
        return
    width = max([6, *(len(str(letter.id)) for letter in letters)])
    _say(f"{'id':>{width}}  {'queue':<16}{'parked at':<22}{'tries':>5}  {'event':<22}reason")
    for letter in letters:
        at = letter.parked_at.strftime("%Y-%m-%d %H:%M:%SZ")
        kind = _event(letter).get("type", "unreadable").removeprefix("vn.bantin.")
        reason = " ".join(letter.reason.split())
        start = f"{letter.id:>{width}}  {letter.queue:<16}{at:<22}{letter.attempts:>5}"
        _say(f"{start}  {kind:<22}{reason}")
    total = sum(n for q, n in bus.dead_letters.counts().items() if given.queue in (None, q))
    _say(f"{len(letters)} of {total} dead letters")


def _show(bus: Bus, given: argparse.Namespace) -> None:
    for letter in _chosen(bus, given):
        if given.json:
            _say(json.dumps(_as_dict(letter, body=True), ensure_ascii=False))
            continue
        _say(f"id:        {letter.id}\nqueue:     {letter.queue}")
        _say(f"parked at: {letter.parked_at.isoformat()}\nreason:    {letter.reason}")
        for line in letter.history or ("none",):
            _say(f"history:   {line}")
        _say(f"body:      {letter.body.decode(errors='backslashreplace')}\n")


def _replay(bus: Bus, given: argparse.Namespace) -> None:
    _say(f"{_for_each_page(bus, given, bus.dead_letters.replay)} replayed")


def _drop(bus: Bus, given: argparse.Namespace) -> None:
    _say(f"{_for_each_page(bus, given, bus.dead_letters.drop)} dropped")


def _check_choice(given: argparse.Namespace) -> None:
    if bool(given.ids) == given.all:
        raise _UsageError("give either IDs or --all (with --queue for one queue only)")


def _for_each_page(bus: Bus, given: argparse.Namespace, act: Callable[[Sequence[int]], int]) -> int:
    _check_choice(given)
    if not given.all:
        return act([letter.id for letter in _chosen(bus, given)])
    started = datetime.now(UTC)  # what is parked again meanwhile is not for this run
    count = 0
    while ids := [
        letter.id
        for letter in bus.dead_letters.list(given.queue, _PAGE)
        if letter.parked_at <= started
    ]:
        count += act(ids)
    return count


def _chosen(bus: Bus, given: argparse.Namespace) -> Sequence[DeadLetter]:
    _check_choice(given)
    if given.all:
        counts = bus.dead_letters.counts()
        return bus.dead_letters.list(given.queue, sum(counts.values()))
    letters = bus.dead_letters.get(given.ids)
    missing = set(given.ids) - {letter.id for letter in letters}
    if missing:
        raise _UsageError(f"no dead letter has the id {', '.join(map(str, sorted(missing)))}")
    foreign = [letter.id for letter in letters if given.queue not in (None, letter.queue)]
    if foreign:
        raise _UsageError(f"not of {given.queue}: {', '.join(map(str, foreign))}")
    return letters


def _as_dict(letter: DeadLetter, *, body: bool = False) -> dict[str, Any]:
    found = {
        "id": letter.id,
        "queue": letter.queue,
        "parked_at": letter.parked_at.isoformat(),
        "attempts": letter.attempts,
        "reason": letter.reason,
        "history": letter.history,
        "event": _event(letter),
    }
    return found | ({"body": letter.body.decode(errors="backslashreplace")} if body else {})


def _event(letter: DeadLetter) -> dict[str, str]:
    try:
        event = decode(letter.body)
    except EventError:
        return {}
    return {"id": event.id, "type": event.type, "subject": event.subject}


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


def _fail(text: str) -> int:
    sys.stderr.write(f"python -m shared.bus: {text}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
