"""``python -m services.ingest <process>``: one process of ingest, or one of its tools."""

import argparse
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import datetime, timedelta

from pydantic import TypeAdapter, ValidationError

from services.ingest import bootstrap, moving
from services.ingest.replay import TARGETS, replay, send_manifests
from services.ingest.settings import Settings
from services.ingest.store.published import Published, Scope
from services.ingest.store.tokens import Scope as TokenScope
from services.ingest.store.tokens import Tokens
from shared import log, runtime
from shared.bus import open_bus
from shared.clock import now
from shared.contracts.article import Moment
from shared.database import Database
from shared.moving import Telling, moved
from shared.runtime import Process
from shared.settings import describe

_WRONG_SETTINGS = 78  # EX_CONFIG of sysexits.h
_PROCESSES: dict[str, tuple[str, Callable[[Settings], list[Process]]]] = {
    "api": ("the HTTP API for editors", lambda s: [bootstrap.build_api(s)]),
    "relay": ("sends the outbox to the bus", lambda s: [bootstrap.build_relay(s)]),
    "consumer": ("keeps what consumers say they did", bootstrap.build_consumers),
    "jobs": ("publishes what is due, replays, manifests", lambda s: [bootstrap.build_jobs(s)]),
    "all": ("every background process as threads of one", bootstrap.processes),
}


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        settings = Settings()
    except ValidationError as error:
        sys.stderr.write(describe(error) + "\n")
        return _WRONG_SETTINGS
    if options.command in _PROCESSES:
        return runtime.run(
            "ingest",
            _PROCESSES[options.command][1](settings),
            admin_port=settings.ingest_admin_port,
            admin_host=settings.ingest_admin_host,
            log_level=settings.log_level,
            data_dir=settings.data_dir,
        )
    log.configure("ingest", settings.log_level)
    tool: Callable[[Settings, argparse.Namespace], int] = options.tool
    return tool(settings, options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m services.ingest", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, (meaning, _) in _PROCESSES.items():
        commands.add_parser(name, help=meaning)
    migrate = commands.add_parser("migrate", help="bring the database to its newest form")
    migrate.set_defaults(tool=_migrate)
    again = commands.add_parser("replay", help="send current state of articles to a consumer again")
    again.add_argument("--to", required=True, choices=TARGETS)
    again.add_argument("--category", help="only this category (its slug)")
    again.add_argument("--since", type=_moment, help="only changes since (RFC 3339, with a zone)")
    again.set_defaults(tool=_replay)
    manifest = commands.add_parser("manifest", help="send manifests of every article now")
    manifest.set_defaults(tool=_manifest)
    for name, tool, meaning in (
        ("export", _export, "write articles, history, tokens and pictures to standard output"),
        ("import", _import, "put what another deployment exported into this one, which is empty"),
    ):
        move = commands.add_parser(name, help=meaning)
        move.add_argument("--media", action="store_true", help="only the pictures' files")
        move.set_defaults(tool=tool)
    _token_parser(commands.add_parser("token", help="make, list and revoke tokens"))
    return parser


def _token_parser(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True)
    create = actions.add_parser("create", help="make a token and print it as the last line")
    create.add_argument("--name", required=True, help="whose it is; the history shows it")
    create.add_argument(
        "--scope", action="append", required=True, choices=[scope.value for scope in TokenScope]
    )
    create.add_argument("--expires-days", type=_days, help="days until it ends; default never")
    create.set_defaults(tool=_token_create)
    actions.add_parser("list", help="every token, without its secret").set_defaults(
        tool=_token_list
    )
    revoke = actions.add_parser("revoke", help="end a token for good")
    revoke.add_argument("id", type=int, help="its number in the list")
    revoke.set_defaults(tool=_token_revoke)


def _days(text: str) -> int:
    days = int(text)
    if not 1 <= days <= 36_500:  # noqa: PLR2004 - a hundred years
        raise argparse.ArgumentTypeError("between 1 and 36500")
    return days


def _migrate(settings: Settings, _options: argparse.Namespace) -> int:
    bootstrap.migrate(settings)
    return 0


def _replay(settings: Settings, options: argparse.Namespace) -> int:
    scope = Scope(category=options.category, since=options.since)
    sent = 0
    with _opened(settings) as database, closing(open_bus(settings.bus_url)) as bus:
        published = Published(database)
        known = {category.slug for category in published.categories()}
        if scope.category is not None and scope.category not in known:
            sys.stderr.write(f"There is no category {scope.category!r}.\n")
            return 1
        total = published.count(scope)
        for sent in replay(published, bus, options.to, scope):
            sys.stderr.write(f"\r{sent} of {max(sent, total)}")
    sys.stderr.write(f"\r{sent} article(s) sent to {options.to}.\n")
    return 0


def _manifest(settings: Settings, _options: argparse.Namespace) -> int:
    with _opened(settings) as database, closing(open_bus(settings.bus_url)) as bus:
        sent = send_manifests(Published(database), bus, size=settings.manifest_size)
    sys.stderr.write(f"{sent} manifest(s) sent.\n")
    return 0


def _export(settings: Settings, options: argparse.Namespace) -> int:
    def work(telling: Telling) -> None:
        out = sys.stdout.buffer
        telling.done(moving.export(settings, out, media_only=options.media, progress=telling))

    return moved("ingest", work)


def _import(settings: Settings, options: argparse.Namespace) -> int:
    def work(telling: Telling) -> None:
        bootstrap.migrate(settings)
        source = sys.stdin.buffer
        _, counts = moving.take_in(settings, source, media_only=options.media, progress=telling)
        telling.done(counts)

    return moved("ingest", work)


def _moment(text: str) -> datetime:
    try:
        return TypeAdapter(Moment).validate_python(text)
    except ValidationError:
        raise argparse.ArgumentTypeError("as in 2026-03-14T08:00:00+07:00") from None


def _token_create(settings: Settings, options: argparse.Namespace) -> int:
    bootstrap.migrate(settings)
    expires = now() + timedelta(days=options.expires_days) if options.expires_days else None
    scopes = frozenset(TokenScope(scope) for scope in options.scope)
    with _opened(settings) as database:
        token = Tokens(database).create(options.name, scopes, expires)
    sys.stdout.write(f"{token}\n")
    return 0


def _token_list(settings: Settings, _options: argparse.Namespace) -> int:
    with _opened(settings) as database:
        tokens = Tokens(database).all()
    for token in tokens:
        state = "good" if token.is_good(now()) else "revoked" if token.revoked_at else "expired"
        until = f"until {token.expires_at:%Y-%m-%d}" if token.expires_at else "for ever"
        scopes = ",".join(sorted(token.scopes))
        line = (str(token.id), f"{token.prefix}…", state, until, scopes, token.name)
        sys.stdout.write("\t".join(line) + "\n")
    return 0


def _token_revoke(settings: Settings, options: argparse.Namespace) -> int:
    with _opened(settings) as database:
        if Tokens(database).revoke(options.id):
            return 0
    sys.stderr.write(f"There is no token {options.id} that is still good.\n")
    return 1


def _opened(settings: Settings) -> closing[Database]:
    return closing(Database(settings.ingest_database_url))


if __name__ == "__main__":
    sys.exit(main())
