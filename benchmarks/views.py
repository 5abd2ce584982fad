"""Views accepted and counted a second, beside the same server answering without any work."""

import http.client
import json
import multiprocessing
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from uuid import uuid4

from benchmarks.common import READER, Row, both, running, until
from shared.runtime import serve
from tests.deployment import free_port


def measure(*, quick: bool) -> Iterator[Row]:
    seconds, connections = (3.0, 16) if quick else (10.0, 16)
    empty, _ = _bare_server(seconds, connections)
    with running() as (deployment, _editor):
        before = deployment.total()
        accepted, taken = _drive(deployment.port, seconds, connections)
        rate = accepted / seconds
        behind = until(lambda: deployment.total() - before >= accepted, every=0.05)
        counted = deployment.total() - before
        if counted != accepted:
            raise RuntimeError(f"{accepted} accepted, {counted} counted")
    yield Row(
        f"views accepted, {connections} connections, {seconds:.0f} s",
        f"{rate:,.0f}/s; {both(taken)}; every one counted {behind:.1f} s after the last",
        f"the same server with an empty application {empty:,.0f}/s: {rate / empty:.2f}",
    )


def _bare_server(seconds: float, connections: int) -> tuple[float, list[float]]:
    port, stop = free_port(), multiprocessing.Event()
    server = multiprocessing.Process(target=_serve_nothing, args=(port, stop))
    server.start()
    try:
        until(lambda: _answers(port))
        accepted, taken = _drive(port, seconds, connections)
    finally:
        stop.set()
        server.join()
    return accepted / seconds, taken


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status > 0
    except OSError:
        return False
    finally:
        connection.close()


def _serve_nothing(port: int, stop: Any) -> None:
    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        environ["wsgi.input"].read()
        start_response("202 Accepted", [("Content-Type", "application/json")])
        return [b"{}"]

    ended = threading.Event()

    def end() -> None:
        stop.wait()
        ended.set()

    threading.Thread(target=end, daemon=True).start()
    serve(app, "127.0.0.1", port, ended, threads=16)


def _drive(port: int, seconds: float, connections: int) -> tuple[int, list[float]]:
    """Send views over kept connections for a time; return how many were accepted, and times."""
    results: multiprocessing.Queue[list[float]] = multiprocessing.Queue()
    sender = multiprocessing.Process(target=_send, args=(port, seconds, connections, results))
    sender.start()
    taken = results.get()
    sender.join()
    return len(taken), taken


def _send(
    port: int, seconds: float, connections: int, results: "multiprocessing.Queue[list[float]]"
) -> None:
    taken: list[list[float]] = [[] for _ in range(connections)]
    until_then = time.monotonic() + seconds

    def one(times: list[float]) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        headers = {"Content-Type": "application/json", "User-Agent": READER}
        while time.monotonic() < until_then:
            body = json.dumps({"path": "/", "id": str(uuid4())})
            began = time.perf_counter()
            connection.request("POST", "/api/visits", body, headers)
            answer = connection.getresponse()
            answer.read()
            if answer.status == 202:
                times.append(time.perf_counter() - began)
        connection.close()

    threads = [threading.Thread(target=one, args=(times,)) for times in taken]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    results.put([value for times in taken for value in times])
