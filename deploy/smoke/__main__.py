"""``make smoke``: publish, read, find and look at one article through the gateway, then tidy up.

Needs Python and docker compose only. The view is a robot's, which the counter keeps apart, so the
total that readers see stays as it was; the article is taken back (its number and history stay, as
of every article), and the token is revoked.
"""

import argparse
import sys
from collections.abc import Callable
from http import HTTPStatus
from typing import Final
from urllib.parse import quote, urlsplit
from uuid import uuid4

from deploy.compose.stack import Stack, TroubleError
from deploy.smoke.site import Editor, Site, SmokeError, article, public_url, until

_ROBOT: Final = "Googlebot/2.1 (+http://www.google.com/bot.html)"
_SECONDS: Final = 30.0
"""How long each step may take until it is seen."""
_VIEWS: Final = 'bantin_page_views_filtered_total{reason="bot"}'


def metrics() -> dict[str, float]:
    """Return what the exporter of visits shows to Prometheus."""
    fetch = (
        "import urllib.request as r;"
        "print(r.urlopen('http://127.0.0.1:9464/metrics').read().decode())"
    )
    said = Stack().ask("exec", "-T", "visits-exporter", "python", "-c", fetch)
    lines = (line.rsplit(" ", 1) for line in said.splitlines() if line and line[0] != "#")
    return {name: float(value) for name, value in lines}


def seen(what: Callable[[], bool], trouble: str) -> float:
    """Return the seconds until it is seen. Raises SmokeError when the patience is over."""
    return until(what, trouble, within=_SECONDS, every=0.05)


def step(name: str, seconds: float | None = None) -> None:
    took = "" if seconds is None else f" ({seconds:.2f} s)"
    sys.stdout.write(f"ok  {name}{took}\n")
    sys.stdout.flush()


def walk(site: Site, editor: Editor) -> None:
    """Publish, read, find, look; take back again whatever happens. Raises SmokeError."""
    word = f"khoi{uuid4().hex[:10]}"
    number = uuid4()
    title, summary = f"Kiểm thử hệ thống {word}", "Tin tự động, sẽ được gỡ ngay."
    document = article(title, summary, editor.category())
    editor.call("PUT", f"/v1/articles/{number}", document)
    published = editor.call("POST", f"/v1/articles/{number}/publish", {})
    step("published: " + published["url"])
    path = urlsplit(published["url"]).path
    try:
        step("on its page", seen(lambda: word in site.call("GET", path)[1], "not on its page"))
        search = f"/api/search?q={quote('kiem thu ' + word)}"
        step(
            "found, typed without accents",
            seen(lambda: str(number) in site.call("GET", search)[1], "not found"),
        )
        _visit(site, path)
    finally:
        editor.call("POST", f"/v1/articles/{number}/unpublish", {"type": "gone"})
    gone = HTTPStatus.GONE
    took = seen(lambda: site.call("GET", path)[0] == gone, "still on its page")
    took += seen(lambda: str(number) not in site.call("GET", search)[1], "still found")
    step("taken back: 410, and found no more", took)


def _visit(site: Site, path: str) -> None:
    before = metrics()
    view = {"id": str(uuid4()), "path": path}
    status, text = site.call("POST", "/api/visits", view, {"User-Agent": _ROBOT})
    if status >= HTTPStatus.BAD_REQUEST:
        raise SmokeError(f"the view was answered with {status}: {text}")
    took = seen(lambda: metrics()[_VIEWS] > before[_VIEWS], "the view is not in the metrics")
    step("visited, and in the metrics, apart from readers' views", took)


def hidden(site: Site) -> None:
    """See that what only operators may read is not shown. Raises SmokeError."""
    for path in ("/metrics", "/health/ready", "/health/live"):
        status, _ = site.call("GET", path)
        if status != HTTPStatus.NOT_FOUND:
            raise SmokeError(f"{path} is shown to everybody: {status}")
    step("metrics and health are not public")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python3 -m deploy.smoke", description=__doc__)
    parser.add_argument("--url", help="the front door; default: the deployment's public address")
    url = parser.parse_args().url
    try:
        site = Site(url or public_url())
        editor = Editor(site)
        try:
            walk(site, editor)
        finally:
            editor.leave()
        hidden(site)
    except TroubleError as error:
        sys.stderr.write(f"FAILED  {error}\n")
        return 1
    step("all is well; token revoked")
    return 0


if __name__ == "__main__":
    sys.exit(main())
