"""Verifies the site's files on a schedule, beside the writer, and wakes it for what differs."""

import threading
from collections.abc import Callable

from sqlalchemy.exc import DatabaseError

from services.render.verify import Verifier
from shared import log

_STEP_SECONDS = 1.0
_logger = log.get("render.keeping")


class Keeper:
    """Begins once ``prepared`` is set: until then the writer may be at the assets itself."""

    def __init__(
        self,
        verifier: Verifier,
        wake: Callable[[], None],
        every: float,
        prepared: threading.Event,
    ) -> None:
        self._verifier = verifier
        self._wake = wake
        self._every = every
        self._prepared = prepared
        self._problem: str | None = None

    def run(self, stop: threading.Event) -> None:
        """Verify now and every so many seconds, until ``stop``."""
        while not stop.is_set() and not self._prepared.wait(_STEP_SECONDS):
            pass
        while not stop.is_set():
            try:
                if self._verifier.verify().marked:
                    self._wake()
                self._problem = None
            except (OSError, DatabaseError) as error:
                self._problem = f"files cannot be verified: {error}"
                _logger.warning("verify_failed", reason=str(error))
            stop.wait(self._every)

    def check(self) -> None:
        """Raise if the last look at the files failed."""
        if self._problem is not None:
            raise OSError(self._problem)
