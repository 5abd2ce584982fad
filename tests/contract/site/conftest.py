from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.site.harness import Harness, Sites, sites
from tests.databases import KINDS, Databases, databases


@pytest.fixture(scope="session", params=KINDS)
def page_databases(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Databases:
    return databases("render", request, tmp_path_factory)


@pytest.fixture
def new_site(tmp_path: Path, page_databases: Databases) -> Iterator[Sites]:
    with sites(tmp_path, page_databases) as make:
        yield make


@pytest.fixture
def site(new_site: Sites) -> Harness:
    return new_site()
