import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shared.bus import Bus
from shared.bus.rabbitmq import open_rabbitmq
from tests.contract.bus.adapters import ADAPTERS, Adapter, new_address
from tests.contract.bus.place import SHORT, Place
from tests.contract.bus.proxy import Proxy
from tests.servers.rabbitmq import RabbitMQ
from tests.servers.reporting import started

ROOT = Path(__file__).parents[3]
CHILD = "tests.contract.bus.child"


@pytest.fixture(params=sorted(ADAPTERS))
def adapter_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def adapter(adapter_name: str, tmp_path: Path, request: pytest.FixtureRequest) -> Adapter:
    address = new_address(adapter_name, tmp_path, lambda: request.getfixturevalue("rabbitmq"))
    return ADAPTERS[adapter_name](address)


@pytest.fixture
def bus(adapter: Adapter) -> Iterator[Bus]:
    opened = adapter.open()
    yield opened
    opened.close()


Child = subprocess.Popen[str]
Start = Callable[..., Child]


@pytest.fixture
def start(adapter_name: str, adapter: Adapter) -> Iterator[Start]:
    """Start a real process on the same bus, in one of the ways of ``child.py``."""
    children: list[Child] = []

    def start_one(*arguments: str) -> Child:
        child = subprocess.Popen(
            [sys.executable, "-m", CHILD, adapter_name, adapter.address, *arguments],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        children.append(child)
        return child

    yield start_one
    for child in children:
        child.kill()
        child.wait()
        assert child.stdout is not None
        child.stdout.close()


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitMQ]:
    with started(RabbitMQ, tmp_path_factory.mktemp("rabbitmq")) as server:
        yield server


@pytest.fixture
def place(broker: RabbitMQ) -> Place:
    return Place(broker, broker.new_vhost())


@pytest.fixture
def proxy(place: Place) -> Iterator[Proxy]:
    proxy = Proxy(place.url)
    yield proxy
    proxy.close()


@pytest.fixture
def far(proxy: Proxy) -> Iterator[Bus]:
    """A bus behind a wire that can be cut."""
    opened = open_rabbitmq(proxy.url, timeouts=SHORT)
    yield opened
    opened.close()
