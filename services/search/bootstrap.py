"""Composition root of the search service. Importing it opens nothing."""

from flask import Flask

from services.search import api
from services.search.ranking import WEIGHTS
from services.search.settings import Settings
from shared.index import Engine, open_engine
from shared.runtime import Process, serve

_THREADS = 16


def build_app(settings: Settings | None = None, *, engine: Engine | None = None) -> Flask:
    """Return the application; the index need not have been written yet."""
    settings = settings or Settings()
    engine = engine or open_engine(settings.search_index_url, WEIGHTS)
    return api.build(engine, site_name=settings.site_name, public_url=settings.public_url)


def build_web(settings: Settings, *, engine: Engine | None = None) -> Process:
    """Return the application with a server of its own."""
    engine = engine or open_engine(settings.search_index_url, WEIGHTS)
    app = build_app(settings, engine=engine)
    host, port = settings.search_host, settings.search_port
    return Process(
        "web",
        lambda stop: serve(app, host, port, stop, threads=_THREADS),
        {"index": engine.check},
        app,
    )


def processes(settings: Settings) -> list[Process]:
    """Return every background process of the service: it has none."""
    del settings
    return []
