"""Settings as .env files have them, filled in as compose fills them in.

The forms are those of https://docs.docker.com/reference/compose-file/interpolation/ that this
project uses: ``${NAME}``, ``${NAME:-otherwise}`` and ``${NAME:+if it is set}``; ``$$`` is a dollar.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

_PLACE: Final = re.compile(r"\$(?:(\$)|\{([A-Z_][A-Z0-9_]*)(?:(:[-+])([^${}]*))?\})")


def settings_in(text: str) -> dict[str, str]:
    """Return the settings of an .env file: ``NAME=value``, comments and empty lines apart.

    Raises ValueError with the line that is none of these.
    """
    found = {}
    for line in map(str.strip, text.splitlines()):
        if not line or line.startswith("#"):
            continue
        name, sign, value = line.partition("=")
        if not sign or not re.fullmatch(r"[A-Z_][A-Z0-9_]*", name):
            raise ValueError(f"not a setting: {line}")
        found[name] = value
    return found


def filled(text: str, settings: Mapping[str, str]) -> str:
    """Return the text with its settings in place. Raises ValueError for a form unknown here."""

    def value(place: re.Match[str]) -> str:
        dollar, name, form, other = place.groups()
        if dollar:
            return "$"
        said = settings.get(name, "")
        if form == ":+":
            return other if said else ""
        return said or other or ""

    if "$" in _PLACE.sub("", text):
        raise ValueError(f"a form of setting that these checks do not know: {text}")
    return _PLACE.sub(value, text)


def used(text: str) -> Iterator[tuple[str, str]]:
    """Yield each setting in a text, and what it is when nobody says."""
    for dollar, name, form, other in _PLACE.findall(text):
        if not dollar:
            yield name, other if form == ":-" else ""
