from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.jobs.harness import Sample
from tests.servers.rabbitmq import RabbitMQ
from tests.servers.reporting import started


@pytest.fixture(params=["embedded", "rabbitmq"])
def sample(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Sample]:
    """Jobs hinted at by threads, and by Celery."""
    if request.param == "embedded":
        yield from _sample(tmp_path, f"sqlite://{tmp_path}/bus")
        return
    server: RabbitMQ = request.getfixturevalue("rabbitmq")
    with server.vhost() as bus:
        yield from _sample(tmp_path, bus)


def _sample(folder: Path, bus: str) -> Iterator[Sample]:
    made = Sample(folder, bus)
    yield made
    made.close()


@pytest.fixture
def on_rabbitmq(rabbitmq: RabbitMQ, tmp_path: Path) -> Iterator[Sample]:
    with rabbitmq.vhost() as bus:
        yield from _sample(tmp_path, bus)


@pytest.fixture(scope="session")
def weak_rabbitmq(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitMQ]:
    """A broker that each test here may hurt, and leaves as it was."""
    with started(RabbitMQ, tmp_path_factory.mktemp("weak")) as server:
        yield server


@pytest.fixture
def on_weak_rabbitmq(weak_rabbitmq: RabbitMQ, tmp_path: Path) -> Iterator[Sample]:
    with weak_rabbitmq.vhost() as bus:
        yield from _sample(tmp_path, bus)
