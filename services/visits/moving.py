"""What of visits goes to another deployment: every count, and the ids that are counted already."""

from typing import BinaryIO, Final

from services.visits.settings import Settings
from services.visits.tables import DAILY, FILTERED, PRESENCE, SALTS, SEEN, TOTALS
from shared.archive import Counts, Header, Progress
from shared.bus import open_bus, topology
from shared.moving import Data, load, save

TABLES: Final = (TOTALS, DAILY, FILTERED, SEEN, PRESENCE, SALTS)


def export(settings: Settings, out: BinaryIO, progress: Progress) -> Counts:
    """Write all counts. Views that wait in the bus are not among them: ``waiting`` says how many.

    Raises SQLAlchemyError, BusUnavailable, OSError.
    """
    remarks = {"visits_start": settings.visits_start, "waiting": _waiting(settings)}
    data = Data("visits", TABLES, remarks=remarks)
    return save(data, settings.visits_database_url, out, progress=progress)


def take_in(settings: Settings, source: BinaryIO, progress: Progress) -> tuple[Header, Counts]:
    """Put all of an archive in, or nothing; nothing may have been counted here.

    A salt that the collector has made already gives way to the moved one. Raises ArchiveError,
    SQLAlchemyError, OSError.
    """
    data = Data("visits", TABLES, emptied=frozenset({SALTS.name}))
    return load(data, settings.visits_database_url, source, progress=progress)


def _waiting(settings: Settings) -> int:
    bus = open_bus(settings.bus_url)
    try:
        depths = bus.depths()
        return sum(depths.get(queue.name, 0) for queue in topology.VISITS.queues)
    finally:
        bus.close()
