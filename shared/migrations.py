"""Alembic from code: each service keeps its revisions in ``services/<name>/migrations``."""

from pathlib import Path

from alembic import command
from alembic.config import Config

from shared.database import Database

_SERVICES = Path(__file__).parent.parent / "services"


def upgrade(service: str, url: str) -> None:
    """Bring a service's database to the newest revision; safe to repeat, and twice at once."""
    database = Database(url)
    config = Config()
    config.set_main_option("script_location", str(_SERVICES / service / "migrations"))
    try:
        with database.write() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        database.close()
