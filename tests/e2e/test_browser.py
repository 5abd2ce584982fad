"""Pages in a real browser, under their own Content-Security-Policy."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from uuid import uuid4

import pytest

from tests.deployment import STARTING_TOTAL, Deployment, Editor, document, wait_for

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(
    CHROMIUM is None and not os.environ.get("CI"), reason="Chromium is not installed"
)


def _dom(url: str, profile: Path) -> tuple[str, str]:
    """Return the page as it stands after its script ran, and what the console said."""
    assert CHROMIUM, "Chromium is not installed; with CI=true that is a failure"
    done = subprocess.run(
        [
            *(CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic"),
            *("--no-first-run", "--disable-background-networking", "--disable-component-update"),
            *("--disable-sync", "--enable-logging=stderr", f"--user-data-dir={profile}"),
            # Headless Chromium names itself as a robot, which is counted apart.
            "--user-agent=Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0.0.0 Safari/537.36",
            *("--virtual-time-budget=5000", "--dump-dom", url),
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    console = "\n".join(line for line in done.stderr.splitlines() if "CONSOLE" in line)
    return done.stdout, console


def test_a_page_looked_at_in_a_browser_is_counted_once_and_shows_the_total(
    deployment: Deployment, editor: Editor, tmp_path: Path
) -> None:
    article_id = uuid4()
    editor.put(article_id, document("Trang mở trong trình duyệt"))
    url = editor.publish(article_id).json()["url"]
    wait_for(lambda: deployment.http.get(url).status_code == 200)
    before = deployment.total()

    first, console = _dom(deployment.url + url, tmp_path / "first")
    wait_for(lambda: deployment.total() == before + 1)
    assert not console, "nothing is refused by the page's own policy"
    assert re.search(r'data-visits="total"[^>]*>9\.82[78]\.\d{3}<', first)

    second, _ = _dom(deployment.url + url, tmp_path / "second")
    wait_for(lambda: deployment.total() == before + 2)
    shown = re.search(r'data-visits="total"[^>]*>([\d.]+)<', second)
    assert shown
    assert int(shown.group(1).replace(".", "")) >= STARTING_TOTAL + before + 1
    assert deployment.total() == before + 2


def test_the_search_page_works_under_its_policy(
    deployment: Deployment, editor: Editor, tmp_path: Path
) -> None:
    article_id = uuid4()
    word = f"trinhduyet{article_id.hex[:8]}"
    editor.put(article_id, document(f"Tìm trong trình duyệt {word}"))
    editor.publish(article_id)
    wait_for(lambda: deployment.search(q=word)["total"] == 1)
    dom, console = _dom(f"{deployment.url}/tim-kiem?q={word}", tmp_path)
    assert "<mark>" in dom
    assert not console
