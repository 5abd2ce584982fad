"""One gateway for most tests: before a recording server for each service, and Grafana."""

from collections.abc import Iterator

import pytest

from tests.contract.gateway.harness import SERVICES as NAMES
from tests.contract.gateway.harness import Behind, Gateway, behind, settings_of
from tests.servers.reporting import started

TRUSTED = "127.0.0.9"
CONNECTIONS = 5


@pytest.fixture(scope="module")
def services() -> Iterator[dict[str, Behind]]:
    with behind(*NAMES) as servers:
        yield servers


@pytest.fixture(scope="module")
def gateway(
    services: dict[str, Behind], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gateway]:
    """Clients from 127.0.0.1 are not limited, those from any other address are."""
    settings = settings_of(services) | {
        "GATEWAY_TRUSTED_PROXIES": TRUSTED,
        "GATEWAY_UNLIMITED": "127.0.0.1",
        "GATEWAY_VIEW_RATE": "1",
        "GATEWAY_SEARCH_RATE": "1",
        "GATEWAY_API_RATE": "1",
        "GATEWAY_PAGE_RATE": "1",
        "GATEWAY_MEDIA_RATE": "1",
        "GATEWAY_CONNECTIONS": str(CONNECTIONS),
        "GATEWAY_CLIENT_TIMEOUT": "3",
    }
    folder = tmp_path_factory.mktemp("gateway")
    with started(lambda folder: Gateway(folder, settings), folder) as one:
        yield one
