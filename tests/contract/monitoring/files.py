"""The monitoring's files, read as their programs read them."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml  # type: ignore[import-untyped]

from deploy.monitoring.check import FOLDER, panels

ROOT: Final = FOLDER.parent.parent


def _yaml(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return found


def scraping() -> dict[str, Any]:
    return _yaml(FOLDER / "prometheus.yml")


def rules() -> Iterator[dict[str, Any]]:
    for file in sorted((FOLDER / "rules").glob("*.yml")):
        for group in _yaml(file)["groups"]:
            yield from group["rules"]


def alerts() -> dict[str, dict[str, Any]]:
    return {rule["alert"]: rule for rule in rules() if "alert" in rule}


def recorded() -> set[str]:
    return {rule["record"] for rule in rules() if "record" in rule}


def boards() -> Iterator[dict[str, Any]]:
    for file in sorted((FOLDER / "grafana" / "dashboards").glob("*.json")):
        yield json.loads(file.read_text(encoding="utf-8"))


def board_panels() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every panel that shows something, with its dashboard's title."""
    for board in boards():
        for panel in panels(board):
            if panel["type"] != "row":
                yield board["title"], dict(panel)


def compose_services() -> set[str]:
    """Return the names of the compose file's services that are processes of ours."""
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    services = text.partition("\nservices:\n")[2].partition("\nvolumes:\n")[0]
    names = re.findall(r"^  ([a-z-]+):$", services, re.MULTILINE)
    ours = ("ingest-", "indexing-", "render-", "visits-", "search-")
    return {name for name in names if name.startswith(ours) and not name.endswith("-migrate")}
