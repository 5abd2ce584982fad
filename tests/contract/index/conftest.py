"""The index and its reader, once for each adapter. Another adapter is one more parameter."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from shared.index import Engine, Index, Query, open_engine, open_index
from tests.contract.index.elastic import new_aliases
from tests.factories import an_id


@pytest.fixture(params=["tantivy", "elastic"])
def adapter(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def new_url(
    adapter: str, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[Callable[[], str]]:
    """Give addresses of indexes that do not exist yet."""
    if adapter == "tantivy":
        numbers = count()
        yield lambda: f"tantivy://{tmp_path / f'index-{next(numbers)}'}"
        return
    with new_aliases(request.getfixturevalue("elasticsearch")) as new:
        yield new


@pytest.fixture
def url(new_url: Callable[[], str]) -> str:
    """Address of an index that does not exist yet."""
    return new_url()


@pytest.fixture
def index(url: str) -> Iterator[Index]:
    opened = open_index(url)
    yield opened
    opened.close()


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    """A reader that was opened before anything was written."""
    opened = open_engine(url)
    assert opened.search(Query()).total == 0
    yield opened
    opened.close()


Find = Callable[..., list[int]]


@pytest.fixture
def find(engine: Engine) -> Find:
    """Search, and return the numbers of the articles found, in order."""

    def search(text: str = "", **fields: Any) -> list[int]:
        numbers = {an_id(number): number for number in range(200)}
        results = engine.search(Query(text, **fields))
        found = [numbers[hit.id] for hit in results.hits]
        assert results.total >= len(found)
        return found

    return search
