"""The way to the server: one client for each process, every call bounded, errors told apart."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

from elasticsearch import ApiError, Elasticsearch, TransportError

from shared.index import IndexUnavailable

READ_SECONDS: Final = 10.0
"""The longest that a reader waits for an answer."""
WRITE_SECONDS: Final = 60.0
"""The longest that a batch may take; then nothing is known about it, and it is written again."""
_CONNECTIONS: Final = 32
_ALIAS = re.compile(r"[a-z0-9][a-z0-9_-]{0,199}")


@dataclass(frozen=True, slots=True)
class Address:
    """Where an index is. ``ca`` is a file with the certificates to trust besides the system's."""

    host: str
    alias: str
    login: tuple[str, str] | None = None
    ca: str | None = None

    def __repr__(self) -> str:
        """Leave the password out."""
        return f"Address({self.host}/{self.alias})"

    @classmethod
    def parse(cls, url: str) -> "Address":
        """Read ``elasticsearch[+https]://[user:password@]host:port/alias[?ca=file]``.

        Raises ValueError; its text has no password in it.
        """
        parts = urlsplit(url)
        given = parse_qs(parts.query)
        alias = parts.path.strip("/")
        try:
            port = parts.port
        except ValueError:
            port = None
        if not parts.hostname or not port or not _ALIAS.fullmatch(alias) or given.keys() - {"ca"}:
            raise ValueError(
                "BANTIN_SEARCH_INDEX: use elasticsearch://[user:password@]host:port/alias; "
                "the alias has small letters, digits, - and _"
            )
        scheme = "https" if parts.scheme.endswith("+https") else "http"
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        login = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
        return cls(f"{scheme}://{host}:{port}", alias, login, given.get("ca", [None])[0])


def connect(address: Address, seconds: float) -> Elasticsearch:
    """Return a client; it connects when first used.

    It never tries again by itself: the bus does so for writes, and a reader is told at once.
    """
    options: dict[str, Any] = {"ca_certs": address.ca} if address.ca else {}
    return Elasticsearch(
        address.host,
        basic_auth=address.login,
        request_timeout=seconds,
        connections_per_node=_CONNECTIONS,
        max_retries=0,
        retry_on_timeout=False,
        **options,
    )


@contextmanager
def elastic_errors() -> Iterator[None]:
    """Turn what says nothing about the request itself into IndexUnavailable."""
    try:
        yield
    except TransportError as error:
        raise IndexUnavailable(f"Elasticsearch: {type(error).__name__}: {error}") from error
    except ApiError as error:
        if is_refusal(error.status_code):
            raise
        raise IndexUnavailable(f"Elasticsearch: {error}") from error


_NOT_ITS_FAULT: Final = (
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,  # an index set to read only, as well as a missing right
    HTTPStatus.NOT_FOUND,  # the index, not the document
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.TOO_MANY_REQUESTS,
)


def is_refusal(status: int) -> bool:
    """Tell whether a status blames what was sent, so that sending it again cannot help."""
    client_error = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
    return client_error and status not in _NOT_ITS_FAULT
