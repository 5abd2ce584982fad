from collections.abc import Callable, Iterator

import pytest

from tests.deployment import Deployment, Editor
from tests.embedded_deployment import EmbeddedDeployment


@pytest.fixture(scope="package")
def deployment(
    new_deployment: Callable[..., Deployment], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    """One running deployment that the end-to-end tests share; each writes articles of its own."""
    with new_deployment(tmp_path_factory.mktemp("deployment") / "var") as started:
        yield started
        assert started.stop() == 0


@pytest.fixture(scope="package")
def editor(deployment: Deployment) -> Editor:
    made = Editor(deployment)
    made.category("tin-tuc", "Tin tức")
    made.category("nong-nghiep", "Nông nghiệp")
    return made


@pytest.fixture(scope="package")
def known(
    new_deployment: Callable[..., Deployment], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    """One that has only what ingest knows, for tests that lose or compare all that it has.

    Manifests are so far apart that none comes during a test, which could mend what it is about.
    """
    folder = tmp_path_factory.mktemp("known") / "var"
    with new_deployment(folder, BANTIN_MANIFEST_SECONDS="36000") as started:
        yield started
        assert started.stop() == 0


@pytest.fixture(scope="package")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedDeployment]:
    """One running embedded deployment, for what is told of its supervisor and its files."""
    with EmbeddedDeployment(tmp_path_factory.mktemp("embedded")) as started:
        yield started
        assert started.stop() == 0
