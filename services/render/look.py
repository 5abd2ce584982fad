"""The site's look: its assets on the disk, and a fingerprint that tells when it has changed."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from services.render.files import File
from services.render.settings import Settings
from shared import i18n, theme

MARKER = ".look"
"""Beside the pages, so that it goes when they go and all are written again."""
_HERE = Path(__file__).parent


def assets() -> list[File]:
    """Return the assets under the names that pages give them; old ones are left for old pages."""
    return [
        File(theme.asset(path.name).lstrip("/"), path.read_bytes())
        for path in sorted(theme.ASSETS.iterdir())
        if path.is_file()
    ]


def fingerprint(settings: Settings) -> str:
    """Return a hash of all that shapes a page beside the news."""
    digest = hashlib.sha256()
    for path in _sources():
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    shaping = {
        name: value
        for name, value in settings.model_dump().items()
        if name in ("site_name", "public_url", "render_precompress")
        or name.startswith(("render_home", "render_feed"))
    }
    digest.update(repr([sorted(shaping.items()), settings.render_list_size]).encode())
    return digest.hexdigest()


def is_drawn(root: Path, settings: Settings) -> bool:
    """Tell whether a writer has put this look's assets into the site and marked its pages."""
    marker = root / MARKER
    return marker.is_file() and marker.read_text() == fingerprint(settings)


def _sources() -> Iterator[Path]:
    yield from sorted(_HERE.glob("*.py"))
    yield from sorted((_HERE / "templates").glob("*.html"))
    yield from sorted(p for p in theme.ASSETS.parent.rglob("*") if p.suffix in {".html", ".css"})
    yield from sorted(p for p in theme.ASSETS.iterdir() if p.suffix == ".js")
    yield from sorted((Path(i18n.__file__).parent / "locale").rglob("*.po"))
