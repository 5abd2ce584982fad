"""What a whole pipeline shows, recorded to be compared: files, answers, search."""

from pathlib import Path
from typing import Any
from uuid import UUID

from tests.deployment import Deployment, Editor, wait_for

Recorded = dict[str, Any]


def is_idle(deployment: Deployment) -> bool:
    """Tell whether nothing is on its way anywhere."""
    return not deployment.left_over()


def drift(deployment: Deployment, consumer: str, kind: str) -> float | None:
    return deployment.value(consumer, f'bantin_drift{{consumer="{consumer}",kind="{kind}"}}')


def delivered(editor: Editor, ids: list[UUID]) -> None:
    """Wait until indexing and render have the last state of each article."""
    for article_id in ids:
        wait_for(lambda i=article_id: all(editor.delivery(i).values()), within=120)  # type: ignore[misc]


def files(folder: Path) -> dict[str, bytes]:
    """Return every file of the site."""
    root = folder / "site"
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and not path.name.endswith(".new")
    }


def recorded(deployment: Deployment, addresses: list[str], queries: list[str]) -> Recorded:
    """Return all that readers get: files, each address's answer, what is found."""
    answers = {}
    for address in addresses:
        answer = deployment.http.get(address)
        answers[address] = (
            answer.status_code,
            answer.headers.get("location"),
            answer.content if answer.status_code == 200 else None,
        )
    found = {
        (query, sort): deployment.search(q=query, sort=sort, per_page=50)
        for query in queries
        for sort in ("newest", "relevance")
    }
    return {"files": files(deployment.folder), "answers": answers, "found": found}


def differences(before: Recorded, after: Recorded) -> list[str]:
    """Return what differs, by name."""
    return [
        f"{part} {key}"
        for part in before
        for key in {*before[part], *after[part]}
        if before[part].get(key) != after[part].get(key)
    ]
