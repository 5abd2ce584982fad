"""A process with an application like every service's, and a fault in some of its answers.

``python -m tests.unit.shared.numbered_app <port>``
"""

import sys
import time
from collections.abc import Iterator

from flask import Flask, Response

from shared import http, log
from shared.runtime import Process, run, serve

_logger = log.get("app")


def build() -> Flask:
    app = Flask(__name__, static_folder=None)
    http.install(app, "sample")

    @app.get("/fine")
    def fine() -> str:
        _logger.info("seen")
        return "fine"

    @app.get("/away")
    def away() -> str:
        raise http.Problem(http.Kind.UNAVAILABLE, "Try again.") from OSError("no store")

    @app.get("/fault")
    def fault() -> str:
        raise RuntimeError("a fault of ours")

    @app.get("/parts")
    def parts() -> Response:
        return Response(_parts(3))

    @app.get("/breaks")
    def breaks() -> Response:
        return Response(_parts(-1))

    return app


def _parts(count: int) -> Iterator[bytes]:
    for number in range(abs(count)):
        time.sleep(0.05)  # so that others are served meanwhile
        _logger.info("part")
        yield str(number).encode()
    if count < 0:
        raise RuntimeError("a fault in the middle")


if __name__ == "__main__":
    port = int(sys.argv[1])
    web = Process("web", lambda stop: serve(build(), "127.0.0.1", port, stop, threads=2))
    sys.exit(run("sample", [web], admin_port=0))
