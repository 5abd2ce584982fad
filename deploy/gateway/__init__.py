"""The gateway's configuration: a template for nginx, with the same routes as the embedded front."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

SCRIPT = Path(__file__).parent / "gateway.sh"


def configuration(values: Mapping[str, str]) -> str:
    """Return the configuration as the container writes it from these settings (gateway.sh).

    Settings of this process's own environment do not count. Raises ValueError with what is wrong
    with a setting.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
    done = subprocess.run(  # noqa: S603 - our own script
        ["/bin/sh", SCRIPT, "print"],
        env={**kept, **values},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise ValueError(done.stderr.strip())
    return done.stdout
