"""Alembic from code: each service keeps its revisions in ``services/<name>/migrations``."""

from pathlib import Path
from typing import Final

from sqlalchemy import Connection, text

from shared import log
from shared.database import PATIENT, Database

_SERVICES = Path(__file__).parent.parent / "services"
_IN_ORDER: Final = ("-b", "/", "B", "a", "a-b", "aa", "b", "z", "é", "đ", "ế")
"""Words as code points order them; no language does."""
_SORTED: Final = text("SELECT word FROM unnest(CAST(:words AS text[])) AS word ORDER BY word")


def upgrade(service: str, url: str) -> None:
    """Bring a service's database to the newest revision; safe to repeat, and twice at once.

    One that a newer version has been at is left as it is: each version's tables are such that
    the version before it can live with them (docs/operations.md), so that one can roll back.

    Raises ValueError where a PostgreSQL database was made with another order of text, or another
    encoding, than SQLite's: lists and cursors would differ.
    """
    # A quarter of what a process needs to start, and only those who migrate want it.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.migration import MigrationContext  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    database = Database(url, limits=PATIENT)
    config = Config()
    config.set_main_option("script_location", str(_SERVICES / service / "migrations"))
    try:
        with database.write() as connection:
            if connection.dialect.name == "postgresql":
                _check_order(connection)
            there = MigrationContext.configure(connection).get_current_revision()
            known = {one.revision for one in ScriptDirectory.from_config(config).walk_revisions()}
            if there is not None and there not in known:
                log.get("migrations").warning("newer_tables_kept", of=service, revision=there)
                return
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        database.close()


def _check_order(connection: Connection) -> None:
    words = connection.scalars(_SORTED, {"words": [*reversed(_IN_ORDER)]})
    if tuple(words) != _IN_ORDER or connection.scalar(text("SHOW server_encoding")) != "UTF8":
        raise ValueError(
            "the database must order text by code points: make it with TEMPLATE template0 "
            "ENCODING 'UTF8' LOCALE_PROVIDER libc LOCALE 'C'"
        )
