"""Connecting again, for as long as anybody asks."""

import os
import threading
import time
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from shared.bus import BusUnavailable
from shared.bus.rabbitmq.link import Link
from shared.bus.rabbitmq.wire import Timeouts


class Linked(Protocol):
    """Something that lives on one link and ends with it."""

    @property
    def link(self) -> Link: ...


_L = TypeVar("_L", bound=Linked)


class Keeper(Generic[_L]):
    """Keeps one: opened at the first use, and again after a loss, with growing pauses.

    Attempts are made by whoever calls; during a pause they are told at once that there is none.
    """

    def __init__(self, open_one: Callable[[], _L], timeouts: Timeouts) -> None:
        self._open = open_one
        self._timeouts = timeouts
        self._lock = threading.Lock()
        self._kept: _L | None = None
        self._pause = 0.0
        self._not_before = 0.0
        self._trouble = ""
        self._closed = False

    @property
    def current(self) -> _L | None:
        """Return what is kept if it is alive, without opening anything."""
        kept = self._kept
        return kept if kept is not None and _is_good(kept.link) else None

    def get(self) -> _L:
        """Return one that is alive. Raises BusUnavailable."""
        kept = self.current
        if kept is not None:
            return kept
        with self._lock:
            if self._closed:
                raise BusUnavailable("the bus is closed")
            kept = self.current
            if kept is not None:
                return kept
            self._bury()
            if time.monotonic() < self._not_before:
                raise BusUnavailable(self._trouble)
            try:
                self._kept = self._open()
            except BusUnavailable as error:
                self._trouble = str(error)
                self._wait_longer()
                raise
            return self._kept

    def close(self) -> None:
        with self._lock:
            self._closed = True
            if self._kept is not None:
                self._kept.link.close()

    def _bury(self) -> None:
        kept, self._kept = self._kept, None
        if kept is None or kept.link.pid != os.getpid():
            return  # the parent's: a fork has no thread for it, and it is not ours to close
        kept.link.close()
        self._trouble = str(kept.link.unavailable())
        if time.monotonic() - kept.link.opened > self._timeouts.longest_pause:
            self._pause = 0.0  # it was well for a while, so it may come back at once
        else:
            self._wait_longer()

    def _wait_longer(self) -> None:
        timeouts = self._timeouts
        self._pause = min(timeouts.longest_pause, max(timeouts.first_pause, self._pause * 2))
        self._not_before = time.monotonic() + self._pause


def _is_good(link: Link) -> bool:
    return link.alive and link.pid == os.getpid()
