from collections.abc import Iterator

import pytest

from tests.deployment import Deployment, Editor


@pytest.fixture(scope="session")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """One running deployment that the end-to-end tests share; each writes articles of its own."""
    with Deployment(tmp_path_factory.mktemp("deployment")) as started:
        yield started
        assert started.stop() == 0


@pytest.fixture(scope="session")
def editor(deployment: Deployment) -> Editor:
    made = Editor(deployment)
    made.category("tin-tuc", "Tin tức")
    made.category("nong-nghiep", "Nông nghiệp")
    return made
