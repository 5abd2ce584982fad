"""The runner of jobs on RabbitMQ: a Celery worker with its beat, as threads of a process.

Celery's pool of processes is not used: the jobs wait for databases and the bus rather than
compute, and a fork would copy the locks and the connections of this process's threads.
"""

import logging
import os
import sys
import threading
import time
import traceback
from collections.abc import Sequence
from functools import partial
from itertools import chain, repeat
from typing import Any, Final

from celery.beat import EmbeddedService
from celery.utils.threads import bound_open_broker_sockets  # type: ignore[attr-defined]
from celery.worker import WorkController, state
from celery.worker.consumer import Consumer
from kombu import Connection

from shared import log
from shared.jobs.duty import Duty
from shared.jobs.hints import Beat, Pulse, application

_QUIET_SECONDS: Final = 15.0
"""Without a hint, beyond the time between two, after which the process says it is not ready."""
_LOST_SECONDS: Final = 120.0
"""After which hints that the broker took must have come, or this process is at fault."""
_GRACE_SECONDS: Final = 8.0
"""For what is in hand when told to stop; Docker waits ten before it kills."""
_CLOSE_SECONDS: Final = 0.5
"""For each of the half a dozen answers that a leave-taking waits for."""
_LOOK_SECONDS: Final = 0.5
_logger = log.get("jobs.worker")


class Worker:
    """Celery's worker and its beat, started and stopped as one of a service's processes."""

    def __init__(self, service: str, duties: Sequence[Duty], url: str) -> None:
        self._service = service
        self._duties = duties
        self._url = url
        self._pulse = Pulse()
        self._quiet = min(duty.every_hint for duty in duties) + _QUIET_SECONDS

    def check(self) -> None:
        """Raise RuntimeError, with the reason, while no hints come from the broker."""
        heard, trouble = self._pulse.heard, self._pulse.trouble
        if trouble is not None:
            raise RuntimeError(trouble)
        if heard is None or time.monotonic() - heard > self._quiet:
            raise RuntimeError("no hint comes from the broker")

    def run(self, stop: threading.Event) -> None:
        """Follow hints until ``stop`` is set. Raises RuntimeError if no more can come of it."""
        for name in ("celery", "kombu", "amqp"):
            logging.getLogger(name).setLevel(logging.WARNING)  # else several lines for each hint
        app = application(self._service, self._duties, self._url, self._pulse, stop)
        controller = _Controller(
            app=app,
            pool="threads",
            # Hints for jobs that are being done are waved through by one thread more.
            concurrency=len(self._duties) + 1,
            consumer_cls=_Consumer,
            without_gossip=True,
            without_mingle=True,
            without_heartbeat=True,
        )
        scheduler = partial(Beat, duties=self._duties, pulse=self._pulse)
        beat: Any = EmbeddedService(app, thread=True, scheduler_cls=scheduler)
        threads = [threading.Thread(target=controller.start, name="celery", daemon=True), beat]
        vars(state)["should_stop"] = None
        for thread in threads:
            thread.start()
        try:
            while not stop.wait(_LOOK_SECONDS):
                self._look(threads)
        finally:
            beat.service.stop()
            controller.stop_soon()
            _join(threads)

    def _look(self, threads: Sequence[threading.Thread]) -> None:
        """Raise RuntimeError when it would be better to begin anew than to wait."""
        for thread in threads:
            if not thread.is_alive():
                raise RuntimeError(f"Celery's thread {thread.name!r} has ended by itself")
        now = time.monotonic()
        if now - self._pulse.ticked > _LOST_SECONDS:
            raise RuntimeError("Celery's beat hangs")
        unheard = self._pulse.unheard
        if unheard is not None and now - unheard > _LOST_SECONDS:
            raise RuntimeError("the broker takes hints, but none comes back")


class _Controller(WorkController):
    """Celery's worker without what belongs to a program: signals, logging, a banner."""

    def stop_soon(self) -> None:
        """Have the worker finish what is in hand; a broker that hangs cannot hold it up."""
        connection = getattr(getattr(self, "consumer", None), "connection", None)
        if connection is not None:
            bound_open_broker_sockets(connection, _CLOSE_SECONDS)
        vars(state)["should_stop"] = 0


class _Consumer(Consumer):
    """Celery's consumer, which waits for the broker for ever and not for long at a time."""

    def ensure_connected(self, conn: Connection) -> Connection:
        """Return once connected, whatever is wrong until then: a user may be made later."""
        for pause in chain((1, 2, 3, 4), repeat(5)):
            try:
                conn.connect()
            except Exception as error:  # noqa: BLE001 - none of it is better after a restart
                reason = str(error) or type(error).__name__
                _logger.warning("broker_unavailable", reason=reason, pause=pause)
            else:
                break
            _pause(pause)
        self.first_connection_attempt = False
        return conn


def _pause(seconds: float) -> None:
    """Wait, unless told to stop: that raises what ends Celery's worker."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        state.maybe_shutdown()
        time.sleep(_LOOK_SECONDS)


def _join(threads: Sequence[threading.Thread]) -> None:
    """Wait for the threads; cut off what does not come to its end, as a kill would."""
    deadline = time.monotonic() + _GRACE_SECONDS
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    hanging = [thread for thread in threads if thread.is_alive()]
    for thread in hanging:
        frame = sys._current_frames().get(thread.ident or 0)  # noqa: SLF001 - the documented way
        _logger.error("cut_off", thread=thread.name, at="".join(traceback.format_stack(frame)))
    if hanging:
        os._exit(1)
