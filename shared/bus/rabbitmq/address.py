"""Where the broker is, and how it proves that it is the one."""

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

_PORTS: Final = {"amqp": 5672, "amqps": 5671}
_USE: Final = (
    "BANTIN_BUS: use amqp://user:password@host:port/vhost,"
    " or with TLS amqps://user:password@host:port/vhost[?cacertfile=file]"
)


@dataclass(frozen=True, slots=True)
class Address:
    """Where the broker is. Its text names no password."""

    host: str
    port: int
    user: str
    password: str
    vhost: str
    tls: dict[str, Any] | None = None
    """What py-amqp and Celery call ``ssl``; None without TLS."""

    def __str__(self) -> str:
        return f"{self.host}:{self.port}/{self.vhost}"

    __repr__ = __str__

    @property
    def server(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse(url: str) -> Address:
    """Read ``amqp[s]://user:password@host:port/vhost``, with TLS perhaps ``?cacertfile=file``.

    That parameter is RabbitMQ's own (https://www.rabbitmq.com/docs/uri-query-parameters) and names
    the certificates to trust instead of the system's. Raises ValueError without the URL.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme, 0)
        given = parse_qs(parts.query, strict_parsing=bool(parts.query))
    except ValueError:
        raise ValueError(_USE) from None
    secure = parts.scheme == "amqps"
    known = {"cacertfile"} if secure else set()
    if parts.scheme not in _PORTS or not parts.hostname or parts.fragment or given.keys() - known:
        raise ValueError(_USE)
    return Address(
        parts.hostname,
        port,
        unquote(parts.username or "guest"),
        unquote(parts.password or "guest"),
        unquote(parts.path[1:]) or "/",
        _tls(parts.hostname, given.get("cacertfile", [None])[-1]) if secure else None,
    )


def _tls(host: str, trusted: str | None) -> dict[str, Any]:
    """Return what makes the broker prove its name; a login is never sent before."""
    if trusted is not None and not Path(trusted).is_file():
        raise ValueError("BANTIN_BUS: there is no file as cacertfile says")
    return {
        "server_hostname": host,
        "cert_reqs": ssl.CERT_REQUIRED,
        "ca_certs": trusted,
        "tls_minimum_version": ssl.TLSVersion.TLSv1_2,
    }
