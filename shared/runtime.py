"""How a process of a service runs: alone in a container, or as a thread beside its siblings.

Every operating-system process answers ``/health/live``, ``/health/ready`` and ``/metrics`` on an
administrative port of its own, which the gateway never shows.
"""

import contextlib
import json
import math
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from prometheus_client import make_wsgi_app
from waitress import wasyncore
from waitress.server import create_server

from shared import garbage, log, metrics

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
_GRACE_SECONDS = 5
Check = Callable[[], None]
"""Raises when a dependency of the process's own cannot be used; the text says which and why."""


@dataclass(frozen=True)
class Process:
    """One process of a service. ``run`` returns soon after ``stop`` is set.

    ``app`` is what a web process serves, for whoever serves several of them as one.
    """

    name: str
    run: Callable[[threading.Event], None]
    checks: Mapping[str, Check] = field(default_factory=dict)
    app: WsgiApp | None = None


def serve(app: WsgiApp, host: str, port: int, stop: threading.Event, *, threads: int = 8) -> None:
    """Serve a WSGI application until ``stop`` is set; requests in hand are finished first.

    The server's own loop is turned here, one step at a time, because it has no other way to end
    between two requests.
    """
    sockets: dict[int, Any] = {}
    server: Any = create_server(
        app,
        map=sockets,
        host=host,
        port=port,
        threads=threads,
        ident=None,
        backlog=1024,
        connection_limit=1000,
        channel_timeout=60,
        asyncore_use_poll=True,
        # Whose word on addresses counts is decided where addresses are used.
        clear_untrusted_proxy_headers=False,
    )
    while not stop.is_set():
        wasyncore.loop(timeout=0.25, use_poll=True, map=sockets, count=1)
    for listener in [found for found in sockets.values() if hasattr(found, "accept_connections")]:
        wasyncore.dispatcher.close(listener)
    deadline = time.monotonic() + _GRACE_SECONDS
    while _busy(sockets) and time.monotonic() < deadline:
        wasyncore.loop(timeout=0.05, use_poll=True, map=sockets, count=1)
    server.task_dispatcher.shutdown(timeout=1)
    wasyncore.close_all(sockets)


def _busy(sockets: Mapping[int, Any]) -> bool:
    return any(
        channel.requests or channel.total_outbufs_len
        for channel in sockets.values()
        if hasattr(channel, "total_outbufs_len")
    )


def admin_app(processes: Sequence[Process]) -> WsgiApp:
    """Return the application of the administrative port."""
    metrics = make_wsgi_app()

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == "/metrics":
            answer: Iterable[bytes] = metrics(environ, start_response)
            return answer
        if path == "/health/live":
            return _answer(start_response, "200 OK", {"status": "ok"})
        if path == "/health/ready":
            problems = _problems(processes)
            status = "503 Service Unavailable" if problems else "200 OK"
            return _answer(
                start_response, status, {"status": "down" if problems else "ok", **problems}
            )
        return _answer(start_response, "404 Not Found", {"status": "not found"})

    return app


def _problems(processes: Sequence[Process]) -> dict[str, str]:
    found = {}
    for process in processes:
        for name, check in process.checks.items():
            try:
                check()
            except Exception as error:  # noqa: BLE001 - whatever is wrong makes it not ready
                found[f"{process.name}.{name}"] = str(error) or type(error).__name__
    return found


def _answer(start_response: Callable[..., Any], status: str, body: object) -> Iterable[bytes]:
    start_response(status, [("Content-Type", "application/json"), ("Cache-Control", "no-store")])
    return [json.dumps(body, ensure_ascii=False).encode()]


def run(
    service: str,
    processes: Sequence[Process],
    *,
    admin_port: int,
    admin_host: str = "127.0.0.1",
    log_level: str = "INFO",
    data_dir: Path | None = None,
    patience: float = 20.0,
) -> int:
    """Run processes as threads until SIGTERM or SIGINT; return the exit status.

    A thread that ends by itself ends the whole process with status 1, so that whoever supervises
    it starts a clean one. So does the death of the supervisor (``BANTIN_PARENT_FD``). One that has
    not ended ``patience`` seconds after it was told to is left: then the process ends at once.
    """
    log.configure(service, log_level)
    logger = log.get("runtime")
    if data_dir is not None:
        metrics.DISK_FREE.set_function(partial(_disk, data_dir, "free"))
        metrics.DISK_SIZE.set_function(partial(_disk, data_dir, "total"))
    stop = threading.Event()
    failed = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    _stop_with_parent(stop)

    def guarded(name: str, body: Callable[[threading.Event], None]) -> None:
        try:
            body(stop)
        except BaseException:
            # Nobody is above a thread: a SystemExit would end it alone, and without a word.
            logger.exception("process_failed", process=name)
        finally:
            if not stop.is_set():
                failed.set()
                stop.set()
                logger.error("process_ended_early", process=name)

    admin = Process(
        "admin", lambda s: serve(admin_app(processes), admin_host, admin_port, s, threads=2)
    )
    threads = [
        threading.Thread(target=guarded, args=(process.name, process.run), name=process.name)
        for process in (*processes, admin)
    ]
    garbage.collect_rarely()
    for thread in threads:
        thread.start()
    logger.info("started", processes=[process.name for process in processes], pid=os.getpid())
    # A signal may be delivered to another thread (it is when a tracer holds this one), and its
    # handler then runs only when this one wakes up by itself.
    while not stop.wait(1):
        pass
    deadline = time.monotonic() + patience
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    if left := [thread.name for thread in threads if thread.is_alive()]:
        logger.error("processes_left", processes=left)
        _end_at_once(1)
    logger.info("stopped")
    return 1 if failed.is_set() else 0


def _end_at_once(status: int) -> NoReturn:
    """End without Python's own farewell, which waits for every thread, however long it hangs."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(status)


def _disk(folder: Path, what: str) -> float:
    """Return a figure of the file system that a folder is or will be on; NaN if it cannot be.

    A folder directly in it may be on another one, as a volume of a container is: of several file
    systems the fullest one counts.
    """
    place = next((here for here in (folder, *folder.parents) if here.is_dir()), Path.cwd())
    try:
        inside = [one for one in folder.iterdir() if one.is_dir()] if place == folder else []
        found = [shutil.disk_usage(one) for one in (place, *inside)]
    except OSError:
        return math.nan
    return float(getattr(min(found, key=lambda one: one.free / max(one.total, 1)), what))


def _stop_with_parent(stop: threading.Event) -> None:
    """End when the supervisor's end of the pipe closes, even when it was killed."""
    fd = os.environ.get("BANTIN_PARENT_FD")
    if fd is None:
        return

    def watch() -> None:
        os.read(int(fd), 1)
        stop.set()

    threading.Thread(target=watch, daemon=True, name="parent").start()
