"""py-amqp's connection with what it lacks for us: bounded waits, and many frames in one call.

The library reads three small pieces from the socket for each frame and writes once for each
method; here reads take what is there and writes can be held back and sent together.
"""

import select
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from socket import socket
from ssl import SSLWantReadError, SSLWantWriteError, create_default_context
from struct import Struct
from typing import Any, cast

import amqp
from amqp.transport import TCPTransport

_CHUNK = 256 * 1024
"""Bytes asked for in one read, and after which held-back frames are written all the same."""
_HEAD = Struct(">BHI")
"""A frame begins with its type, channel and size (AMQP 0-9-1, 4.2.3)."""
_FRAME_END = 0xCE
_FRAME_OVERHEAD = _HEAD.size + 1
Frame = tuple[int, int, bytes]
"""Type, channel and payload."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Bounds in seconds. None of them ever means «wait for ever»."""

    connect: float = 5.0
    """For the TCP connection, and again for the handshake."""
    operation: float = 10.0
    """For one answer of the broker, one write, or the rest of a frame that has begun."""
    confirm: float = 10.0
    """Between two confirms of one publication; then its connection is dropped."""
    blocked: float = 3.0
    """That a publisher waits while the broker is in a memory or disk alarm, from its beginning."""
    census: float = 2.0
    """That the consumers of other processes have to say what they hold."""
    heartbeat: int = 10
    """Whole seconds between signs of life; after two missed ones a connection is dead."""
    first_pause: float = 0.1
    """Before the second attempt to connect; doubled for each one, up to ``longest_pause``."""
    longest_pause: float = 5.0


class Transport(TCPTransport):
    """A socket of which no read and no write lasts for ever."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.deadline = 0.0
        """When (``time.monotonic``) a frame that is being waited for must have come."""
        self._inbox = b""
        self._position = 0
        self._outbox: list[bytes] = []
        self._together = False
        self._held_back = 0

    def next_frame(self) -> Frame | None:
        """Return the next frame, if all of it has been read from the socket already."""
        inbox, start = self._inbox, self._position
        if len(inbox) - start < _FRAME_OVERHEAD:
            return None
        kind, channel, size = _HEAD.unpack_from(inbox, start)
        end = start + _HEAD.size + size
        if end >= len(inbox):
            return None
        if inbox[end] != _FRAME_END:
            raise ConnectionResetError("the broker sent something that is no frame")
        self._position = end + 1
        return kind, channel, inbox[start + _HEAD.size : end]

    def has_frame(self) -> bool:
        """Tell whether there is a next frame."""
        start, there = self._position, len(self._inbox) - self._position
        if there < _FRAME_OVERHEAD:
            return False
        size: int = _HEAD.unpack_from(self._inbox, start)[2]
        return there >= size + _FRAME_OVERHEAD

    def read_frame(self, unpack: object = None) -> Frame:  # noqa: ARG002 - the library's signature
        """Return the next frame. Raises OSError, TimeoutError at the deadline."""
        while (frame := self.next_frame()) is None:
            left = self.deadline - time.monotonic()
            if left <= 0 or not readable(self.sock, left):
                raise TimeoutError("the broker does not answer")
            chunk = self._received()
            if chunk is None:
                continue
            if not chunk:
                raise ConnectionResetError("the broker closed the connection")
            self._inbox = self._inbox[self._position :] + chunk
            self._position = 0
        return frame

    def _received(self) -> bytes | None:
        """Return what has come; nothing at the end, None where there was nothing for us in it."""
        return cast("socket", self.sock).recv(_CHUNK)

    def write(self, data: Any) -> None:
        if self._together:
            self.add([bytes(data)])  # the library uses its buffer again
        else:
            super().write(data)

    def add(self, frames: Sequence[bytes]) -> None:
        """Send whole frames; inside ``together``, in one call with others."""
        self._outbox += frames
        self._held_back += sum(map(len, frames))
        if not self._together or self._held_back >= _CHUNK:
            self._flush()

    @contextmanager
    def together(self) -> Iterator[None]:
        """Write what is sent inside in as few calls as possible."""
        self._together = True
        try:
            yield
            self._flush()
        finally:
            self._together, self._outbox, self._held_back = False, [], 0

    def _flush(self) -> None:
        data, self._outbox, self._held_back = b"".join(self._outbox), [], 0
        if data:
            super().write(data)


class Secure(Transport):
    """The same over TLS; the broker proves its name before anything is said to it.

    A read asks for more than a record has, so that nothing waits where poll() does not see it.
    """

    def __init__(self, host: str, *, tls: Mapping[str, Any], **named: Any) -> None:
        super().__init__(host, **named)
        self._tls = tls

    def _setup_transport(self) -> None:
        context = create_default_context(cafile=self._tls["ca_certs"])
        context.minimum_version = self._tls["tls_minimum_version"]
        self.sock = context.wrap_socket(
            cast("socket", self.sock),
            server_hostname=self._tls["server_hostname"],
            do_handshake_on_connect=False,
        )
        self.sock.settimeout(self.connect_timeout)
        self.sock.do_handshake()
        self.sock.settimeout(self.write_timeout)
        super()._setup_transport()  # type: ignore[misc]  # the stubs leave it out

    def _received(self) -> bytes | None:
        sock = cast("socket", self.sock)
        sock.settimeout(0)
        try:
            return sock.recv(_CHUNK)
        except (SSLWantReadError, SSLWantWriteError):
            return None  # the protocol's own business
        finally:
            sock.settimeout(self.write_timeout)


class Amqp(amqp.Connection):
    """The library's connection over our transport."""

    def Transport(  # noqa: N802 - the library's name
        self, host: str, connect_timeout: float | None, *_: Any, **named: Any
    ) -> Any:
        """Return the transport; called by the library with its own arguments."""
        named |= {"read_timeout": self.read_timeout, "write_timeout": self.write_timeout}
        named["connect_timeout"] = connect_timeout
        tls: Any = self.ssl
        transport = Secure(host, tls=tls, **named) if tls else Transport(host, **named)
        transport.deadline = time.monotonic() + (connect_timeout or 0.0)
        return transport

    def take_in(self) -> None:
        """Work off the frames that have come; wait for one. Raises what ``read_frame`` does.

        ``blocking_read`` sets the socket's timeout around each frame, which ours does not use.
        """
        transport: Transport = self.transport
        frame: Frame | None = transport.read_frame()
        while frame is not None:
            self.on_inbound_frame(frame)
            frame = transport.next_frame()


def readable(sock: Any, seconds: float) -> bool:
    """Wait until a socket has something to read; select() could not take a high descriptor."""
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(max(0.0, seconds) * 1000))


def body_of(message: Any) -> bytes:
    """Return a message's body; of an empty one the library makes a text."""
    body = message.body
    return body if isinstance(body, bytes) else b""
