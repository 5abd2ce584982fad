"""What render does by itself: holds the site's files against what was written.

A full rebuild needs no job: ``python -m services.render rebuild`` marks every page in one
transaction, and the writers carry that out, behind live news.
"""

import threading
from collections.abc import Callable

from services.render import look
from services.render.settings import Settings
from services.render.verify import Verifier
from shared.jobs import Job

_FIRST_SECONDS = 5.0
"""So that a writer that starts beside it has put its assets there."""


def jobs(settings: Settings, verifier: Verifier, wake: Callable[[], None]) -> tuple[Job, ...]:
    """Return everything that render does by itself; ``wake`` calls the writers."""

    def verify(_stop: threading.Event) -> bool:
        # Before that a writer is at the assets itself, and will mark every page.
        if not look.is_drawn(settings.site_dir, settings):
            return False
        if verifier.verify().marked:
            wake()
        return True

    every = settings.render_verify_seconds
    return (
        Job(
            "verify",
            "has pages that are missing or were altered written again",
            verify,
            every,
            first=min(every, _FIRST_SECONDS),
            heavy=True,
        ),
    )
