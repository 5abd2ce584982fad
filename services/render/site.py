"""Writers: lease marked pages, draw current state, write, clear the marks unless made anew.

A writer may die anywhere. Until the marks are cleared, after the files are durable, the pages are
drawn again; and a page is drawn from a view taken after its lease, so a mark that is cleared was
made for nothing that the page does not show.
"""

import threading
import time
from collections.abc import Callable

from services.render import look, paths
from services.render.drawing import Drawing
from services.render.feeds import Feeds
from services.render.files import File, Folder
from services.render.leases import Lease, Leases, Written
from services.render.pages import Pages
from services.render.reader import Reader
from services.render.settings import Settings
from services.render.store import Store
from services.render.turns import STEP_SECONDS
from shared import log, metrics
from shared.database import UNAVAILABLE, Database

_logger = log.get("render.site")
_TAKE_OVER_SECONDS = 5.0
Wait = Callable[[float], object]
"""Waits for a nudge, at most so many seconds."""


class Writer:
    """Turns marks into files. One for each thread."""

    def __init__(
        self, settings: Settings, database: Database, *, step_seconds: float = STEP_SECONDS
    ) -> None:
        self._settings = settings
        self._step_seconds = step_seconds
        self._database = database
        self._leases = Leases(database, settings.owners_dir)
        self._folder = Folder(settings.site_dir, twins=settings.render_precompress)
        address = {"site_name": settings.site_name, "public_url": settings.public_url}
        self._pages = Pages(**address)
        self._feeds = Feeds(**address)
        self._problem: str | None = None

    def prepare(self) -> None:
        """Write the assets; mark every page if the look is not the one it was drawn with."""
        self._folder.put(look.assets())
        if not look.is_drawn(self._folder.root, self._settings):
            Store(self._database).mark_all()
            now = look.fingerprint(self._settings)
            self._folder.put([File(look.MARKER, now.encode())])
            _logger.info("look_changed")

    def step(self) -> int:
        """Write one batch; return how many pages left the list of marks.

        Raises what UNAVAILABLE names; the marks stay for another step then.
        """
        until = time.monotonic() + self._step_seconds
        leases = self._leases.take(self._settings.render_batch)
        if not leases:
            return 0
        files: list[File] = []
        done: list[Lease] = []
        failed: list[Lease] = []
        written: list[Written] = []
        with self._database.read() as connection:
            drawing = Drawing(Reader(connection), self._pages, self._feeds, self._settings)
            for lease in leases:
                try:
                    file, delivered = _drawn(drawing, lease.path)
                except UNAVAILABLE:
                    raise  # it is not the page's fault
                except Exception:
                    _logger.exception("page_failed", path=lease.path)
                    failed.append(lease)
                    continue
                done.append(lease)
                files += file
                written += delivered
                if time.monotonic() >= until:
                    break  # pages differ by far; the rest is given back, and comes first again
        put = self._folder.put(files)
        metrics.PAGES_WRITTEN.inc(put.changed)
        stands = {lease.path: put.stands.get(paths.file_name(lease.path)) for lease in done}
        self._leases.clear(done, written, failed, stands)
        return len(done)

    def drain(self) -> int:
        """Write until nothing is marked that can be written; return how many pages."""
        total = 0
        while written := self.step():
            total += written
        return total

    def run(self, stop: threading.Event, wait: Wait, written: Callable[[], None]) -> None:
        """Write until ``stop``; ``wait`` between batches that found nothing to do."""
        poll = self._settings.render_poll_seconds
        is_prepared, looks_again = False, 0.0
        try:
            while not stop.is_set():
                try:
                    if not is_prepared:
                        self.prepare()
                        is_prepared = True
                    if time.monotonic() >= looks_again:
                        self._leases.take_over()
                        looks_again = time.monotonic() + _TAKE_OVER_SECONDS
                    done = self.step()
                except UNAVAILABLE as error:
                    self._note(error)
                    wait(poll)
                    continue
                self._problem = None
                if done:
                    written()
                else:
                    wait(poll)
        finally:
            self.close()

    def _note(self, error: Exception) -> None:
        """Tell why nothing is written: in health each time, in the log once."""
        if self._problem is None:
            _logger.warning("writer_waits", reason=str(error))
        self._problem = f"pages cannot be written: {error}"

    def check(self) -> None:
        """Raise if the last attempt to write pages failed."""
        if self._problem is not None:
            raise OSError(self._problem)

    def close(self) -> None:
        """Give back the leases and end the threads that sync."""
        self._leases.close()
        self._folder.close()


def _drawn(drawing: Drawing, path: str) -> tuple[list[File], list[Written]]:
    page = paths.parse(path)
    if page is None:
        return [], []
    content, delivered = drawing.draw(page)
    return [File(paths.file_name(path), content)], [delivered] if delivered else []
