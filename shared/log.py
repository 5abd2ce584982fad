"""Structured logs: one JSON object a line on standard error.

Each line has the service, and what its thread has in hand: an event (``event_id``), a request
(``request_id``).
"""

import logging
import sys

import structlog
from structlog.contextvars import bound_contextvars, get_contextvars, merge_contextvars

__all__ = ["bound_contextvars", "configure", "get", "get_contextvars"]


def configure(service: str, level: str = "INFO") -> None:
    """Set logging up once for a process; libraries' own records come out in the same form."""
    number = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    stamp = structlog.processors.TimeStamper(fmt="iso", utc=True)

    # Not a context variable: a new thread begins without any, and all work is done in threads.
    def name_service(
        _logger: object, _method: str, line: structlog.typing.EventDict
    ) -> structlog.typing.EventDict:
        line.setdefault("service", service)
        return line

    common: list[structlog.typing.Processor] = [
        merge_contextvars,
        name_service,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        stamp,
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*common, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(number),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=common,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(number)
    for chatty in ("alembic", "elastic_transport", "waitress.queue", "PIL"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def get(name: str) -> structlog.stdlib.BoundLogger:
    """Return the logger of a module."""
    logger: structlog.stdlib.BoundLogger = structlog.get_logger(name)
    return logger
