"""The front door: every service's web application in one process, chosen by path."""

import importlib
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from deploy.embedded.settings import EmbeddedSettings
from shared.runtime import Check, Process, WsgiApp, serve

ROUTES: Final = (
    ("/v1/", "ingest"),
    ("/docs", "ingest"),
    ("/media/", "ingest"),
    ("/api/search", "search"),
    ("/api/suggest", "search"),
    ("/tim-kiem", "search"),
    ("/api/visits", "visits"),
)
"""Which service answers a path; what matches none of these is a page of the site."""


def service_for(path: str) -> str:
    """Return the service that answers ``path``."""
    for prefix, service in ROUTES:
        if path.startswith(prefix):
            return service
    return "render"


def dispatch(apps: Mapping[str, WsgiApp]) -> WsgiApp:
    """Return one application that hands each request, unchanged, to its service's."""

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        return apps[service_for(environ.get("PATH_INFO", ""))](environ, start_response)

    return app


def build(settings: EmbeddedSettings) -> Process:
    """Return the front process; each service builds its own application."""
    apps: dict[str, WsgiApp] = {}
    checks: dict[str, Check] = {}
    for service in ("ingest", "search", "visits", "render"):
        bootstrap = importlib.import_module(f"services.{service}.bootstrap")
        apps[service] = bootstrap.build_app()
    app = dispatch(apps)

    def run(stop: threading.Event) -> None:
        serve(app, settings.host, settings.port, stop, threads=settings.front_threads)

    return Process("front", run, checks)
