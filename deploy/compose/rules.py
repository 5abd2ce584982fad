"""What the compose deployment keeps to beyond what compose itself asks.

Decides only: `deploy.compose.check` reads the files and tells.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from ipaddress import ip_network
from typing import Final

from deploy.compose.project import DONE, Project, strings

EXCEPTIONS: Final = {
    ("elasticsearch", "read-only"): "the image writes to its own configuration and programs",
}
"""Who may break which rule, and why. One that is not needed any more is wrong too."""
FRONT_DOOR: Final = "gateway"
OUTSIDE: Final = "edge"
"""The only network that leads out of the machine."""
_KEEPERS: Final = {
    "rabbitmq": {"ingest", "indexing", "render", "visits", "prometheus"},
    "postgres": {"ingest", "render", "visits", "databases", "postgres-exporter", "prometheus"},
    "elasticsearch": {"indexing", "search", "elasticsearch-exporter", "prometheus"},
}
"""The servers that keep data, and who may reach them: services by name, servers likewise.

Prometheus asks each process on the network of its service, where the servers are too.
"""
_OF_DOCKER: Final = (ip_network("172.16.0.0/12"), ip_network("192.168.0.0/16"))
"""Where its networks lie whose subnet nobody names (``default-address-pools`` of dockerd)."""
_SECRET_NAME: Final = re.compile(
    r"PASSWORD|PASSWD|SECRET|TOKEN|CREDENTIAL|PRIVATE|(?:^|_)(?:PASS|PW|KEY|APIKEY)$"
)
_NAMES_A_FILE: Final = re.compile(r"_(?:FILE|DIR)$")
_LOGIN_IN_ADDRESS: Final = re.compile(r"://[^/\s@]*:[^/\s@]+@")
_MOUNTED_SECRET: Final = re.compile(r"/run/secrets/([\w.-]+)")


def broken(
    project: Project, exceptions: Mapping[tuple[str, str], str] = EXCEPTIONS
) -> Iterator[str]:
    """Yield in words each rule that the project breaks and is not excused from."""
    needed = set()
    for name in project.services:
        for rule, finds in _OF_A_SERVICE.items():
            for text in finds(project, name):
                needed.add((name, rule))
                if (name, rule) not in exceptions:
                    yield f"{name}: {text} ({rule})"
    for name, rule in exceptions.keys() - needed:
        yield f"{name}: an exception that is not needed ({rule})"
    for finds_all in _OF_ALL:
        yield from finds_all(project)


def unexplained(project: Project, example: Mapping[str, str]) -> Iterator[str]:
    """Yield where the settings of the compose file and .env.example differ."""
    asked = dict(project.asked())
    for name, default in sorted(set(project.asked())):
        if name not in example:
            yield f"{name}: does not stand in .env.example"
        elif example[name] != default:
            yield f"{name}: is «{default}» by default and «{example[name]}» in .env.example"
    for name in sorted(example.keys() - asked.keys()):
        yield f"{name}: stands in .env.example, and the compose file does not use it"


def pinned(image: str) -> bool:
    """Tell whether an image is named with its version: not by none, ``latest`` or ``stable``."""
    tag = image.partition("@")[0].rpartition("/")[2].partition(":")[2]
    return re.match(r"v?\d", tag) is not None


def _image(project: Project, name: str) -> Iterator[str]:
    image = project.services[name].get("image", "")
    if not pinned(image):
        yield f"the image «{image}» is not pinned by a version"


def _read_only(project: Project, name: str) -> Iterator[str]:
    if project.services[name].get("read_only") is not True:
        yield "its root file system can be written to"


def _privileges(project: Project, name: str) -> Iterator[str]:
    service = project.services[name]
    if service.get("cap_drop") != ["ALL"]:
        yield "does not drop all capabilities"
    if "no-new-privileges:true" not in service.get("security_opt", ()):
        yield "may gain privileges"
    if any(text.endswith("unconfined") for text in service.get("security_opt", ())):
        yield "is not confined"
    yield from (f"has {key}" for key in ("cap_add", "privileged", "devices") if service.get(key))
    for key in ("pid", "ipc", "network_mode", "userns_mode", "uts"):
        if str(service.get(key, "")).startswith(("host", "container:", "service:")):
            yield f"shares its {key} with others"
    if str(service.get("user", "")).partition(":")[0] in {"0", "root"}:
        yield "runs as root"


def _restart(project: Project, name: str) -> Iterator[str]:
    policy = project.services[name].get("restart", "")
    if name in project.one_shot:
        if policy is not False and not re.fullmatch(r"no|on-failure(:\d+)?", policy):
            yield f"ends when it is done, and is restarted «{policy}»"
    elif policy not in {"always", "unless-stopped"}:
        yield f"should stay up, and is restarted «{policy}»"


def _limits(project: Project, name: str) -> Iterator[str]:
    for limit in ("mem_limit", "pids_limit"):
        if not re.fullmatch(r"[1-9]\d*[bkmg]?", str(project.services[name].get(limit, ""))):
            yield f"has no {limit}"


def _logs(project: Project, name: str) -> Iterator[str]:
    logging = project.services[name].get("logging") or {}
    options = logging.get("options") or {}
    if logging.get("driver") not in {"json-file", "local"} or not (
        options.get("max-size") and options.get("max-file")
    ):
        yield "its log is not rotated"


def _health(project: Project, name: str) -> Iterator[str]:
    check = project.services[name].get("healthcheck") or {}
    tests = check.get("test") or ["NONE"]
    if name not in project.one_shot and (check.get("disable") or tests[0] == "NONE"):
        yield "stays up, and nobody asks whether it is well"


def _waits(project: Project, name: str) -> Iterator[str]:
    for other, condition in project.waits(name).items():
        if condition not in {"service_healthy", DONE}:
            yield f"waits for {other} until {condition}, not until it is healthy or done"


def _ports(project: Project, name: str) -> Iterator[str]:
    if name != FRONT_DOOR and project.services[name].get("ports"):
        yield f"publishes ports; only {FRONT_DOOR} may"


def _networks(project: Project, name: str) -> Iterator[str]:
    """Hold a network named for a service to that service's processes and the servers."""
    networks = project.networks(name)
    if not networks - {"default"}:
        yield "names no network, and so reaches everyone on the common one"
    if not project.services[name].get("build"):
        return  # a server: nothing of ours
    owner = name.partition("-")[0]
    owners = {other.partition("-")[0] for other, one in project.services.items() if "build" in one}
    for network in sorted(networks & (owners - {owner})):
        yield f"is on the network of {network}"


def _reach(project: Project, name: str) -> Iterator[str]:
    """Hold a server that keeps data to those who need it, and the front door to pairs."""
    for other in sorted(set(project.services) - {name}):
        shared = project.networks(name) & project.networks(other)
        if not shared or other in _KEEPERS:
            continue
        owner = other.partition("-")[0] if project.services[other].get("build") else other
        if name in _KEEPERS and owner not in _KEEPERS[name]:
            yield f"can be reached by {other} ({', '.join(sorted(shared))})"
    if name == FRONT_DOOR:
        for network in sorted(project.networks(name) - {OUTSIDE}):
            there = {other for other in project.services if network in project.networks(other)}
            if len(there - {name}) > 1:
                yield f"brings {', '.join(sorted(there - {name}))} together ({network})"


def _environment(project: Project, name: str) -> Iterator[str]:
    for variable in project.environment(name):
        if _SECRET_NAME.search(variable.upper()) and not _NAMES_A_FILE.search(variable):
            yield f"{variable} looks like a secret: it belongs in a file"
    if any(map(_LOGIN_IN_ADDRESS.search, strings(dict(project.services[name])))):
        yield "has an address with a password in it: it belongs in a file"
    if "env_file" in project.services[name]:
        yield "has an env_file, which nothing here explains"


def _secrets(project: Project, name: str) -> Iterator[str]:
    there = project.secrets(name)
    for variable, value in project.environment(name).items():
        for file in _MOUNTED_SECRET.findall(value):
            if file not in there:
                yield f"{variable} names the secret {file}, which it is not given"


def _mounts(project: Project, name: str) -> Iterator[str]:
    for mount in project.mounts(name):
        if mount.source.endswith("docker.sock"):
            yield "is given the engine's socket, and with it the machine"
        elif mount.bind and not mount.read_only:
            yield f"may write to {mount.source} on the machine"


def _used_and_defined(project: Project) -> Iterator[str]:
    services = project.services
    uses = {
        "networks": {network for name in services for network in project.networks(name)},
        "volumes": {
            mount.source for name in services for mount in project.mounts(name) if not mount.bind
        },
        "secrets": {secret for name in services for secret in project.secrets(name).values()},
    }
    for kind, names in uses.items():
        defined = project.defined(kind)
        yield from (f"{kind}: {name} is defined and not used" for name in sorted(defined - names))
        yield from (f"{kind}: {name} is used and not defined" for name in sorted(names - defined))


def _outside(project: Project) -> Iterator[str]:
    for name, network in (project.whole.get("networks") or {}).items():
        if name != OUTSIDE and not (network or {}).get("internal"):
            yield f"networks: {name} leads outside; only {OUTSIDE} may"


def _subnets(project: Project) -> Iterator[str]:
    for name, network in (project.whole.get("networks") or {}).items():
        for config in ((network or {}).get("ipam") or {}).get("config") or []:
            if _is_of_docker(config.get("subnet")):
                yield (
                    f"networks: {name} wants {config['subnet']}, which Docker may have given to"
                    " another"
                )


def _is_of_docker(subnet: str | None) -> bool:
    if subnet is None:
        return False
    network = ip_network(subnet)
    return any(network.version == pool.version and network.overlaps(pool) for pool in _OF_DOCKER)


def _secrets_are_files(project: Project) -> Iterator[str]:
    for name, secret in (project.whole.get("secrets") or {}).items():
        if set(secret or ()) != {"file"}:
            yield f"secrets: {name} does not come from a file"


_OF_A_SERVICE: Final[dict[str, Callable[[Project, str], Iterator[str]]]] = {
    "image": _image,
    "read-only": _read_only,
    "privileges": _privileges,
    "restart": _restart,
    "limits": _limits,
    "logs": _logs,
    "health": _health,
    "waits": _waits,
    "ports": _ports,
    "networks": _networks,
    "reach": _reach,
    "environment": _environment,
    "secrets": _secrets,
    "mounts": _mounts,
}
_OF_ALL: Final = (_used_and_defined, _outside, _subnets, _secrets_are_files)
