"""Tells that articles are delivered, at least once: what is to be told is in the database."""

import threading
from collections.abc import Callable
from uuid import UUID

from sqlalchemy import bindparam, select, update

from services.render.consumer import CONSUMER, SOURCE
from services.render.tables import Delivery, articles
from shared import log
from shared.bus import BusUnavailable, Publisher
from shared.clock import Clock
from shared.contracts.events import ArticleDelivered, new_event
from shared.database import UNAVAILABLE, Database

_logger = log.get("render.teller")
_LIMIT = 500
_TOLD = (
    update(articles)
    .where(articles.c.id == bindparam("its_id"), articles.c.version == bindparam("its_version"))
    .where(articles.c.delivery == Delivery.WRITTEN.value)
    .values(delivery=Delivery.TOLD.value)
)


class Teller:
    """Publishes ``article.delivered`` for each version whose page is on the disk."""

    def __init__(self, database: Database, publisher: Publisher, clock: Clock) -> None:
        self._database = database
        self._publisher = publisher
        self._clock = clock

    def step(self) -> int:
        """Tell of at most 500; return of how many. Raises BusUnavailable; nothing is lost then."""
        query = (
            select(articles.c.id, articles.c.version)
            .where(articles.c.delivery == Delivery.WRITTEN.value)
            .limit(_LIMIT)
        )
        with self._database.read() as connection:
            found = [(row.id, row.version) for row in connection.execute(query)]
        if not found:
            return 0
        self._publisher.publish(
            [
                new_event(
                    ArticleDelivered(consumer=CONSUMER, id=UUID(one), version=version),
                    subject=one,
                    source=SOURCE,
                    time=self._clock(),
                )
                for one, version in found
            ]
        )
        with self._database.write() as connection:
            connection.execute(
                _TOLD, [{"its_id": one, "its_version": version} for one, version in found]
            )
        return len(found)

    def run(self, stop: threading.Event, wait: Callable[[float], object], poll: float) -> None:
        """Tell until ``stop``; wait while there is nothing to tell, or nobody takes it."""
        while not stop.is_set():
            try:
                if self.step():
                    continue
            except (BusUnavailable, *UNAVAILABLE) as error:
                _logger.warning("telling_failed", problem=str(error))
            wait(poll)
