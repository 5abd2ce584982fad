"""The front door and the containers behind it, for what is tried on a running deployment."""

import json
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

PATIENCE: Final = 30.0
"""Seconds that one answer may take."""


class SmokeError(Exception):
    """A step did not come out as it must; the text says which and how.

    ``status`` is that of the answer, if it was an answer.
    """

    def __init__(self, text: str, status: int | None = None) -> None:
        super().__init__(text)
        self.status = status


class Site:
    """The front door, as anyone outside has it."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")

    def call(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, str]:
        """Return the status and the text of an answer. Raises SmokeError if there is none."""
        content = None if body is None else json.dumps(body).encode()
        request = Request(  # noqa: S310 - the address is the operator's own
            self.url + path, content, {"Content-Type": "application/json", **(headers or {})}
        )
        request.method = method
        try:
            with urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310 - likewise
                return answer.status, answer.read().decode()
        except HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except (URLError, OSError) as error:
            raise SmokeError(f"{self.url} does not answer: {error}") from error


class Editor:
    """Somebody with a token of one day."""

    def __init__(self, site: Site) -> None:
        self._site = site
        name = f"smoke {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
        said = compose("ingest-api", "token", "create", "--name", name, "--expires-days", "1",
                       "--scope", "draft", "--scope", "publish", "--scope", "admin")  # fmt: skip
        self._token = said.strip().splitlines()[-1]
        listed = compose("ingest-api", "token", "list").splitlines()
        self._number = next(line.split()[0] for line in listed if name in line)

    def call(self, method: str, path: str, body: object = None) -> Any:
        """Return what the API answers. Raises SmokeError for anything but a success."""
        status, text = self._site.call(
            method, path, body, {"Authorization": f"Bearer {self._token}"}
        )
        if status >= HTTPStatus.BAD_REQUEST:
            raise SmokeError(f"{method} {path} answered {status}: {text}", status)
        return json.loads(text) if text else None

    def leave(self) -> None:
        compose("ingest-api", "token", "revoke", self._number)


def compose(service: str, *arguments: str) -> str:
    """Run a command of a service in its container. Raises SmokeError if it fails."""
    python = ("python", "-m", f"services.{service.split('-', 1)[0]}")
    return run("docker", "compose", "exec", "-T", service, *python, *arguments)


def run(*arguments: str) -> str:
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise SmokeError(f"«{' '.join(arguments)}» failed: {done.stderr.strip()}")
    return done.stdout


def public_url() -> str:
    """Return the address that the deployment takes for its own."""
    said: dict[str, Any] = json.loads(run("docker", "compose", "config", "--format", "json"))
    return str(said["services"]["gateway"]["environment"]["BANTIN_PUBLIC_URL"])
