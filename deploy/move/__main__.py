"""``make export TO=folder``, ``make import FROM=folder``: from one deployment into another.

Each service writes and reads its own data (``services/<name>/moving.py``), the same in both
deployments. Exported is, by default, from the embedded deployment, imported into the compose
deployment; ``--deployment`` says otherwise.
"""

import argparse
import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from deploy.compose.folder import checked, megabytes, written
from deploy.compose.follow import follow
from deploy.compose.restore import start_databases
from deploy.compose.stack import UP, Stack, Steps, TroubleError, finished, from_file, into_file

FORMAT: Final = "bantin-export-1"
ABOUT: Final = "export.json"
SERVICES: Final = ("ingest", "visits")
EMBEDDED: Final = "embedded"
COMPOSE: Final = "compose"


def export(to: Path, deployment: str, stack: Stack, steps: Steps) -> None:
    """Write a folder with an archive of each service. Raises TroubleError, OSError."""
    words = _embedded if deployment == EMBEDDED else _compose(stack)
    with written(to) as folder:
        for service in SERVICES:
            size = into_file(words(service, "export"), folder / _archive(service), steps.note)
            steps.done(f"{service}: {megabytes(size)}")
        made_at = datetime.now(UTC).isoformat(timespec="seconds")
        about = {"format": FORMAT, "made_at": made_at, "from": deployment}
        (folder / ABOUT).write_text(json.dumps(about, indent=1) + "\n")
    steps.end(f"{to} is whole")


def take_in(folder: Path, deployment: str, stack: Stack, steps: Steps) -> None:
    """Put such a folder into a deployment that has nothing. Raises TroubleError, OSError."""
    about = checked(folder, ABOUT, FORMAT)
    steps.done(f"the export of {about['made_at']} is whole")
    if deployment == EMBEDDED:
        _into(_embedded, folder, steps)
        steps.end("imported; the next `make run` has it all")
        return
    if running := stack.running():
        raise TroubleError(
            f"{len(running)} containers of «{stack.configuration.project}» run: `make down` first"
        )
    stack.do("build", "--quiet")
    start_databases(stack)
    steps.done("images; databases")
    _into(_compose(stack), folder, steps)
    stack.do(*UP)
    steps.done("every process is up")
    follow(stack, steps)
    steps.end("imported")


def _into(words: Callable[[str, str], tuple[str, ...]], folder: Path, steps: Steps) -> None:
    for service in SERVICES:
        from_file(words(service, "import"), folder / _archive(service), steps.note)
        steps.done(service)


def _archive(service: str) -> str:
    return f"{service}.tar.gz"


def _embedded(service: str, command: str) -> tuple[str, ...]:
    return (sys.executable, "-m", f"services.{service}", command)


def _compose(stack: Stack) -> Callable[[str, str], tuple[str, ...]]:
    return lambda service, command: stack.tool(f"{service}-jobs", command)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m deploy.move", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, meaning, default in (
        ("export", "write everything into a new folder", EMBEDDED),
        ("import", "put it into a deployment that has nothing", COMPOSE),
    ):
        command = commands.add_parser(name, help=meaning)
        command.add_argument("folder", type=Path)
        command.add_argument("--deployment", choices=(EMBEDDED, COMPOSE), default=default)
    given = parser.parse_args()
    work = export if given.command == "export" else take_in
    work(given.folder, given.deployment, Stack(), Steps())


if __name__ == "__main__":
    sys.exit(finished(main))
