"""The gateway's configuration: a template for nginx, with the same routes as the embedded front."""

from collections.abc import Mapping
from pathlib import Path

from deploy.scripts import printed

SCRIPT = Path(__file__).parent / "gateway.sh"


def configuration(values: Mapping[str, str]) -> str:
    """Return the configuration as the container writes it from these settings (gateway.sh).

    Settings of this process's own environment do not count. Raises ValueError with what is wrong
    with a setting.
    """
    return printed(SCRIPT, "GATEWAY_", values)
