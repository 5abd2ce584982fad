"""The outbox: events that the bus has not confirmed yet."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select

from services.ingest.store.tables import OUTBOX
from shared.database import Database


@dataclass(frozen=True, slots=True)
class Pending:
    """An event as it was written beside its change."""

    id: int
    body: bytes


class Outbox:
    """Raises SQLAlchemyError where the database cannot be used."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def pending(self, limit: int) -> list[Pending]:
        """Return what is not confirmed, the oldest first.

        Never «everything after the last one sent»: of two transactions the one that began later
        may be committed first, and its event would hide the other's.
        """
        query = select(OUTBOX.c.id, OUTBOX.c.body).order_by(OUTBOX.c.id).limit(limit)
        with self._database.read() as connection:
            return [Pending(row.id, row.body) for row in connection.execute(query)]

    def confirm(self, sent: Sequence[Pending]) -> None:
        """Forget what the bus has confirmed; harmless when another relay did so already."""
        with self._database.write() as connection:
            for start in range(0, len(sent), 400):
                ids = [event.id for event in sent[start : start + 400]]
                connection.execute(delete(OUTBOX).where(OUTBOX.c.id.in_(ids)))

    def count(self) -> int:
        """Return how many events wait."""
        with self._database.read() as connection:
            return connection.execute(select(func.count()).select_from(OUTBOX)).scalar_one()

    def oldest(self) -> datetime | None:
        """Return when the longest waiting event was accepted; None if none waits."""
        with self._database.read() as connection:
            return connection.execute(select(func.min(OUTBOX.c.at))).scalar()
