"""Indexes on a real Elasticsearch node, each under an alias of its own, gone when the test ends."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from tests.servers.elasticsearch import Elasticsearch


@contextmanager
def new_aliases(server: Elasticsearch) -> Iterator[Callable[[], str]]:
    """Give a function that returns the address of an index that does not exist yet."""
    given: list[str] = []

    def new() -> str:
        given.append(f"t{secrets.token_hex(6)}")
        return f"elasticsearch://{server.url.removeprefix('http://')}/{given[-1]}"

    try:
        yield new
    finally:
        for alias in given:
            wipe(f"{server.url}/{alias}")


def raw(url: str) -> str:
    """Return the address of the alias over HTTP, without our client."""
    return url.replace("elasticsearch://", "http://")


def wipe(address: str) -> None:
    """Delete every index of an alias and its template."""
    server, _, alias = address.rpartition("/")
    for index in httpx.get(f"{server}/{alias}-0*", timeout=60).json():
        call("DELETE", f"{server}/{index}")
    httpx.delete(f"{server}/{alias}-reindex", timeout=60)
    httpx.delete(f"{server}/_index_template/{alias}", timeout=60)


def call(method: str, address: str, body: Any = None) -> Any:
    """Ask the server; fail unless it says yes."""
    answer = httpx.request(method, address, json=body, timeout=60)
    assert answer.is_success, answer.text
    return answer.json()
