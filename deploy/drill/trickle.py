"""People at work while containers die: news and views, each kept until accepted."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import uuid4

from deploy.smoke.site import Editor, Site, SmokeError, article

_READER: Final = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
_AGAIN: Final = 0.5
"""Seconds until a call that was not accepted is made again."""
_SERVER_ERROR: Final = 500


@dataclass
class Trickle:
    """One article and some views every second; what was accepted is known."""

    site: Site
    editor: Editor
    category: str
    word: str
    """Stands in every title, so that all can be found at once."""
    pages: dict[str, str] = field(default_factory=dict)
    """The path of each article that was accepted, by its id."""
    views: int = 0
    refused: int = 0
    """Calls that had to be made again."""
    failure: BaseException | None = None
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        for body in (self._publish, self._view):
            thread = threading.Thread(target=self._guarded, args=(body,))
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """Let both finish what they have begun. Raises what ended one of them early."""
        self._stop.set()
        for thread in self._threads:
            thread.join()
        if self.failure is not None:
            raise self.failure

    def _guarded(self, body: Callable[[], None]) -> None:
        try:
            while not self._stop.is_set():
                body()
        except BaseException as error:  # noqa: BLE001 - told by whoever stops it
            self.failure = error

    def _publish(self) -> None:
        number = str(uuid4())
        title = f"{self.word} tin số {len(self.pages) + 1}"
        self._until_accepted(
            "PUT", f"/v1/articles/{number}", article(title, "Tin diễn tập.", self.category)
        )
        # A second publication of what the first has done already is told by a conflict.
        self._until_accepted("POST", f"/v1/articles/{number}/publish", {}, HTTPStatus.CONFLICT)
        url = self._until_accepted("GET", f"/v1/articles/{number}")["url"]
        self.pages[number] = urlsplit(url).path
        self._stop.wait(1.0)

    def _until_accepted(
        self, method: str, path: str, body: object = None, *also: HTTPStatus
    ) -> Any:
        while True:
            try:
                return self.editor.call(method, path, body)
            except SmokeError as error:
                if error.status is not None and error.status in also:
                    return None
                if error.status is not None and error.status < _SERVER_ERROR:
                    raise
            self.refused += 1
            time.sleep(_AGAIN)

    def _view(self) -> None:
        view = {"id": str(uuid4()), "path": "/"}
        while not self._seen(view):
            self.refused += 1
            time.sleep(_AGAIN)
        self.views += 1
        self._stop.wait(0.2)

    def _seen(self, view: dict[str, str]) -> bool:
        try:
            status, text = self.site.call("POST", "/api/visits", view, {"User-Agent": _READER})
        except SmokeError:
            return False
        if HTTPStatus.BAD_REQUEST <= status < _SERVER_ERROR:
            raise SmokeError(f"a view was refused with {status}: {text}", status)
        return status < HTTPStatus.BAD_REQUEST
