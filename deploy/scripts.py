"""What a container's start script makes of its settings, without starting anything."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path


def printed(script: Path, prefix: str, settings: Mapping[str, str]) -> str:
    """Return what ``script print`` writes with these settings.

    Those of this process's own environment that begin with ``prefix`` do not count. Raises
    ValueError with what is wrong with a setting.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(prefix)}
    done = subprocess.run(  # noqa: S603 - our own script
        ["/bin/sh", script, "print"],
        env={**kept, **settings},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise ValueError(done.stderr.strip())
    return done.stdout
