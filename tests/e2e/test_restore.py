"""An older copy of ingest's database is put back: every consumer follows, or somebody is told."""

from uuid import UUID, uuid4

from tests.deployment import Deployment, Editor, document, wait_for
from tests.e2e.pipeline import delivered, drift

CONSUMERS = ("indexing", "render")


def _manifest(deployment: Deployment) -> None:
    deployment.command("services.ingest", "manifest")


def _drifts(deployment: Deployment, **kinds: int) -> bool:
    return all(
        drift(deployment, consumer, kind) == many
        for consumer in CONSUMERS
        for kind, many in kinds.items()
    )


def _is_found(deployment: Deployment, article_id: UUID) -> bool:
    found = deployment.search(q=article_id.hex)["results"]
    return [result["id"] for result in found] == [str(article_id)]


def test_after_a_restore_from_an_older_backup_every_consumer_follows(
    known: Deployment,
) -> None:
    deployment = known
    edited, kept, taken_back, later = (uuid4() for _ in range(4))
    editor = Editor(deployment)
    editor.category("tin-tuc", "Tin tức")
    urls = {}
    for article_id in (edited, kept, taken_back):
        editor.put(article_id, document(f"Bản đầu của {article_id.hex}"))
        urls[article_id] = editor.publish(article_id).json()["url"]
    delivered(editor, [edited, kept, taken_back])
    with deployment.without("ingest"):
        deployment.back_up("ingest")

    editor.put(edited, document("Bản hai, mất khi phục hồi"))
    before = editor.publish(edited).json()["version"]
    editor.unpublish(taken_back)
    editor.put(later, document(f"Tin đăng sau bản sao lưu {later.hex}"))
    urls[later] = editor.publish(later).json()["url"]
    delivered(editor, [edited, taken_back, later])
    with deployment.without("ingest"):
        deployment.restore("ingest")

    # The first manifest comes by itself half a minute after a start; no other does.
    wait_for(lambda: _drifts(deployment, newer=2, unlisted=1, ahead=0), within=120)
    assert deployment.http.get(urls[later]).status_code == 200, "one manifest proves nothing"
    assert _is_found(deployment, later)

    _manifest(deployment)
    wait_for(lambda: _drifts(deployment, newer=0, unlisted=0, ahead=2))
    wait_for(lambda: deployment.http.get(urls[later]).status_code == 410)
    wait_for(lambda: not _is_found(deployment, later))
    assert "Bản hai" in deployment.http.get(urls[edited]).text, "what readers have stays"
    assert deployment.http.get(urls[taken_back]).status_code == 410
    for consumer in CONSUMERS:
        log = deployment.log(consumer)
        assert str(edited) in next(line for line in log.splitlines() if "ahead_of_ingest" in line)

    for article_id in (edited, taken_back, later):
        editor.put(article_id, document(f"Bản ba của {article_id.hex}"))
        again = editor.publish(article_id)
        assert again.is_success, again.text
        assert again.json()["version"] > before
        url = again.json()["url"]
        wait_for(lambda u=url: "Bản ba" in deployment.http.get(u).text)  # type: ignore[misc]
        wait_for(lambda i=article_id: _is_found(deployment, i))  # type: ignore[misc]
    _manifest(deployment)
    wait_for(lambda: _drifts(deployment, behind=0, newer=0, unlisted=0, ahead=0))
    assert "Bản đầu" in deployment.http.get(urls[kept]).text
    assert deployment.dead_letters() == []
