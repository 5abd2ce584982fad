"""Every accepted answer against what there is: ingest, pages, search, lists, totals, queues.

Nothing here repairs anything; each function returns what is wrong, in words.
"""

import html
import re
from collections.abc import Iterator, Mapping, Sequence

import httpx

from tests.chaos import wire
from tests.chaos.editors import COMMON, DAYS
from tests.chaos.model import Article, State, after
from tests.deployment import Deployment

BANNER = 'class="banner"'
_PAGE = 50
_ALONE = 10
"""Articles whose wordings are looked for one by one, roughly."""
_LINK = re.compile(r'href="(/tin/[^"]+)"')


def articles(http: httpx.Client, found: Sequence[Article]) -> Iterator[str]:
    """Compare ingest's own answers with the model; settles what was unknown to its editor."""
    for article in found:
        seen = wire.seen(http.get(f"/v1/articles/{article.id}"))
        states = [state for state in article.possible() if wire.agrees(state, seen)]
        if not states:
            yield f"lost: {article.id} is {seen}, not {article.possible()}"
            continue
        if article.unknown is not None and states == [after(article.state, article.unknown)]:
            version = seen.version if seen else article.version + 1
            article.accept(article.unknown, states[0], version, seen.url if seen else None)
        article.unknown = None
        if seen is not None:
            yield from _versions(http, article, seen)


def _versions(http: httpx.Client, article: Article, seen: wire.Seen) -> Iterator[str]:
    if seen.version != article.version or seen.url != article.url:
        yield f"lost: {article.id} has {seen}, answered was {article.version} {article.url}"
    lines = http.get(f"/v1/articles/{article.id}/history").raise_for_status().json()["history"]
    done = [line["action"] for line in reversed(lines)]
    if done != article.history:
        kind = "doubled" if len(done) > len(article.history) else "lost"
        yield f"{kind}: the history of {article.id} is {done}, accepted were {article.history}"
    if article.state.standing == "live":
        answer = http.get(f"/v1/articles/{article.id}", params={"state": "live"})
        live = wire.seen(answer)
        wanted = article.state.live
        if live is None or wanted is None or live.title != wanted.title:
            yield f"lost: readers of {article.id} should get {wanted}, ingest says {live}"
        elif None in answer.json()["delivery"].values():
            yield f"delivered: of {article.id} ingest knows only {answer.json()['delivery']}"


def pages(http: httpx.Client, found: Sequence[Article]) -> Iterator[str]:
    """Look at every address that an article has or had."""
    for article in found:
        if article.url is None:
            continue
        answer = http.get(article.url)
        wrong = _page_is_wrong(article.state, answer)
        if wrong:
            yield f"page: {article.url} {wrong}, but it is {article.state}"
        for former in sorted(article.former):
            answer = http.get(former)
            if not _former_is_right(article, answer):
                yield f"page: {former}, formerly of {article.url}: {answer.status_code}"


def _page_is_wrong(state: State, answer: httpx.Response) -> str | None:
    status, text = answer.status_code, answer.text
    kind = state.taken.kind if state.taken else "live"
    if kind == "gone":
        return None if status == 410 else f"answers {status}"
    if kind == "redirect":
        right = status == 301 and state.taken and answer.headers["Location"] == state.taken.location
        return None if right else f"answers {status}"
    if status != 200 or state.live is None:
        return f"answers {status}"
    if f"<h1>{html.escape(state.live.title)}</h1>" not in text:
        return "shows another title"
    if (BANNER in text) != (kind == "withdrawal") or ("noindex" in text) != (kind == "withdrawal"):
        return "has a banner" if BANNER in text else "has no banner"
    explanation = state.taken.explanation if state.taken else None
    return "does not say why" if explanation and explanation not in text else None


def _former_is_right(article: Article, answer: httpx.Response) -> bool:
    kind = article.state.taken.kind if article.state.taken else "live"
    if kind == "gone":
        return answer.status_code == 410
    target = article.url
    if kind == "redirect" and article.state.taken:
        target = article.state.taken.location
    return answer.status_code == 301 and answer.headers["Location"] == target


def search(
    deployment: Deployment, found: Sequence[Article], others: Sequence[Article] = ()
) -> Iterator[str]:
    """Read through the results that are in every title; look for some wordings alone.

    ``others`` are articles of earlier runs on the same deployment.
    """
    every = [*others, *found]
    wanted = {a.state.live.title: a for a in every if a.state.standing == "live" and a.state.live}
    hits: dict[str, tuple[str, str]] = {}
    total = deployment.search(q=COMMON)["total"]
    for page in range(1, total // _PAGE + 2):
        for hit in _results(deployment, page):
            hits[hit["title"]] = (hit["id"], hit["url"])
    if total != len(wanted):
        yield f"search: {total} articles in all, {len(wanted)} are live"
    for title, article in wanted.items():
        if hits.pop(title, None) != (article.id, article.url):
            yield f"search: «{title}» of {article.id} is not found at {article.url}"
    for title in hits:
        yield f"search: «{title}» is found, and nobody should find it"
    for article in found[:: max(len(found) // _ALONE, 1)]:
        for token in article.tokens:
            alone = [hit["id"] for hit in deployment.search(q=token)["results"]]
            live = article.state.live if article.state.standing == "live" else None
            if alone != ([article.id] if live and live.token == token else []):
                yield f"search: «{token}» of {article.id} finds {alone}"


def _results(deployment: Deployment, page: int) -> list[dict[str, str]]:
    """Return a page of what COMMON finds, in an order without chance: by time, then by id."""
    found = deployment.search(q=COMMON, sort="newest", per_page=_PAGE, page=page)
    results: list[dict[str, str]] = found["results"]
    return results


def lists(http: httpx.Client, found: Sequence[Article]) -> Iterator[str]:
    """Compare the days' pages and the sitemap with all that is live; no list leads nowhere."""
    live = [(a.url or "", a.state.live) for a in found if a.state.standing == "live"]
    for day in DAYS:
        wanted = {url: text.title for url, text in live if text and text.day == day}
        answer = http.get(f"/ngay/{day.replace('-', '/')}/")
        main = answer.text.partition("<main")[2].partition("</main>")[0]
        there = set(_LINK.findall(main)) if answer.status_code == 200 else set()
        yield from _sets(f"the page of {day}", there, set(wanted))
        for title in wanted.values():
            if html.escape(title) not in main:
                yield f"lists: the page of {day} does not say «{title}»"
    urls = {url for url, _ in live}
    maps = "".join(http.get(f"/sitemap-{month}.xml").text for month in {day[:7] for day in DAYS})
    yield from _sets("the sitemap", set(re.findall(r"<loc>[^<]*?(/tin/[^<]+)</loc>", maps)), urls)
    for page in ("/", "/chuyen-muc/tin-tuc/"):
        for url in sorted(set(_LINK.findall(http.get(page).text)) - urls):
            yield f"lists: {page} leads to {url}, which is not live"


def _sets(what: str, there: set[str], wanted: set[str]) -> Iterator[str]:
    for url in sorted(wanted - there):
        yield f"lists: {what} lacks {url}"
    for url in sorted(there - wanted):
        yield f"lists: {what} has {url}"


def views(deployment: Deployment, taken: Mapping[str, int]) -> Iterator[str]:
    """Compare the site's total and each page's with the distinct ids that got a 202."""
    total = deployment.total()
    if total != sum(taken.values()):
        kind = "doubled" if total > sum(taken.values()) else "lost"
        yield f"{kind}: {total} views counted, {sum(taken.values())} taken"
    for page, wanted in sorted(taken.items()):
        answer = deployment.http.get("/api/visits", params={"path": page})
        if answer.json()["total"] != wanted:
            yield f"views: {page} has {answer.json()['total']}, taken were {wanted}"
