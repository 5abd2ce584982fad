"""One connection to the broker, looked after by a thread of its own.

That thread alone touches the library's connection once it runs: it sends heartbeats however long
a handler works, notices at once that the broker closed, and runs what others ask for.
"""

import contextlib
import heapq
import itertools
import os
import select
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import Any, Final, TypeVar

from amqp.exceptions import AMQPError

from shared.bus import BusUnavailable
from shared.bus.rabbitmq.address import Address
from shared.bus.rabbitmq.wire import Amqp, Timeouts, Transport, readable

_T = TypeVar("_T")
_TRIES_A_BEAT: Final = 4
"""Looks at the heartbeats in the time of one."""
_MARGIN: Final = 5.0
"""Seconds beyond the thread's own bounds after which a caller gives the connection up."""
TROUBLE: Final = (AMQPError, OSError)
"""What the library raises when a connection or channel is no good any more."""


class Link:
    """A connection from its opening to its end; ``failure`` then says what it died of."""

    def __init__(self, address: Address, timeouts: Timeouts, purpose: str) -> None:
        """Connect. Raises BusUnavailable."""
        self.timeouts = timeouts
        self.failure: str | None = None
        self.blocked_since: float | None = None
        """When (``time.monotonic``) the broker told us to stop publishing; None if it did not."""
        self.lost: list[Callable[[str], None]] = []
        """Called by the thread, once, when the connection has ended in whatever way."""
        self.each_round: list[Callable[[], None]] = []
        """Called by the thread each time it has read and done what there was."""
        self.pid = os.getpid()
        self.opened = time.monotonic()
        self._address = address
        self._orders: deque[tuple[Callable[[], object], Callable[[Exception], object]]] = deque()
        self._later: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._ordering = threading.Lock()
        self._stopping = False
        self._ear, self._mouth = socket.socketpair()
        self._mouth.settimeout(0)
        self._thread = threading.Thread(target=self._run, name=f"bus-{purpose}", daemon=True)
        self.amqp: Any = self._connect(purpose)  # its stubs leave out much of what we use

    @property
    def transport(self) -> Transport:
        transport: Transport = self.amqp.transport
        return transport

    @property
    def alive(self) -> bool:
        return self.failure is None and not self._stopping

    def prepare(self, work: Callable[[], _T]) -> _T:
        """Run something before the thread starts, within the bounds of one operation each."""
        try:
            return work()
        except BusUnavailable:
            self._end("could not be prepared")
            raise
        except TROUBLE as error:
            self._end(str(error))
            raise BusUnavailable(f"{self._address}: {told(error)}") from error
        except BaseException as error:
            self._end(repr(error))
            raise

    def start(self) -> None:
        self._thread.start()

    def call(self, work: Callable[[], _T]) -> _T:
        """Let the thread do something and return the result. Raises BusUnavailable."""
        future: Future[_T] = Future()

        def fulfil() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                result = work()
            except BaseException as error:
                future.set_exception(self._translated(error))
                raise
            future.set_result(result)

        self.post(fulfil, lambda _: future.cancel())
        try:
            return future.result(self.timeouts.operation + _MARGIN)
        except CancelledError:
            raise self.unavailable() from None
        except FutureTimeoutError:
            self.drop("an operation took too long")
            raise BusUnavailable(f"{self._address}: an operation took too long") from None

    def post(self, work: Callable[[], object], dropped: Callable[[Exception], object]) -> None:
        """Let the thread do something soon; ``dropped`` is called if it ends before that.

        Raises BusUnavailable if the connection is gone already.
        """
        with self._ordering:
            if not self.alive:
                raise self.unavailable()
            self._orders.append((work, dropped))
        self._wake()

    def at(self, when: float, work: Callable[[], None]) -> None:
        """Do something at a time (``time.monotonic``). Only the thread itself may ask for it."""
        heapq.heappush(self._later, (when, next(self._numbers), work))

    def patience(self) -> None:
        """Begin the time in which the next answer of the broker must come."""
        self.transport.deadline = time.monotonic() + self.timeouts.operation

    def drop(self, reason: str) -> None:
        """Cut the connection; whatever is under way on it fails. Safe from any thread."""
        if self.failure is None:
            self.failure = reason
        sock = self.amqp._transport and self.amqp._transport.sock  # noqa: SLF001 - the property connects
        if sock:
            with contextlib.suppress(OSError):
                # The socket's own: that of TLS would take its state away from under the thread.
                socket.socket.shutdown(sock, socket.SHUT_RDWR)
        self._wake()

    def close(self) -> None:
        """End the connection in order, as far as the broker answers."""
        self._stopping = True
        self._wake()
        if self._thread.ident is None or self.pid != os.getpid():
            self._end("closed")
        else:
            self._thread.join(2 * self.timeouts.operation + _MARGIN)

    def unavailable(self) -> BusUnavailable:
        return BusUnavailable(f"{self._address}: {self.failure or 'the connection was closed'}")

    def _connect(self, purpose: str) -> Any:
        timeouts, address = self.timeouts, self._address
        options: dict[str, Any] = {
            "socket_settings": {socket.TCP_USER_TIMEOUT: int(timeouts.operation * 1000)}
        }
        connection = Amqp(
            address.server,
            userid=address.user,
            password=address.password,
            login_method="PLAIN",
            virtual_host=address.vhost,
            ssl=address.tls or False,
            connect_timeout=timeouts.connect,
            read_timeout=timeouts.operation,
            write_timeout=timeouts.operation,
            heartbeat=timeouts.heartbeat,
            client_properties={"connection_name": f"bantin {purpose} {os.getpid()}"},
            **options,
            on_blocked=self._blocked,
            on_unblocked=self._unblocked,
        )
        try:
            connection.connect()
        except (*TROUBLE, AttributeError, TypeError) as error:
            # The library raises the last two when the connection ends in the middle of its words.
            connection.collect()
            self._ear.close()
            self._mouth.close()
            raise BusUnavailable(f"{address}: {told(error)}") from error
        return connection

    def _blocked(self, _: str) -> None:
        self.blocked_since = time.monotonic()

    def _unblocked(self) -> None:
        self.blocked_since = None

    def _wake(self) -> None:
        # A full pipe wakes as well; a closed one has nobody to wake.
        with contextlib.suppress(OSError):
            self._mouth.send(b"\0")

    def _run(self) -> None:
        reason = "closed"
        try:
            poll = select.poll()
            poll.register(self.amqp.sock, select.POLLIN)
            poll.register(self._ear, select.POLLIN)
            beat = self.timeouts.heartbeat / _TRIES_A_BEAT
            next_beat = 0.0
            while self.failure is None:
                ready = poll.poll(self._rest(next_beat) * 1000)
                if any(fd == self._ear.fileno() for fd, _ in ready):
                    self._ear.recv(4096)
                self._obey()
                self._read()
                self._do_what_is_due()
                for callback in self.each_round:
                    callback()
                if time.monotonic() >= next_beat:
                    self.amqp.heartbeat_tick()
                    next_beat = time.monotonic() + beat
                if self._stopping and not self._orders:
                    break
        except BusUnavailable as error:
            reason = str(error)
        except TROUBLE as error:
            reason = told(error)
        except Exception as error:  # noqa: BLE001 - whatever it is, callers must not wait for ever
            reason = repr(error)
        self._end(self.failure or reason)

    def _rest(self, next_beat: float) -> float:
        if self._orders or self.transport.has_frame():
            return 0.0
        until = min(next_beat, self._later[0][0]) if self._later else next_beat
        return max(0.0, until - time.monotonic())

    def _obey(self) -> None:
        # Not what is ordered meanwhile: between two pieces of a large order there is a read.
        for _ in range(len(self._orders)):
            work, _ = self._orders.popleft()
            self.patience()
            work()

    def _read(self) -> None:
        # Looked at again: what was done in between may have read it all.
        if not self.transport.has_frame() and not readable(self.amqp.sock, 0):
            return
        self.patience()
        self.amqp.take_in()

    def _do_what_is_due(self) -> None:
        while self._later and self._later[0][0] <= time.monotonic():
            _, _, work = heapq.heappop(self._later)
            self.patience()
            work()

    def _end(self, reason: str) -> None:
        if self.failure is None and self._stopping and self.blocked_since is None:
            self.patience()
            # A blocked broker would not read our goodbye.
            with contextlib.suppress(*TROUBLE, AttributeError, TypeError):
                self.amqp.close()
        self.failure = self.failure or reason
        with contextlib.suppress(*TROUBLE):
            self.amqp.collect()
        self._mouth.close()
        self._ear.close()
        for callback in self.lost:
            callback(self.failure)
        with self._ordering:  # from here on nobody can add to them
            orders, self._orders = self._orders, deque()
        for _, dropped in orders:
            dropped(self.unavailable())

    def _translated(self, error: BaseException) -> BaseException:
        if isinstance(error, TROUBLE):
            return BusUnavailable(f"{self._address}: {told(error)}")
        return error


def told(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__
