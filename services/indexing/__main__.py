"""``python -m services.indexing``: one process of indexing, or a reindex by hand."""

import argparse
import sys
from collections.abc import Callable, Sequence

from pydantic import ValidationError

from services.indexing import bootstrap
from services.indexing.settings import Settings
from shared import log, runtime
from shared.runtime import Process
from shared.settings import describe

_WRONG_SETTINGS = 2
_PROCESSES: dict[str, tuple[str, Callable[[Settings], list[Process]]]] = {
    "consumer": ("keeps the index in step with ingest", bootstrap.build_consumer),
    "jobs": ("finishes reindexes; says when one is wanted", lambda s: [bootstrap.build_jobs(s)]),
}


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        settings = Settings()
        if options.command == "reindex":
            return _reindex(settings, options)
        processes = _PROCESSES[options.command][1](settings)
    except ValidationError as error:
        sys.stderr.write(describe(error) + "\n")
        return _WRONG_SETTINGS
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return _WRONG_SETTINGS
    return runtime.run(
        "indexing",
        processes,
        admin_port=settings.indexing_admin_port,
        admin_host=settings.indexing_admin_host,
        log_level=settings.log_level,
        data_dir=settings.data_dir,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m services.indexing", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, (meaning, _) in _PROCESSES.items():
        commands.add_parser(name, help=meaning)
    reindex = commands.add_parser(
        "reindex",
        help="make the index anew beside the live one and swap it in",
        description="Makes a new index, has ingest replay everything into it, compares it with the"
        " live one, swaps it in and drops the old one. Search and publishing go on. Where a reindex"
        " was interrupted, this goes on with it. See docs/runbooks/reindex.md.",
    )
    reindex.add_argument("--keep", action="store_true", help="keep the old index at the end")
    how = reindex.add_mutually_exclusive_group()
    how.add_argument("--later", action="store_true", help="leave the work to the jobs process")
    how.add_argument("--drop", action="store_true", help="give up the one that is half done")
    return parser


def _reindex(settings: Settings, options: argparse.Namespace) -> int:
    command = bootstrap.build_command(settings)
    log.configure("indexing", settings.log_level)
    how = "drop" if options.drop else "later" if options.later else "make"
    return command.run(how, keep=options.keep)


if __name__ == "__main__":
    sys.exit(main())
