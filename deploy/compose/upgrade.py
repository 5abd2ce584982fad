"""``make upgrade``: to the version of this folder, or back to it, one process after another.

First every database gets its tables, which the version that still runs can live with; then each
process is replaced, in as many copies as there are, and the next only when it is ready. Servers
and gateway go on as they are. (`docker compose up` would stop every process first; seen with
2.26: it takes a process that was replaced alone for one of other settings, and replaces it once
more, so it is not asked here.) Needs Python and docker compose.
"""

import argparse
import json
import sys
from typing import Any, Final

from deploy.compose import networks
from deploy.compose.stack import UP, Stack, Steps, TroubleError, finished

_OURS: Final = "bantin-"


def upgrade(stack: Stack, steps: Steps, *, build: bool) -> None:
    """Replace every process. Raises TroubleError at the first that does not become ready."""
    if "postgres" not in stack.running():
        raise TroubleError("nothing runs that could be upgraded: `make up`")
    networks.check(stack)
    if build:
        stack.do("build", "--quiet")
        steps.done(f"images of version {stack.configuration.version}")
    services: dict[str, dict[str, Any]] = json.loads(stack.configuration.resolved)["services"]
    ours = sorted(name for name, service in services.items() if _is_ours(service))
    for name in (name for name in ours if name.endswith("-migrate")):
        stack.do("run", "--rm", "--no-deps", "--no-TTY", name)
        steps.done(name)
    processes = [name for name in ours if not name.endswith("-migrate")]
    for name in processes:
        kept = f"--scale={name}={_copies(stack, name)}"
        stack.do(*UP, "--no-build", "--no-deps", kept, name)
        steps.done(name)
    steps.end(f"version {stack.configuration.version} is up")


def _copies(stack: Stack, service: str) -> int:
    return max(len(stack.ask("ps", "--quiet", service).split()), 1)


def _is_ours(service: dict[str, Any]) -> bool:
    return str(service["image"]).startswith(_OURS)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python3 -m deploy.compose.upgrade", description=__doc__)
    parser.add_argument("--no-build", action="store_true", help="the images are there already")
    upgrade(Stack(), Steps(), build=not parser.parse_args().no_build)


if __name__ == "__main__":
    sys.exit(finished(main))
