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

WEB_PROCESSES: Final = {
    "ingest": "build_api",
    "search": "build_web",
    "visits": "build_collector",
    "render": "build_web",
}
"""The builder of each service's web process, in its composition root."""


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
    """Return the front process: every service's web process, its server left aside."""
    apps: dict[str, WsgiApp] = {}
    checks: dict[str, Check] = {}
    for service, builder in WEB_PROCESSES.items():
        bootstrap = importlib.import_module(f"services.{service}.bootstrap")
        service_settings = importlib.import_module(f"services.{service}.settings").Settings()
        web: Process = getattr(bootstrap, builder)(service_settings)
        if web.app is None:
            raise TypeError(f"{service}: {builder} has no application")
        apps[service] = web.app
        checks |= {f"{service}.{name}": check for name, check in web.checks.items()}
    app = dispatch(apps)

    def run(stop: threading.Event) -> None:
        serve(app, settings.host, settings.port, stop, threads=settings.front_threads)

    return Process("front", run, checks)
