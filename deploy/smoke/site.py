"""The front door and the containers behind it, for what is tried on a running deployment."""

import json
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from deploy.compose.stack import Stack, TroubleError

PATIENCE: Final = 30.0
"""Seconds that one answer may take."""


class SmokeError(TroubleError):
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

    def category(self) -> str:
        """Return the slug of the first category; one is made where there is none."""
        if not self.call("GET", "/v1/categories")["categories"]:
            self.call("PUT", "/v1/categories/thong-bao", {"name": "Thông báo"})
        return str(self.call("GET", "/v1/categories")["categories"][0]["slug"])

    def leave(self) -> None:
        compose("ingest-api", "token", "revoke", self._number)


def compose(service: str, *arguments: str) -> str:
    """Run a command of a service in its container. Raises TroubleError if it fails."""
    python = ("python", "-m", f"services.{service.split('-', 1)[0]}")
    return Stack().ask("exec", "-T", service, *python, *arguments)


def public_url() -> str:
    """Return the address that the deployment takes for its own."""
    said: dict[str, Any] = json.loads(Stack().configuration.resolved)
    return str(said["services"]["gateway"]["environment"]["BANTIN_PUBLIC_URL"])


def article(title: str, summary: str, category: str) -> dict[str, Any]:
    """Return a document to be published now."""
    return {
        "type": "text",
        "headlines": [{"value": title}],
        "descriptions": [{"role": "summary", "value": summary}],
        "bodies": [{"contentType": "text/html", "value": f"<p>{summary}</p>"}],
        "contentCreated": datetime.now(UTC).isoformat(timespec="seconds"),
        "by": "Bản Tin",
        "subjects": [{"name": category}],
    }


def until(what: Callable[[], bool], trouble: str, *, within: float, every: float) -> float:
    """Return the seconds until it is so. Raises SmokeError when ``within`` seconds are over."""
    began = time.monotonic()
    while not what():
        if time.monotonic() - began > within:
            raise SmokeError(f"{trouble} within {within:.0f} s")
        time.sleep(every)
    return time.monotonic() - began
