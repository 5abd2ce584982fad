"""``make up`` and ``make upgrade`` ask first whether the networks are as they are set.

Compose leaves a network as it is when its subnet is changed (seen with 2.26), but tells the
processes of the new one: whoever comes through the gateway would be a stranger's proxy to them, and
all readers one visitor. Needs Python and docker compose.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any, Final

from deploy.compose.stack import Stack, TroubleError, finished, run

_SET: Final = "front"
"""The network that a setting places; others are placed by an override file."""
_SETTING: Final = "BANTIN_FRONT_SUBNET"


def differing(
    wanted: Mapping[str, Mapping[str, Any]], there: Mapping[str, set[str]]
) -> Iterator[str]:
    """Yield in words which network lies elsewhere than it is set.

    ``wanted`` are the networks of the compose file by name, ``there`` the subnets of those that
    were made.
    """
    for name, network in wanted.items():
        configs = (network.get("ipam") or {}).get("config") or []
        subnets = {config["subnet"] for config in configs if "subnet" in config}
        if name in there and subnets and subnets != there[name]:
            was, now = (" ".join(sorted(one)) for one in (there[name], subnets))
            keep = f"; or keep it, with {_SETTING}={was} in .env" if name == _SET else ""
            yield (
                f"the network {name} is {was}, and set to be {now}: `make down`, then `make up`"
                f" (nothing is lost){keep}"
            )


def check(stack: Stack) -> None:
    """Raise TroubleError if a network has to be made anew."""
    said: dict[str, Any] = json.loads(stack.configuration.resolved)
    label = f"label=com.docker.compose.project={stack.configuration.project}"
    ids = run(("docker", "network", "ls", "--quiet", "--filter", label)).split()
    made = json.loads(run(("docker", "network", "inspect", *ids))) if ids else []
    there = {
        network["Labels"]["com.docker.compose.network"]: {
            config["Subnet"] for config in network["IPAM"]["Config"] or ()
        }
        for network in made
    }
    if found := list(differing(said["networks"], there)):
        raise TroubleError("\n        ".join(found))


def main() -> None:
    check(Stack())


if __name__ == "__main__":
    sys.exit(finished(main))
