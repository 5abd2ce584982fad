"""The compose file as data: settings filled in, and each part in one form.

Reads what the file of this project uses. ``docker compose config`` is the judge of whether the
file is a compose file; this is for the rules beyond, and needs no docker.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import yaml  # type: ignore[import-untyped]

from deploy.compose.settings_file import filled, used

DONE: Final = "service_completed_successfully"


@dataclass(frozen=True, slots=True)
class Mount:
    source: str
    target: str
    bind: bool
    read_only: bool


@dataclass(frozen=True)
class Project:
    """Raises ValueError where a setting cannot be filled in."""

    document: Mapping[str, Any]
    """What stands in the file, aliases and merges followed."""
    settings: Mapping[str, str]

    @classmethod
    def read(cls, file: Path, settings: Mapping[str, str]) -> "Project":
        return cls(yaml.safe_load(file.read_text(encoding="utf-8")), settings)

    @cached_property
    def whole(self) -> Mapping[str, Any]:
        """Return the document with every setting filled in."""
        found: Mapping[str, Any] = _mapped(self.document, self.settings)
        return found

    @property
    def services(self) -> Mapping[str, Mapping[str, Any]]:
        found: Mapping[str, Mapping[str, Any]] = self.whole["services"]
        return found

    def defined(self, kind: str) -> set[str]:
        """Return the names under ``networks``, ``volumes`` or ``secrets``."""
        return set(self.whole.get(kind) or {})

    def asked(self) -> Iterator[tuple[str, str]]:
        """Yield each setting that the file asks for, and what it is when nobody says."""
        for text in strings(self.document):
            yield from used(text)

    @cached_property
    def one_shot(self) -> frozenset[str]:
        """Return the services that end when they are done: others wait for just that."""
        return frozenset(
            name
            for service in self.services
            for name, condition in self.waits(service).items()
            if condition == DONE
        )

    def waits(self, service: str) -> dict[str, str]:
        """Return what a service waits for, and until when."""
        named = self.services[service].get("depends_on") or {}
        if isinstance(named, list):
            return dict.fromkeys(named, "service_started")
        return {name: how.get("condition", "service_started") for name, how in named.items()}

    def networks(self, service: str) -> set[str]:
        return set(self.services[service].get("networks") or ())

    def secrets(self, service: str) -> dict[str, str]:
        """Return the service's secrets by the names of their files under /run/secrets."""
        found = {}
        for secret in self.services[service].get("secrets") or ():
            if isinstance(secret, str):
                found[secret] = secret
            else:
                found[secret.get("target", secret["source"])] = secret["source"]
        return found

    def environment(self, service: str) -> dict[str, str]:
        """Return the variables that a container, or the build of its image, is given."""
        one = self.services[service]
        build = one.get("build") or {}
        args = build.get("args") if isinstance(build, dict) else None
        return _variables(one.get("environment")) | _variables(args)

    def mounts(self, service: str) -> list[Mount]:
        return [_mount(volume) for volume in self.services[service].get("volumes") or ()]


def strings(value: object) -> Iterator[str]:
    """Yield every text in a document, but for the names."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from strings(part)
    elif isinstance(value, list):
        for part in value:
            yield from strings(part)


def _mapped(value: object, settings: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return filled(value, settings)
    if isinstance(value, dict):
        return {name: _mapped(part, settings) for name, part in value.items()}
    if isinstance(value, list):
        return [_mapped(part, settings) for part in value]
    return value


def _variables(given: object) -> dict[str, str]:
    if isinstance(given, list):  # NAME=value, or NAME alone for what this shell has
        return {name: value for name, _, value in (str(line).partition("=") for line in given)}
    if isinstance(given, dict):
        return {name: "" if value is None else str(value) for name, value in given.items()}
    return {}


def _mount(volume: str | Mapping[str, Any]) -> Mount:
    if isinstance(volume, str):
        source, target, *options = volume.split(":")
        bind = re.match(r"[./~]", source) is not None
        return Mount(source, target, bind, read_only="ro" in ",".join(options).split(","))
    return Mount(
        source=str(volume.get("source", "")),
        target=volume["target"],
        bind=volume["type"] == "bind",
        read_only=bool(volume.get("read_only")),
    )
