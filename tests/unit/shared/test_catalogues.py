"""Every message that the code or a template shows has its Vietnamese text."""

import re
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_file

from shared import i18n

ROOT = Path(__file__).parent.parent.parent.parent
PYTHON = [
    path
    for folder in ("services", "shared", "deploy", "samples")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if "from shared.i18n import" in path.read_text()
]
TEMPLATES = [
    path
    for folder in ("services", "shared")
    for path in sorted((ROOT / folder).rglob("templates/*.html"))
    if "ingest" not in path.parts  # the API's documentation is English
]
KEYWORDS = {"text": None, "gettext": None, "_": None, "ngettext": (1, 2)}


def _messages(path: Path, method: str) -> set[str]:
    found = set()
    for _, message, _, _ in extract_from_file(method, path, keywords=KEYWORDS):
        found |= {message} if isinstance(message, str) else set(message)
    return found - {""}


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_every_message_of_a_template_is_translated(path: Path) -> None:
    known = i18n.translations()
    missing = [m for m in _messages(path, "jinja2") if not _known(known, m)]
    assert not missing


def test_every_message_of_the_code_is_translated() -> None:
    known = i18n.translations()
    used = {path: _messages(path, "python") for path in PYTHON}
    assert any(used.values())
    assert not {
        str(path): missing
        for path, messages in used.items()
        if (missing := [m for m in messages if not _known(known, m)])
    }


def test_a_translation_names_the_same_values_as_its_message() -> None:
    value = re.compile(r"%\((\w+)\)")
    for path in sorted((ROOT / "shared" / "locale" / "vi").glob("*.po")):
        source = path.read_text()
        for entry in source.split("\n\n")[1:]:
            message, _, translated = entry.partition("msgstr")
            assert set(value.findall(translated)) == set(value.findall(message)), entry


def _known(catalogue: object, message: str) -> bool:
    entries = vars(catalogue)["_catalog"]
    return message in entries or (message, 0) in entries
