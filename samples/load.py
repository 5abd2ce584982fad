"""Publish the sample news through the ingest API, as any editor's program would.

``python -m samples.load --url http://127.0.0.1:8000 --token-file FILE``; without a file the
token is read from ``BANTIN_TOKEN``. A second load of the same samples changes nothing.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import Any, Final, cast
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from shared.i18n import text

_HERE: Final = Path(__file__).parent
_TIMEOUT: Final = 120.0
"""Seconds without a byte from the API after which the load gives up."""


class LoadError(Exception):
    """The API refused something or cannot be reached; the text says what, and where."""


@dataclass(frozen=True, slots=True)
class LoadReport:
    """How many categories, pictures and articles were accepted; ``created`` counts new ones."""

    categories: int
    pictures: int
    articles: int
    created: int


def categories() -> list[dict[str, Any]]:
    """Return the sample categories, each with ``slug``, ``name`` and ``position``."""
    return cast(list[dict[str, Any]], json.loads((_HERE / "categories.json").read_bytes()))


def articles() -> list[dict[str, Any]]:
    """Return the sample articles as ninjs documents, in the order of their file names."""
    return [json.loads(path.read_bytes()) for path in sorted((_HERE / "news").glob("*.json"))]


def load(base_url: str, token: str, *, progress: Callable[[str], None]) -> LoadReport:
    """Put categories and pictures, then import and publish the articles.

    ``progress`` gets a short Vietnamese line after every step. Raises LoadError at the first
    category or picture that is refused; refused articles are named all together at the end,
    after the others have been published.
    """
    try:
        return _load(_Api(base_url.rstrip("/"), token), progress)
    except (HTTPException, OSError) as error:
        raise LoadError(
            text("The connection to %(url)s broke: %(error)s", url=base_url, error=error)
        ) from error


def _load(api: "_Api", progress: Callable[[str], None]) -> LoadReport:
    from samples.pictures import PICTURES, draw  # noqa: PLC0415 - Pillow is heavy to import

    created = 0
    sections = categories()
    for number, section in enumerate(sections, 1):
        fields = {key: value for key, value in section.items() if key != "slug"}
        content = json.dumps(fields, ensure_ascii=False).encode()
        created += api.put(f"/v1/categories/{section['slug']}", content, "application/json")
        progress(text("Category %(number)s/%(total)s", number=number, total=len(sections)))
    for number, (name, code) in enumerate(PICTURES.items(), 1):
        created += api.put(f"/v1/media/{code}", draw(name), "image/jpeg")
        progress(text("Picture %(number)s/%(total)s", number=number, total=len(PICTURES)))
    documents = articles()
    created += api.publish(documents, progress)
    return LoadReport(len(sections), len(PICTURES), len(documents), created)


@dataclass(frozen=True, slots=True)
class _Api:
    base_url: str
    token: str

    def put(self, path: str, content: bytes, media_type: str) -> bool:
        """Return whether the API made something new of it."""
        with self._call("PUT", path, content, media_type) as answer:
            answer.read()
            return answer.status == HTTPStatus.CREATED

    def publish(self, documents: Sequence[dict[str, Any]], progress: Callable[[str], None]) -> int:
        """Import the documents; return how many were new."""
        lines = (json.dumps(document, ensure_ascii=False) for document in documents)
        content = "\n".join(lines).encode() + b"\n"
        refused: list[str] = []
        seen = created = 0
        path = "/v1/import?publish=true"
        with self._call("POST", path, content, "application/x-ndjson") as answer:
            for seen, result in enumerate(_results(answer), 1):
                created += result["status"] == HTTPStatus.CREATED
                if not _accepted(result["status"]):
                    refused.append(_refusal(result, documents))
                progress(text("News %(number)s/%(total)s", number=seen, total=len(documents)))
        if refused:
            raise LoadError(
                text(
                    "%(count)s news were refused:\n%(lines)s",
                    count=len(refused),
                    lines="\n".join(refused),
                )
            )
        if seen != len(documents):
            raise LoadError(
                text(
                    "%(sent)s news were sent, and only %(seen)s results came back.",
                    sent=len(documents),
                    seen=seen,
                )
            )
        return created

    def _call(self, method: str, path: str, content: bytes, media_type: str) -> HTTPResponse:
        if not self.base_url.startswith(("http://", "https://")):
            raise LoadError(
                text("The address must begin with http:// or https://: %(url)s", url=self.base_url)
            )
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": media_type}
        request = Request(self.base_url + path, content, headers, method=method)  # noqa: S310 - checked above
        try:
            return cast(HTTPResponse, urlopen(request, timeout=_TIMEOUT))  # noqa: S310 - likewise
        except HTTPError as error:
            with error:
                problem = error.read().decode(errors="replace")
            raise LoadError(f"{method} {path}: {error.code} {problem}") from error
        except URLError as error:
            raise LoadError(
                text("%(url)s cannot be reached: %(error)s", url=self.base_url, error=error.reason)
            ) from error


def _results(answer: HTTPResponse) -> Iterator[dict[str, Any]]:
    for line in answer:
        if line.strip():
            try:
                result = json.loads(line)
            except ValueError as error:
                raise LoadError(
                    text("A result cannot be read: %(line)s", line=repr(line[:200]))
                ) from error
            if not isinstance(result, dict) or not isinstance(result.get("status"), int):
                raise LoadError(text("A result cannot be read: %(line)s", line=repr(line[:200])))
            yield result


def _accepted(status: int) -> bool:
    return HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES


def _refusal(result: dict[str, Any], documents: Sequence[dict[str, Any]]) -> str:
    line = result.get("line")
    known = isinstance(line, int) and 0 < line <= len(documents)
    title = documents[cast(int, line) - 1]["headlines"][0]["value"] if known else "?"
    errors = json.dumps(result.get("errors", []), ensure_ascii=False)
    return text(
        "  line %(line)s, %(id)s «%(title)s»: %(status)s %(errors)s",
        line=line,
        id=result.get("id"),
        title=title,
        status=result["status"],
        errors=errors,
    )


def main() -> int:
    """Load the samples from the command line; 1 when something was refused."""
    parser = argparse.ArgumentParser(prog="python -m samples.load", description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:8000", help="the site's front door")
    parser.add_argument("--token-file", type=Path, help="file whose last line is the token")
    given = parser.parse_args()
    token = os.environ.get("BANTIN_TOKEN", "")
    if given.token_file is not None:
        token = (given.token_file.read_text().split() or [""])[-1]
    if not token:
        parser.error("a token is needed: --token-file FILE or BANTIN_TOKEN")
    try:
        report = load(given.url, token, progress=print)
    except LoadError as error:
        print(error, file=sys.stderr)
        return 1
    print(
        text(
            "%(categories)s categories, %(pictures)s pictures and %(articles)s news are loaded"
            " (new: %(created)s).",
            **asdict(report),
        )
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
