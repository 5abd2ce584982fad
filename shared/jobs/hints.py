"""Celery as the sender and receiver of hints: one exchange, one queue, nothing kept.

Celery reads nothing from the environment here, keeps no results, writes no file, and sends no
message but the hints: no events, gossip or remote control.
"""

import os
import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from celery import Celery
from celery.beat import Scheduler
from celery.utils.threads import bound_open_broker_sockets  # type: ignore[attr-defined]
from kombu import Connection, Exchange, Queue

from shared import log
from shared.bus.rabbitmq.address import parse
from shared.jobs.duty import Duty

CONNECT_SECONDS: Final = 5
_CONFIRM_SECONDS: Final = 5
_CLOSE_SECONDS: Final = 1
_HEARTBEAT_SECONDS: Final = 10
"""A broker that is silent for twice as long is taken for gone."""
_TRANSIENT: Final = 1
_LONGEST_SLEEP: Final = 1.0
_logger = log.get("jobs.hints")


@dataclass
class Pulse:
    """What is known of the way from the sender through the broker to the receiver.

    Moments are of ``time.monotonic``. Written by one thread each, read by others.
    """

    ticked: float = field(default_factory=time.monotonic)
    """When the sender last looked at its schedule."""
    heard: float | None = None
    """When a hint last arrived."""
    unheard: float | None = None
    """When the broker confirmed the first hint since then."""
    trouble: str | None = None
    """Why the last hint could not be sent."""


def application(
    service: str, duties: Sequence[Duty], url: str, pulse: Pulse, stop: threading.Event
) -> Celery:
    """Return the Celery application of a service, with a task for each of its jobs."""
    for name in [name for name in os.environ if name.startswith("CELERY_")]:
        del os.environ[name]  # they would come before what is given here
    queue = _queue(service)
    app = Celery(
        queue.name, loader="app", fixups=[], set_as_current=False, changes=_settings(url, queue)
    )
    for duty in duties:
        app.task(name=duty.name, ignore_result=True)(_follower(duty, pulse, stop))
    app.finalize()
    app.set_default()  # in every thread: Celery looks for its application there
    return app


def _queue(service: str) -> Queue:
    """Return the queue of a service's hints: classic, for what may be lost needs no replicas."""
    name = f"bantin.jobs.{service}"
    return Queue(
        name,
        Exchange(name, "direct", durable=True, delivery_mode=_TRANSIENT),
        routing_key=name,
        durable=True,
        queue_arguments={"x-queue-type": "classic"},
    )


def _settings(url: str, queue: Queue) -> dict[str, Any]:
    return {
        "broker_url": url.partition("?")[0],
        "broker_use_ssl": parse(url).tls or False,
        "broker_connection_timeout": CONNECT_SECONDS,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_heartbeat": _HEARTBEAT_SECONDS,
        "broker_pool_limit": 0,
        "task_queues": [queue],
        "task_default_queue": queue.name,
        "task_default_exchange": queue.name,
        "task_default_routing_key": queue.name,
        "task_create_missing_queues": False,
        "task_serializer": "json",
        "accept_content": ["json"],
        "result_backend": None,
        "result_accept_content": ["json"],
        "task_ignore_result": True,
        "task_store_errors_even_if_ignored": False,
        # Acknowledged before the work: the hint of a worker that dies is gone, the next is due.
        "task_acks_late": False,
        "task_publish_retry": False,
        "worker_prefetch_multiplier": 1,
        "worker_enable_prefetch_count_reduction": False,
        "worker_cancel_long_running_tasks_on_connection_loss": True,
        "worker_enable_remote_control": False,
        "worker_send_task_events": False,
        "task_send_sent_event": False,
        "worker_hijack_root_logger": False,
        "worker_redirect_stdouts": False,
        "enable_utc": True,
        "timezone": "UTC",
    }


def _follower(duty: Duty, pulse: Pulse, stop: threading.Event) -> Callable[[], None]:
    def follow() -> None:
        pulse.heard, pulse.unheard = time.monotonic(), None
        duty.hint(stop)

    return follow


class Beat(Scheduler):
    """Celery's beat with a schedule in memory, by a clock that nobody sets back.

    A hint is sent once, confirmed by the broker and forgotten by it when it is old. If that
    fails, the connection is given up and the next hint tries a new one.
    """

    def __init__(
        self, app: Celery, *, duties: Sequence[Duty], pulse: Pulse, **options: Any
    ) -> None:
        self._next: dict[str, float] = {duty.name: 0.0 for duty in duties}
        self._every: Mapping[str, float] = {duty.name: duty.every_hint for duty in duties}
        self._pulse = pulse
        self._link: Connection | None = None
        super().__init__(app, **options)

    def setup_schedule(self) -> None:
        """Take no entries: the schedule is the jobs' own."""

    def tick(self, *_: Any, **__: Any) -> float:
        """Send what is due; return the seconds until the next."""
        self._pulse.ticked = now = time.monotonic()
        due = [name for name, moment in self._next.items() if moment <= now]
        # The broker gives them to its workers in turn: in one order, each would get the same jobs.
        random.shuffle(due)
        self._next |= {name: now + self._every[name] for name in due}
        for name in due:
            if not self._send(name):
                break  # one failure is enough to wait for
        return max(0.0, min(_LONGEST_SLEEP, min(self._next.values()) - time.monotonic()))

    def _send(self, name: str) -> bool:
        queue = self.app.conf.task_default_queue
        try:
            if self._link is None:
                self._link = self.app.connection_for_write(
                    heartbeat=0,
                    transport_options={"confirm_publish": True, "write_timeout": _CONFIRM_SECONDS},
                )
            task: Any = self.app.tasks[name]
            task.apply_async(
                producer=self.app.amqp.Producer(self._link, auto_declare=False),
                exchange=queue,
                routing_key=queue,
                delivery_mode=_TRANSIENT,
                expiration=max(1.0, 2 * self._every[name]),
                confirm_timeout=_CONFIRM_SECONDS,
                retry=False,
            )
        except Exception as error:  # noqa: BLE001 - whatever it is, the next hint tries anew
            self._give_up(error)
            return False
        if self._pulse.unheard is None:
            self._pulse.unheard = time.monotonic()
        self._pulse.trouble = None
        return True

    def _give_up(self, error: Exception) -> None:
        reason = f"no hint can be sent: {str(error) or type(error).__name__}"
        if reason != self._pulse.trouble:
            _logger.warning("hint_failed", reason=reason)
        self._pulse.trouble = reason
        link, self._link = self._link, None
        if link is not None:
            link.collect()  # without a word: a broker that hangs would not answer

    def close(self) -> None:
        """Take leave of the broker, for a moment at most."""
        link, self._link = self._link, None
        if link is not None:
            bound_open_broker_sockets(link, _CLOSE_SECONDS)
            with suppress(Exception):
                link.release()
