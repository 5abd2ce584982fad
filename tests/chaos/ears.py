"""What overhears the events of a deployment as they pass, without taking them from anybody."""

import contextlib
import sqlite3
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit
from uuid import uuid4

import amqp

_LANES = ("live", "visits")
_EXCHANGE = "bantin.events"
_AT_ONCE = 200


class Ear(Protocol):
    def heard(self) -> list[bytes]:
        """Return events that passed since the last call, not all of them at times."""
        ...

    def close(self) -> None: ...


class _Files:
    """Looks into the files of the embedded bus; what is settled between two looks is missed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen = dict.fromkeys(_LANES, 0)

    def heard(self) -> list[bytes]:
        found = []
        for lane, last in self._seen.items():
            query = "SELECT seq, body FROM messages WHERE seq > ? ORDER BY seq LIMIT 200"
            file = self._folder / f"{lane}.db"
            with (
                contextlib.suppress(sqlite3.Error),
                contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as reading,
            ):
                for number, body in reading.execute(query, (last,)).fetchall():
                    self._seen[lane] = number
                    found.append(body)
        return found

    def close(self) -> None:
        """Nothing is open between two looks."""


class _Queue:
    """Has a queue of its own beside those of the consumers; it is gone with the connection."""

    def __init__(self, url: str) -> None:
        self._url = urlsplit(url)
        self._connection: amqp.Connection | None = None
        self._name = ""

    def heard(self) -> list[bytes]:
        try:
            return self._taken()
        except (OSError, amqp.AMQPError):
            self.close()
            return []

    def _taken(self) -> list[bytes]:
        channel = self._channel()
        found: list[bytes] = []
        while len(found) < _AT_ONCE:
            message = channel.basic_get(self._name, no_ack=True)
            if message is None:
                break
            body = message.body
            found.append(body if isinstance(body, bytes) else body.encode())
        return found

    def _channel(self) -> amqp.Channel:
        if self._connection is None:
            url = self._url
            self._connection = amqp.Connection(
                host=f"{url.hostname}:{url.port}",
                userid=unquote(url.username or ""),
                password=unquote(url.password or ""),
                virtual_host=unquote(url.path.removeprefix("/")),
                connect_timeout=5,
                read_timeout=5,
                write_timeout=5,
            )
            self._connection.connect()
            channel = self._connection.channel(1)
            self._name = f"bantin.overheard.{uuid4().hex}"
            channel.queue_declare(self._name, exclusive=True)
            channel.queue_bind(self._name, _EXCHANGE, "#")
        return self._connection.channel(1)

    def close(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(OSError, amqp.AMQPError):
                self._connection.close()
            self._connection = None


def ear(bus_url: str) -> Ear:
    """Return what overhears the bus at this address."""
    if bus_url.startswith("sqlite://"):
        return _Files(Path(bus_url.removeprefix("sqlite://")))
    return _Queue(bus_url)
