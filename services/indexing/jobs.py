"""What indexing does by itself: goes on with a reindex, and says when one is wanted.

What is due is read from the search server, where a reindex leaves what it has done. Elasticsearch
alone has something to do here; the embedded index is rebuilt by wiping it.
"""

import threading

from services.indexing.reindex import NewerLayoutError, Reindex
from services.indexing.settings import Settings
from services.indexing.waiting import Pace
from shared import log, metrics
from shared.bus import Bus
from shared.clock import Clock
from shared.index.elastic import Reindexing, schema
from shared.index.elastic.lease import LeaseLostError
from shared.jobs import Job

_LAYOUT_SECONDS = 60.0
_logger = log.get("jobs")


def jobs(settings: Settings, place: Reindexing, bus: Bus, clock: Clock) -> tuple[Job, ...]:
    """Return everything that indexing does by itself.

    None is ``heavy``: the turn to reindex is a lease on the search server, so that a command by
    hand respects it too, and it is taken only when there is something to do.
    """
    pace = Pace(patience=settings.reindex_patience_seconds)
    reindex = Reindex(place, bus, clock, tell=_tell, pace=pace)
    layout = _Layout(place)

    def go_on(stop: threading.Event) -> bool:
        place.indices.ensure()
        if not reindex.is_due() or not place.lease.take():
            return True
        try:
            return reindex.go_on(stop)
        except NewerLayoutError as error:
            _logger.warning("reindex_left_to_newer_code", reason=str(error))
        except LeaseLostError as error:
            _logger.warning("reindex_taken_over", reason=str(error))
        finally:
            place.lease.release()
        return True

    return (
        Job(
            "reindex",
            "makes an index anew where that is wanted, and finishes what was interrupted",
            go_on,
            settings.reindex_look_seconds,
        ),
        Job("layout", "says when the live index wants a reindex", layout.look, _LAYOUT_SECONDS),
    )


def _tell(said: str) -> None:
    _logger.info("reindex", said=said)


class _Layout:
    """Holds the live index's layout against this code's; says so once for each index."""

    def __init__(self, place: Reindexing) -> None:
        self._indices = place.indices
        self._said: str | None = None

    def look(self, _stop: threading.Event) -> bool:
        self._indices.ensure()
        live = self._indices.targets().live
        revision = self._indices.revision(live)
        metrics.REINDEX_WANTED.set(revision != schema.REVISION)
        if revision != schema.REVISION and self._said != live:
            _logger.warning(
                "reindex_wanted", index=live, layout=revision, layout_of_code=schema.REVISION
            )
            self._said = live
        return True
