"""Files of the site as HTTP answers, with ETag, Last-Modified and 304."""

import os
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from flask import Response, request

from services.render import paths
from services.render.paths import Kind

_ASSET: Final = re.compile(r"/assets/[A-Za-z0-9_-][A-Za-z0-9._-]{0,200}", re.ASCII)
_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".xml": "application/xml; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
}


def found_file(root: Path, path: str) -> Path | None:
    """Return the file behind a path, if it names a page or an asset and there is one.

    Only addresses that the site itself can give out are looked for, so none leads elsewhere.
    """
    if _ASSET.fullmatch(path) is None and paths.parse(path) is None:
        return None
    file = root / paths.file_name(path)
    return file if file.is_file() else None


def conditional(file: Path, path: str) -> Response:
    """Return the file, or 304 if the reader has it already."""
    with file.open("rb") as opened:
        # Of the file that is open: another may take its name at any moment.
        status = os.fstat(opened.fileno())
        content = opened.read()
    response = Response(content, content_type=_content_type(file, path))
    response.set_etag(f"{status.st_mtime_ns:x}-{len(content):x}")
    response.last_modified = datetime.fromtimestamp(int(status.st_mtime), UTC)
    if path.startswith("/assets/"):
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    else:
        response.headers["Cache-Control"] = "no-cache"
    response.make_conditional(request)
    return response


def _content_type(file: Path, path: str) -> str:
    page = paths.parse(path)
    if page is not None and page.kind in (Kind.FEED, Kind.CATEGORY_FEED):
        return "application/rss+xml; charset=utf-8"
    return _TYPES.get(file.suffix, "application/octet-stream")
