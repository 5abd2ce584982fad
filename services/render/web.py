"""The site over HTTP: its files where this process serves them, and what is no file.

What is no file: 301 from a former address, 410 where an article was taken back, the day box's
answer, and a page that says so where there is nothing.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from flask import Flask, Response, request

from services.render import paths
from services.render.pages import Link, Pages, day_label, month_news
from services.render.paths import Kind, Page
from services.render.reader import Reader, Resident
from services.render.state import body_of
from services.render.webfiles import conditional, found_file
from shared import http, log
from shared.contracts.events import ArticlePublished, ArticleUnpublished, UnpublishType
from shared.database import UNAVAILABLE, Database
from shared.http import Problem
from shared.i18n import text

_logger = log.get("render.web")
LONGEST: Final = 2000
"""Characters of an address; what is longer is nobody's."""
_HOPS = 5
_HTML_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; img-src 'self'; style-src 'self'; "
    "script-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True, slots=True)
class Site:
    """What answers need. ``files`` is None where another server serves them."""

    database: Database
    pages: Pages
    files: Path | None


def build(site: Site) -> Flask:
    """Return the application; it answers every path that no other service has."""
    app = Flask("services.render", static_folder=None)
    app.url_map.merge_slashes = False
    http.install(app, "render")

    for kind in UNAVAILABLE:
        app.register_error_handler(kind, _unavailable)

    @app.get("/", defaults={"_path": ""})
    @app.get("/<path:_path>")
    def page(_path: str) -> Response:
        response = _answer(site)
        if response.mimetype == "text/html":
            response.headers.update(_HTML_HEADERS)
        return response

    return app


def _unavailable(error: Exception) -> Response:
    _logger.error("database_unavailable", reason=str(error))
    detail = "The page cannot be looked up now; please try again."
    return Problem(http.Kind.UNAVAILABLE, detail, headers={"Retry-After": "5"}).response()


def _answer(site: Site) -> Response:
    path = _requested()
    if path is None:
        return _missing(site)
    served = _formerly_home(site, path) or _served(site, path)
    if served is not None:
        return served
    if path in ("/ngay/", "/ngay"):
        return _chosen_day(site)
    with site.database.read() as connection:
        reader = Reader(connection)
        resident = _resident(reader, path)
        if resident is not None:
            return _for_article(site, reader, resident, path)
        page = paths.parse(path) or paths.parse(f"{path}/")
        if page is not None and page.kind in (Kind.DAY, Kind.MONTH):
            return _no_news(site, reader, page)
    return _missing(site)


def _formerly_home(site: Site, path: str) -> Response | None:
    """Return the way to an article that its old portal had at ``/?id=5``, if it was one."""
    if path != paths.HOME or not request.query_string:
        return None
    with suppress(*UNAVAILABLE), site.database.read() as connection:
        reader = Reader(connection)
        resident = reader.formerly_at(paths.address_of(path, _query()))
        if resident is not None:
            return _for_article(site, reader, resident, path)
    return None  # today's home is for everybody else, and while the database is away


def _served(site: Site, path: str) -> Response | None:
    """Return the file of this address; or the way to it, where only the last slash is missing."""
    if site.files is None:
        return None
    file = found_file(site.files, path)
    if file is not None:
        return conditional(file, path)
    if not path.endswith("/") and found_file(site.files, f"{path}/") is not None:
        query = request.query_string.decode("latin-1")
        return _redirect(f"{path}/?{query}" if query else f"{path}/", 308)
    return None


def _requested() -> str | None:
    """Return the path asked for, as text; None if it cannot be any page's."""
    raw: str = request.environ.get("PATH_INFO", "")
    try:
        path = raw.encode("latin-1").decode()
    except UnicodeError:
        return None
    if len(path) > LONGEST or not path.startswith("/") or paths.CONTROLS.search(path):
        return None
    return path


def _resident(reader: Reader, path: str) -> Resident | None:
    """Return whose address this is: with its query string, as old portals had them, or without."""
    asked = [paths.address_of(path, _query()), paths.address_of(path)]
    if not path.endswith("/"):
        asked.append(paths.address_of(f"{path}/"))
    return next((found for one in asked if (found := reader.formerly_at(one))), None)


def _query() -> str:
    return request.query_string.decode("utf-8", "replace")[:LONGEST]


def _for_article(site: Site, reader: Reader, resident: Resident, path: str) -> Response:
    for _ in range(_HOPS):
        data = resident.data
        if body_of(data) is not None:
            if resident.url != path:
                return _redirect(resident.url, 301)
            return _not_yet(site, reader)
        location = _location(data)
        if location is None:
            return _gone(site, reader, getattr(data, "explanation", None))
        following = reader.formerly_at(paths.address(location)) if _is_ours(location) else None
        if following is None:
            return _redirect(location, 301)
        resident = following
    return _gone(site, reader, None)


def _location(data: ArticlePublished | ArticleUnpublished) -> str | None:
    """Return where readers are sent instead, if anywhere."""
    if isinstance(data, ArticlePublished) or data.unpublish_type is not UnpublishType.REDIRECT:
        return None
    location = data.location or ""
    return location if location.isprintable() and location.strip() else None


def _is_ours(location: str) -> bool:
    return not urlsplit(location).netloc


def _chosen_day(site: Site) -> Response:
    day = request.args.get("d", "")[:20].strip()
    if paths.is_day(day):
        return _redirect(paths.day(day), 303)
    with site.database.read() as connection:
        newest = Reader(connection).newest(1)
    if not newest:
        return _missing(site)
    return _redirect(paths.month(newest[0].moment.date().isoformat()[:7]), 303)


def _no_news(site: Site, reader: Reader, page: Page) -> Response:
    month = page.when[:7]
    months = [month] if reader.days_of(month) else [m for m in reader.around_month(month) if m]
    links = [Link(paths.month(m), month_news(m)) for m in months]
    heading = day_label(page.when) if page.kind is Kind.DAY else month_news(month)
    said = (
        text("There is no news of this day.")
        if page.kind is Kind.DAY
        else text("There is no news of this month.")
    )
    return _message(site, reader, 404, heading, said, links=links)


def _missing(site: Site) -> Response:
    with site.database.read() as connection:
        return _message(
            site,
            Reader(connection),
            404,
            text("Page not found"),
            text("The address may be mistyped, or the page may have moved. Try a search."),
            links=[_home()],
        )


def _gone(site: Site, reader: Reader, explanation: str | None) -> Response:
    heading = text("This article has been taken down")
    said = text("It is no longer published here.")
    return _message(site, reader, 410, heading, said, explanation=explanation, links=[_home()])


def _not_yet(site: Site, reader: Reader) -> Response:
    """Answer for a page whose article is known and whose file is about to be written."""
    heading = text("The page is being prepared")
    said = text("Please load it again in a moment.")
    response = _message(site, reader, 503, heading, said)
    response.headers["Retry-After"] = "2"
    return response


def _home() -> Link:
    return Link(paths.HOME, text("Home"))


def _message(
    site: Site,
    reader: Reader,
    status: int,
    heading: str,
    said: str,
    *,
    explanation: str | None = None,
    links: Sequence[Link] = (),
) -> Response:
    content = site.pages.message(
        reader.sections(), heading, said, explanation=explanation, links=links
    )
    return Response(
        content,
        status,
        {"Cache-Control": "no-cache"},
        content_type="text/html; charset=utf-8",
    )


def _redirect(location: str, status: int) -> Response:
    """Answer with another address; a bare path, so that it holds behind any front door."""
    response = Response(status=status, content_type="text/plain; charset=utf-8")
    response.location = location
    response.headers["Cache-Control"] = "no-cache"
    return response
