"""A wire to the broker on which what a consumer settles can get lost, and nothing else."""

import select
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

_PROTOCOL = 8
"""Bytes with which a client begins."""
_HEAD, _END = 7, 1
"""Bytes before a frame's payload, the last four of which say how long that is, and after it."""
_METHOD = 1
_BASIC_ACK, _BASIC_REJECT, _BASIC_NACK = (60, 80), (60, 90), (60, 120)
_SETTLING = {_BASIC_ACK, _BASIC_REJECT, _BASIC_NACK}


class AckLosingWire:
    """Forwards a loopback port of its own to the broker of a URL."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._broker = (parts.hostname, parts.port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        port = self._listener.getsockname()[1]
        self.url = url.replace(f":{parts.port}/", f":{port}/")
        self.loses = False
        """Whether what is settled gets lost on every connection that is open, to that one's end:
        what a process that was killed has still said may be read here after this is over."""
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def close(self) -> None:
        self._over.set()
        for thread in list(self._threads):
            thread.join()
        self._listener.close()

    def _accept(self) -> None:
        while not self._over.is_set():
            if not _readable(self._listener):
                continue
            client, _ = self._listener.accept()
            thread = threading.Thread(target=self._forward, args=(client,))
            self._threads.append(thread)
            thread.start()

    def _forward(self, client: socket.socket) -> None:
        with client, suppress(OSError), socket.create_connection(self._broker) as broker:
            said, loses = _Said(), False
            while not self._over.is_set():
                ready, _, _ = select.select([client, broker], [], [], 0.1)
                loses = loses or self.loses
                for end in ready:
                    data = end.recv(65536)
                    if not data:
                        return
                    if end is broker:
                        client.sendall(data)
                    else:
                        frames = said.frames(data)
                        broker.sendall(b"".join(f for f in frames if not (loses and _settles(f))))


class _Said:
    """What a client says, cut into its greeting and its frames."""

    def __init__(self) -> None:
        self._rest = b""
        self._greeted = False

    def frames(self, data: bytes) -> Iterator[bytes]:
        self._rest += data
        while size := self._size():
            frame, self._rest = self._rest[:size], self._rest[size:]
            self._greeted = True
            yield frame

    def _size(self) -> int:
        """Return the length of what is first, or 0 if it is not all there."""
        size = _PROTOCOL
        if self._greeted:
            if len(self._rest) < _HEAD:
                return 0
            size = _HEAD + int.from_bytes(self._rest[3:7], "big") + _END
        return size if len(self._rest) >= size else 0


def _settles(frame: bytes) -> bool:
    if frame[0] != _METHOD:
        return False
    method = int.from_bytes(frame[7:9], "big"), int.from_bytes(frame[9:11], "big")
    return method in _SETTLING


def _readable(sock: socket.socket) -> bool:
    return bool(select.select([sock], [], [], 0.1)[0])


@contextmanager
def ack_losing_wire(url: str) -> Iterator[AckLosingWire]:
    wire = AckLosingWire(url)
    try:
        yield wire
    finally:
        wire.close()
