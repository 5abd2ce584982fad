"""Marks in a writer's hands: leased, and cleared only if no mark was made meanwhile.

A lease carries its owner, and an owner holds a lock on a file as long as it lives, so that the
leases of a dead writer are told from those of a slow one without any clock. The file lies on the
volume of the site's files, whatever database the marks are in: writers in several containers
share that volume anyway, and who loses the database for a while loses no lease.
"""

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final
from uuid import uuid4

from sqlalchemy import Connection, bindparam, delete, exists, select, update

from services.render.files import Noted
from services.render.marks import next_stamp
from services.render.tables import Delivery, Priority, articles, dirty, insert
from services.render.tables import files as files_table
from services.render.turns import Turns
from shared.database import UNAVAILABLE, Database
from shared.locks import FileLock
from shared.nudge import notify

CHANNEL: Final = "teller"
"""Where it is heard that pages of articles are durable."""


@dataclass(frozen=True, slots=True)
class Lease:
    """A page in a writer's hands, with the stamp that its mark had."""

    path: str
    stamp: int


@dataclass(frozen=True, slots=True)
class Written:
    """The version of an article that its address now shows, if only as gone."""

    article_id: str
    version: int


_WAITING: Final = select(
    *(
        exists().where(dirty.c.priority == one.value, dirty.c.owner.is_(None)).label(one.name)
        for one in Priority
    )
)
_CLEAR = delete(dirty).where(
    dirty.c.path == bindparam("its_path"), dirty.c.stamp == bindparam("its_stamp")
)
_PUT_OFF = update(dirty).where(dirty.c.path == bindparam("its_path"))
_WRITTEN = (
    update(articles)
    .where(articles.c.id == bindparam("its_id"), articles.c.version == bindparam("its_version"))
    .where(articles.c.delivery == Delivery.PENDING.value)
    .values(delivery=Delivery.WRITTEN.value)
)


class Leases:
    """One writer's leases; a thread of its own has one of its own."""

    def __init__(self, database: Database, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._database = database
        self._folder = folder
        self._me = str(uuid4())
        self._gate = FileLock(folder.with_name(f"{folder.name}.lock"))
        self._alive = FileLock(folder / self._me)
        self._in_hand = False
        self._turns = Turns()
        with self._gate.held():
            self._alive.try_hold()

    def take(self, limit: int) -> list[Lease]:
        """Lease the pages whose turn it is, the longest marked first.

        All are of one class, for what becomes durable together waits for the last of it.
        """
        self._give_back()
        with self._database.read() as connection:
            found = connection.execute(_WAITING).one()
        waiting = {one for one, waits in zip(Priority, found, strict=True) if waits}
        if not waiting:
            return []
        turn = self._turns.next(waiting, time.monotonic())
        query = (
            select(dirty.c.path, dirty.c.stamp)
            .where(dirty.c.owner.is_(None), dirty.c.priority == turn.value)
            .order_by(dirty.c.since, dirty.c.path)
            .limit(limit)
        )
        self._in_hand = True  # also if it cannot be told whether this was committed
        # Rows that others mark or lease at the moment are passed over, so this waits for nobody.
        with self._database.write(alone=False) as connection:
            rows = connection.execute(query.with_for_update(skip_locked=True))
            leases = [Lease(row.path, row.stamp) for row in rows]
            connection.execute(
                update(dirty)
                .where(dirty.c.path.in_([lease.path for lease in leases]))
                .values(owner=self._me)
            )
        return leases

    def clear(
        self,
        done: Sequence[Lease],
        written: Sequence[Written] = (),
        failed: Sequence[Lease] = (),
        stands: Mapping[str, Noted | None] | None = None,
    ) -> None:
        """Clear the marks of pages that are durable, and give back all others.

        ``stands`` says how their files were written, by path. Failed ones wait behind everything
        else, so that one bad page holds up no good one.
        """
        with self._database.write() as connection:
            if done:
                connection.execute(
                    _CLEAR, [{"its_path": one.path, "its_stamp": one.stamp} for one in done]
                )
            if stands:
                _note(connection, stands)
            if failed:
                late = _PUT_OFF.values(priority=Priority.FAILED.value, since=next_stamp(connection))
                connection.execute(late, [{"its_path": one.path} for one in failed])
            if written:
                connection.execute(
                    _WRITTEN,
                    [{"its_id": one.article_id, "its_version": one.version} for one in written],
                )
                notify(connection, CHANNEL)
            connection.execute(update(dirty).where(dirty.c.owner == self._me).values(owner=None))
        self._in_hand = False

    def take_over(self) -> int:
        """Give back the leases of writers that died; return how many writers that were."""
        with self._gate.held():
            with self._database.read() as connection:
                known = connection.scalars(select(dirty.c.owner).distinct())
                owners = {owner for owner in known if owner is not None}
            owners |= {file.name for file in self._folder.iterdir()}
            dead = [owner for owner in owners if not self._lives(owner)]
            if dead:
                with self._database.write() as connection:
                    connection.execute(
                        update(dirty).where(dirty.c.owner.in_(dead)).values(owner=None)
                    )
            for owner in dead:
                (self._folder / owner).unlink(missing_ok=True)
        return len(dead)

    def _lives(self, owner: str) -> bool:
        """Tell whether a writer lives: nobody else can take its lock."""
        if owner == self._me:
            return True
        if not (self._folder / owner).exists():
            return False
        lock = FileLock(self._folder / owner)
        try:
            return not lock.try_hold()
        finally:
            lock.release()

    def _give_back(self) -> None:
        """Give back what an attempt that failed has left in hand."""
        if not self._in_hand:
            return
        with self._database.write() as connection:
            connection.execute(update(dirty).where(dirty.c.owner == self._me).values(owner=None))
        self._in_hand = False

    def close(self) -> None:
        """Give back what is in hand, and let go of the lock.

        What cannot be given back now is taken over by the next writer that looks.
        """
        with suppress(*UNAVAILABLE):
            self._give_back()
        with self._gate.held():
            (self._folder / self._me).unlink(missing_ok=True)
            self._alive.release()


def _note(connection: Connection, stands: Mapping[str, Noted | None]) -> None:
    put = insert(connection, files_table)
    kept = {name: put.excluded[name] for name in ("size", "modified", "digest")}
    noted = [asdict(noted) | {"path": path} for path, noted in stands.items() if noted]
    if noted:
        connection.execute(put.on_conflict_do_update(index_elements=["path"], set_=kept), noted)
    gone = [path for path, noted in stands.items() if noted is None]
    if gone:
        connection.execute(delete(files_table).where(files_table.c.path.in_(gone)))
