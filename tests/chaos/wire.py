"""The model's calls as HTTP requests, and ingest's answers read back as the model's states."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from tests.chaos.model import Article, Discard, Import, Op, Publish, Save, State, Taken, Text
from tests.deployment import document

PAUSE = 0.1
"""Seconds before a request without an answer is sent again."""


@dataclass(frozen=True, slots=True)
class Seen:
    """An article as ``GET /v1/articles/<id>`` shows it; None where it says 404."""

    state: str
    draft: bool
    live: bool
    title: str
    taken: Taken | None
    url: str | None
    version: int


def request(http: httpx.Client, article: Article, op: Op) -> httpx.Response:
    """Send a call once. Raises httpx.TransportError when there was no answer."""
    path = f"/v1/articles/{article.id}"
    if isinstance(op, Save):
        return http.put(path, json=written(op.text))
    if isinstance(op, Publish):
        return http.post(f"{path}/publish", json={"slug": op.slug} if op.slug else {})
    if isinstance(op, Discard):
        return http.delete(f"{path}/draft")
    if isinstance(op, Import):
        raise TypeError("lines are sent together, by send_lines")
    fields = {
        "type": op.taken.kind,
        "location": op.taken.location,
        "explanation": op.taken.explanation,
    }
    body = {name: value for name, value in fields.items() if value}
    return http.post(f"{path}/unpublish", json=body)


def send_lines(http: httpx.Client, lines: Sequence[tuple[str, Text]]) -> list[dict[str, Any]]:
    """Import lines once and return their results. Raises httpx.HTTPError, ValueError when cut."""
    body = "".join(
        json.dumps(written(text) | {"uri": f"urn:uuid:{one}"}, ensure_ascii=False) + "\n"
        for one, text in lines
    )
    answer = http.post("/v1/import?publish=true", content=body.encode())
    answer.raise_for_status()
    results = [json.loads(line) for line in answer.text.splitlines()]
    if len(results) != len(lines):
        raise ValueError("the answer was cut")
    return results


def written(text: Text) -> dict[str, Any]:
    return document(text.title, contentCreated=f"{text.day}T08:00:00+07:00")


def seen(answer: httpx.Response) -> Seen | None:
    """Read an answer that shows an article in full."""
    if answer.status_code == 404:
        return None
    found = answer.raise_for_status().json()
    how = found["unpublish"]
    return Seen(
        state=found["state"],
        draft=found["draft"],
        live=found["live"],
        title=found["article"]["headlines"][0]["value"],
        taken=how and Taken(how["type"], how["location"], how["explanation"]),
        url=found["url"],
        version=found["version"],
    )


def agrees(state: State, found: Seen | None) -> bool:
    """Tell whether what ingest shows is this state."""
    if found is None or not state.exists:
        return found is None and not state.exists
    newest = state.draft or state.live
    return (
        found.state == state.word
        and found.draft == (state.draft is not None)
        and found.live == (state.standing == "live")
        and newest is not None
        and found.title == newest.title
        and found.taken == state.taken
        and _address_agrees(state, found.url)
    )


def _address_agrees(state: State, url: str | None) -> bool:
    if state.standing == "never":
        return url is None
    return url is not None and (state.slug is None or url.startswith(f"/tin/{state.slug}-"))
