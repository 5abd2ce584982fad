"""The real servers that tests ask for by name; each is started when the first test needs it.

A test of a shared server takes a virtual host, database or index of its own there; a test that
hurts a server takes one of its own (``own_...``).
"""

import logging
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import structlog

from tests.deployment import Deployment
from tests.embedded_deployment import EmbeddedDeployment
from tests.scheduling import Together, turn_of
from tests.server_deployment import ServerDeployment
from tests.server_stores import Servers
from tests.servers.elasticsearch import Elasticsearch
from tests.servers.postgresql import PostgreSQL
from tests.servers.rabbitmq import RabbitMQ
from tests.servers.reporting import report_missing, started


@pytest.fixture(scope="session")
def rabbitmq(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitMQ]:
    with started(RabbitMQ, tmp_path_factory.mktemp("rabbitmq")) as server:
        yield server


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgreSQL]:
    with started(PostgreSQL, tmp_path_factory.mktemp("postgresql")) as server:
        yield server


@pytest.fixture(scope="session")
def elasticsearch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Elasticsearch]:
    with started(Elasticsearch, tmp_path_factory.mktemp("elasticsearch")) as server:
        yield server


@pytest.fixture(scope="session")
def servers(rabbitmq: RabbitMQ, postgresql: PostgreSQL, elasticsearch: Elasticsearch) -> Servers:
    return Servers(rabbitmq, postgresql, elasticsearch)


@pytest.fixture(scope="session", params=["embedded", "servers"])
def new_deployment(request: pytest.FixtureRequest) -> Callable[..., Deployment]:
    """Make a deployment of each kind in turn, of a folder and settings."""
    if request.param == "embedded":
        return EmbeddedDeployment
    return partial(ServerDeployment, servers=request.getfixturevalue("servers"))


@pytest.fixture
def own_rabbitmq(tmp_path: Path) -> Iterator[RabbitMQ]:
    with started(RabbitMQ, tmp_path / "rabbitmq") as server:
        yield server


@pytest.fixture
def own_postgresql(tmp_path: Path) -> Iterator[PostgreSQL]:
    with started(PostgreSQL, tmp_path / "postgresql") as server:
        yield server


@pytest.fixture
def own_elasticsearch(tmp_path: Path) -> Iterator[Elasticsearch]:
    with started(Elasticsearch, tmp_path / "elasticsearch") as server:
        yield server


def pytest_configure() -> None:
    """Log exceptions as they are: with all their locals, as rich shows them, takes half a second
    each."""
    plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    others = structlog.get_config()["processors"][:-1]
    structlog.configure(processors=[*others, plain])


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    """Undo what a command that is called in this process sets up for itself: its log would go on
    to the standard error of that one test, closed by then."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: turn_of(item.path.parent.name))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together:
    return Together(config, log)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    report_missing(terminalreporter)
