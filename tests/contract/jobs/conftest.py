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
        bus = f"sqlite://{tmp_path}/bus"
    else:
        server: RabbitMQ = request.getfixturevalue("rabbitmq")
        bus = server.new_vhost()
    made = Sample(tmp_path, bus)
    yield made
    made.close()


@pytest.fixture
def on_rabbitmq(rabbitmq: RabbitMQ, tmp_path: Path) -> Iterator[Sample]:
    made = Sample(tmp_path, rabbitmq.new_vhost())
    yield made
    made.close()


@pytest.fixture(scope="session")
def weak_rabbitmq(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitMQ]:
    """A broker that each test here may hurt, and leaves as it was."""
    with started(RabbitMQ, tmp_path_factory.mktemp("weak")) as server:
        yield server


@pytest.fixture
def on_weak_rabbitmq(weak_rabbitmq: RabbitMQ, tmp_path: Path) -> Iterator[Sample]:
    made = Sample(tmp_path, weak_rabbitmq.new_vhost())
    yield made
    made.close()
