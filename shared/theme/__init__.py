"""The look that every page shares: layout, style, script; used by render and by search."""

import hashlib
from functools import cache
from pathlib import Path

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined

from shared import i18n

ASSETS = Path(__file__).parent / "assets"
_TEMPLATES = Path(__file__).parent / "templates"


@cache
def asset(name: str) -> str:
    """Return the address of an asset; its content's hash is part of it, so it may be kept."""
    digest = hashlib.sha256((ASSETS / name).read_bytes()).hexdigest()[:10]
    stem, dot, ending = name.rpartition(".")
    return f"/assets/{stem}.{digest}{dot}{ending}"


def environment(templates: Path, *, site_name: str, public_url: str) -> Environment:
    """Return a Jinja environment over a service's own templates and the shared layout."""
    env = Environment(
        loader=ChoiceLoader([FileSystemLoader(templates), FileSystemLoader(_TEMPLATES)]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
        auto_reload=False,
    )
    env.install_gettext_translations(i18n.translations(), newstyle=True)  # type: ignore[attr-defined]
    env.globals.update(site_name=site_name, public_url=public_url, asset=asset)
    env.filters.update(day=i18n.day, number=i18n.number)
    return env
