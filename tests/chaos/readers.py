"""Readers whose views are sent until they are taken, some of them more than once."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from uuid import UUID

import httpx

from tests.chaos import wire
from tests.chaos.editors import NO_ANSWER_WITHIN, Difference, Newsroom
from tests.chaos.plan import seeded

AGENT = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}
PAGES = ("/", "/ngay/2026/03/14/", "/ngay/2026/03/", "/chuyen-muc/tin-tuc/", "/tim-kiem")
_REST = 0.02
"""Seconds between two views of a reader, usually."""


class Reader:
    """Sends views. ``taken`` has the page of each id that got a 202."""

    def __init__(
        self, name: str, seed: int, http: httpx.Client, room: Newsroom, *, pace: float = 1
    ) -> None:
        self.taken: dict[str, str] = {}
        self._random = seeded(f"reader {name}", seed)
        self._http = http
        self._room = room
        self._rest = _REST * pace

    def read(self, enough: Callable[[int], bool]) -> None:
        """Send views until ``enough``, asked with the number taken. Raises Difference."""
        while not enough(len(self.taken)):
            view = str(UUID(int=self._random.getrandbits(128), version=4))
            page = self._page()
            self._send(view, page)
            self.taken[view] = page
            if self._random.random() < 0.2:
                self._send(view, page)
                self._room.count("views sent twice on purpose")
            if self._random.random() < 0.05:
                self._both(view, page)
            time.sleep(self._rest)

    def _both(self, view: str, page: str) -> None:
        """Send a view that was taken from two connections at once."""
        twins = [threading.Thread(target=self._send, args=(view, page)) for _ in range(2)]
        for twin in twins:
            twin.start()
        for twin in twins:
            twin.join()
        self._room.count("views sent twice on purpose", 2)

    def _page(self) -> str:
        urls = self._room.urls
        if urls and self._random.random() < 0.7:
            return self._random.choice(urls)
        return self._random.choice(PAGES)

    def _send(self, view: str, page: str) -> None:
        deadline = time.monotonic() + NO_ANSWER_WITHIN
        while time.monotonic() < deadline:
            try:
                answer = self._http.post("/api/visits", json={"path": page, "id": view})
            except httpx.TransportError:
                self._room.count("requests without an answer")
                time.sleep(wire.PAUSE)
                continue
            if answer.status_code == 202:
                return
            if answer.status_code != 503:
                raise Difference(f"a view of {page}: {answer.status_code} {answer.text}")
            self._room.count("answers 503")
            time.sleep(wire.PAUSE)
        raise Difference(f"a view of {page} was never taken")


def by_page(readers: Sequence[Reader]) -> Counter[str]:
    """Return how many distinct views were taken of each page."""
    return Counter(page for reader in readers for page in reader.taken.values())
