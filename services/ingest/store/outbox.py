"""The outbox: events that the bus has not confirmed yet."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, delete, func, select

from services.ingest.store.rows import slices
from services.ingest.store.tables import OUTBOX
from shared.database import Database

CHANNEL: Final = "outbox"
"""Where relays hear that events wait."""


@dataclass(frozen=True, slots=True)
class Pending:
    """An event as it was written beside its change."""

    id: int
    body: bytes


class Outbox:
    """Raises SQLAlchemyError where the database cannot be used."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def in_hand(self, limit: int, size: int) -> Iterator[list[Pending]]:
        """Give what is to be sent next; it is forgotten once the block is left without exception.

        At most ``limit`` events, of which the last is the one that passes ``size`` bytes.

        On PostgreSQL the events' rows stay locked meanwhile, and relays pass over those that
        another has in hand; a relay that dies lets go of them. On SQLite, where a transaction
        kept open would hold up every editor, two relays send the same.
        """
        if not self._database.locks_rows:
            pending = self.pending(limit, size)
            yield pending
            self.confirm(pending)
            return
        with self._database.write(alone=False) as connection:
            pending = _oldest(connection, limit, size, for_update=True)
            yield pending
            _forget(connection, pending)

    def pending(self, limit: int, size: int | None = None) -> list[Pending]:
        """Return what is not confirmed, the oldest first; without a ``size``, however large."""
        with self._database.read() as connection:
            return _oldest(connection, limit, size)

    def confirm(self, sent: Sequence[Pending]) -> None:
        """Forget what the bus has confirmed; harmless when another relay did so already."""
        with self._database.write(alone=False) as connection:
            _forget(connection, sent)

    def count(self) -> int:
        """Return how many events wait."""
        with self._database.read() as connection:
            return connection.execute(select(func.count()).select_from(OUTBOX)).scalar_one()

    def oldest(self) -> datetime | None:
        """Return when the longest waiting event was accepted; None if none waits."""
        with self._database.read() as connection:
            return connection.execute(select(func.min(OUTBOX.c.at))).scalar()


def _oldest(
    connection: Connection, limit: int, size: int | None, *, for_update: bool = False
) -> list[Pending]:
    """Return the first that are there.

    Never «everything after the last one sent»: of two transactions the one that began later may
    be committed first, and its event would hide the other's.

    Lengths first, which neither database reads the bodies for. The rows beyond ``size`` stay
    locked until the batch is sent: to pass over what is locked, one has to lock what one takes.
    """
    query = select(OUTBOX.c.id, func.length(OUTBOX.c.body)).order_by(OUTBOX.c.id).limit(limit)
    if for_update:
        query = query.with_for_update(skip_locked=True)
    ids = _within(size, connection.execute(query).all())
    found: list[Pending] = []
    for some in slices(ids):
        bodies = select(OUTBOX.c.id, OUTBOX.c.body).where(OUTBOX.c.id.in_(some))
        rows = connection.execute(bodies.order_by(OUTBOX.c.id))
        found += [Pending(row.id, row.body) for row in rows]
    return found


def _within(size: int | None, lengths: Iterable[tuple[int, int]]) -> list[int]:
    """Return the ids up to the one whose body passes ``size``, so at least one."""
    taken: list[int] = []
    total = 0
    for event_id, length in lengths:
        taken.append(event_id)
        total += length
        if size is not None and total > size:
            break
    return taken


def _forget(connection: Connection, sent: Sequence[Pending]) -> None:
    for some in slices([event.id for event in sent]):
        connection.execute(delete(OUTBOX).where(OUTBOX.c.id.in_(some)))
