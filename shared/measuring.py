"""Figures of a service's own store, read by a thread of its own and shown as metrics.

So they stay true while a loop hangs or has nothing to do, and a store that does not answer holds
up no scrape. Every process that has the store shows the same figures: take their maximum.
"""

import math
import threading
from collections.abc import Callable, Iterable, Mapping

from prometheus_client import Gauge

from shared import log
from shared.runtime import Process

EVERY_SECONDS = 10.0
_logger = log.get("measuring")


def measuring(
    name: str,
    gauge: Gauge,
    labels: Iterable[tuple[str, ...]],
    read: Callable[[], Mapping[tuple[str, ...], float]],
    *,
    every: float = EVERY_SECONDS,
) -> Process:
    """Return a process that shows what ``read`` returns, by label values; 0 for what it leaves out.

    While ``read`` raises, whatever it is, the figures are NaN: no value is better than an old one.
    """
    known = list(labels)

    def run(stop: threading.Event) -> None:
        while True:
            _show(name, gauge, known, read)
            if stop.wait(every):
                return

    return Process(f"measuring-{name}", run)


def _show(
    name: str,
    gauge: Gauge,
    labels: Iterable[tuple[str, ...]],
    read: Callable[[], Mapping[tuple[str, ...], float]],
) -> None:
    try:
        found = read()
    except Exception as error:  # noqa: BLE001 - a figure less must never end a process
        _logger.debug("not_measured", figure=name, reason=str(error))
        found = dict.fromkeys(labels, math.nan)
    for values in labels:
        gauge.labels(*values).set(found.get(values, 0.0))
