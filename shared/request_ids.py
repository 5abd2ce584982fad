"""A number for each request, so that every line logged while it is served can be found by it.

The gateway gives the number and tells it to the client and in its own log; who calls without one
gets one here. It is the field ``request_id`` of the lines and ``X-Request-Id`` of the answer.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final
from uuid import uuid4

from shared import log
from shared.runtime import WsgiApp

HEADER: Final = "X-Request-Id"
_FIELD: Final = "request_id"
_GIVEN: Final = "HTTP_X_REQUEST_ID"
_TAKEN: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{7,63}", re.ASCII)
"""What is taken from outside; anything else may be a forged line of the log, or a page of text."""


def current() -> str | None:
    """Return the number of the request that this thread serves; none outside of one."""
    found: str | None = log.get_contextvars().get(_FIELD)
    return found


class Numbered:
    """A WSGI application each of whose requests has its number, to the last byte of the answer."""

    def __init__(self, app: WsgiApp) -> None:
        self._app = app

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        given = environ.get(_GIVEN, "")
        number = given if _TAKEN.fullmatch(given) else uuid4().hex

        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            kept = [one for one in headers if one[0].lower() != HEADER.lower()]
            return start_response(status, [*kept, (HEADER, number)], *error)

        with _serving(number):
            answer = self._app(environ, start)
        whole_file = environ.get("wsgi.file_wrapper")
        if isinstance(whole_file, type) and isinstance(answer, whole_file):
            return answer  # the server sends it by itself, which it can only as it is
        return _Answer(answer, number)


class _Answer:
    """The parts of an answer, each made while the number is there.

    Between two parts the thread is nobody's: a server may serve another request on it.
    """

    def __init__(self, answer: Iterable[bytes], number: str) -> None:
        self._answer = answer
        self._parts = iter(answer)
        self._number = number

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        with _serving(self._number):
            return next(self._parts)

    def close(self) -> None:
        close = getattr(self._answer, "close", None)
        if close is not None:
            with _serving(self._number):
                close()


@contextmanager
def _serving(number: str) -> Iterator[None]:
    """Name the request in every line; an error that the server itself will log names it too."""
    with log.bound_contextvars(**{_FIELD: number}):
        try:
            yield
        except StopIteration:
            raise
        except Exception as error:
            error.add_note(f"{_FIELD}: {number}")
            raise
