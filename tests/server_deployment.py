"""The deployment on servers: every process of its own, behind nginx, as containers would run them.

The harness plays the part of Docker: it runs the migrations first, restarts what dies, and stops
everything by SIGTERM.
"""

import os
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import ClassVar, NamedTuple

from deploy.embedded.children import Child, Command
from deploy.gateway import configuration
from tests.deployment import Deployment, free_port, wait_for
from tests.keeper import GATEWAY_PROGRAM, Gateway, Keeper
from tests.server_stores import OWNERS, Servers, Stores

GATEWAY = "gateway"
_READY_WITHIN, _STOP_WITHIN = 120.0, 30.0
_GIVE_UP_AFTER = 5
"""Deaths in a row while it starts, after which a process is taken to be unable to."""


class _Role(NamedTuple):
    """A process of a service, and the setting that says where its own HTTP listens, if any."""

    service: str
    process: str
    port: str | None = None

    @property
    def name(self) -> str:
        return f"{self.service}-{self.process}"


ROLES = (
    _Role("ingest", "api", "BANTIN_INGEST_PORT"),
    _Role("ingest", "relay"),
    _Role("ingest", "consumer"),
    _Role("ingest", "jobs"),
    _Role("indexing", "consumer"),
    _Role("indexing", "jobs"),
    _Role("render", "consumer"),
    _Role("render", "writer"),
    _Role("render", "jobs"),
    _Role("render", "web", "BANTIN_RENDER_WEB_PORT"),
    _Role("visits", "collector", "BANTIN_VISITS_PORT"),
    _Role("visits", "counter"),
    _Role("visits", "exporter", "BANTIN_VISITS_METRICS_PORT"),
    _Role("visits", "jobs"),
    _Role("search", "web", "BANTIN_SEARCH_PORT"),
)
PROCESSES = (*(role.name for role in ROLES), GATEWAY)
_BEHIND = {
    "GATEWAY_INGEST_API": "ingest-api",
    "GATEWAY_SEARCH_WEB": "search-web",
    "GATEWAY_VISITS_COLLECTOR": "visits-collector",
    "GATEWAY_RENDER_WEB": "render-web",
}
"""The gateway's names for what stands behind it."""


class ServerDeployment(Deployment):
    """``servers`` are there for whoever wants to hurt them; ``stores`` is what is ours on them."""

    kind: ClassVar[str] = "servers"
    processes: Sequence[str] = PROCESSES
    entrance: Sequence[str] = (GATEWAY, *_BEHIND.values())
    mortal: Sequence[str] = ()

    def __init__(self, folder: Path, *, servers: Servers, **settings: str) -> None:
        first = free_port(2 * len(PROCESSES))
        self.admin_ports = {name: first + i for i, name in enumerate(PROCESSES)}
        self.ports = {name: first + len(PROCESSES) + i for i, name in enumerate(PROCESSES)}
        self.servers = servers
        self.stores: Stores = servers.new_stores()
        own = {
            "BANTIN_BUS": self.stores.bus,
            "BANTIN_SEARCH_INDEX": self.stores.search_index,
            "BANTIN_TRUSTED_PROXIES": "127.0.0.1",
            "BANTIN_RENDER_PRECOMPRESS": "true",
        }
        super().__init__(folder, self.ports[GATEWAY], own | settings)
        self.complaints: list[str] = []
        """What ended otherwise than with status 0 when it was last told to stop."""
        self._keeper: Keeper | None = None
        self._children: dict[str, Child] = {}

    def start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "site").mkdir(exist_ok=True)
        self._migrate()
        self._keeper = keeper = Keeper()
        self._children = {role.name: Child(self._command(role, keeper)) for role in ROLES}
        self._children[GATEWAY] = Gateway(self._gateway_command(keeper))
        keeper.start(self._children.values())
        waiting = set(PROCESSES)

        def all_ready() -> bool:
            self._need_none_to_have_given_up()
            waiting.difference_update([name for name in waiting if self.says_ready(name)])
            return not waiting and self.answers()

        wait_for(all_ready, within=_READY_WITHIN)

    def _migrate(self, services: Sequence[str] = OWNERS) -> None:
        with ThreadPoolExecutor(len(OWNERS)) as pool:
            list(pool.map(lambda one: self.command(f"services.{one}", "migrate"), services))

    def _need_none_to_have_given_up(self) -> None:
        for name, child in self._children.items():
            if child.deaths >= _GIVE_UP_AFTER:
                raise AssertionError(f"{name} does not start: {self.log(name)[-3000:]}")

    def _command(self, role: _Role, keeper: Keeper) -> Command:
        environment = self.environment_of(role.service)
        environment[f"BANTIN_{role.service.upper()}_ADMIN_PORT"] = str(self.admin_ports[role.name])
        if role.port:
            environment[role.port] = str(self.ports[role.name])
        return Command(
            name=role.name,
            arguments=("-m", f"services.{role.service}", role.process),
            environment=environment,
            log=self._log_of(role.name),
            parent_fd=keeper.parent_fd,
        )

    def _gateway_command(self, keeper: Keeper) -> Command:
        folder = self.folder / GATEWAY
        folder.mkdir(exist_ok=True)
        values = {
            "GATEWAY_LISTEN": f"127.0.0.1:{self.port}",
            "GATEWAY_ADMIN_LISTEN": f"127.0.0.1:{self.admin_ports[GATEWAY]}",
            "GATEWAY_RUN_DIR": str(folder),
            "GATEWAY_SITE_DIR": str(self.folder / "site"),
            "GATEWAY_ACCESS_LOG": str(folder / "access.log"),
        }
        values |= {key: f"127.0.0.1:{self.ports[name]}" for key, name in _BEHIND.items()}
        file = folder / "nginx.conf"
        file.write_text(configuration(values))
        # Its workers would become another user, who may not look into a folder of the tests.
        user = "user root; " if os.geteuid() == 0 else ""
        return Command(
            name=GATEWAY,
            program=GATEWAY_PROGRAM,
            arguments=("-c", str(file), "-e", "stderr", "-g", f"{user}daemon off;"),
            environment=dict(os.environ),
            log=self._log_of(GATEWAY),
            parent_fd=keeper.parent_fd,
        )

    def is_ready(self) -> bool:
        return all(map(self.says_ready, PROCESSES)) and self.answers()

    def stop(self) -> int:
        """Stop the gateway, then all others; return the first status that is not 0, or 0."""
        if self._keeper is None:
            return 0
        self._keeper.stop()
        gateway = self._children[GATEWAY]
        for group in ([gateway], [c for c in self._children.values() if c is not gateway]):
            for child in group:
                child.ask_to_stop()
            for child in group:
                child.wait(_STOP_WITHIN)
        self._keeper.close()
        self._keeper = None
        ended = {name: child.exit_status for name, child in self._children.items()}
        self.complaints = [
            f"{name} ended with {status}" for name, status in ended.items() if status
        ]
        return next((status for status in ended.values() if status), 0)

    @contextmanager
    def without(self, *services: str) -> Iterator[None]:
        with self._stopped([name for service in services for name in self.members(service)]):
            yield
            self._migrate([service for service in services if service in OWNERS])

    @contextmanager
    def _stopped(self, names: Sequence[str]) -> Iterator[None]:
        """Stop these processes for a block; then start them and wait until they are ready."""
        assert self._keeper is not None
        resting = [self._children[name] for name in names]
        with self._keeper.resting(resting):
            for child in resting:
                child.ask_to_stop()
            for child in resting:
                child.wait(_STOP_WITHIN)
            ended = {child.command.name: child.exit_status for child in resting}
            assert not any(ended.values()), ended
            yield
        wait_for(lambda: all(map(self.says_ready, names)), within=_READY_WITHIN)

    @contextmanager
    def changed(self, *names: str, **settings: str) -> Iterator[None]:
        """Start these processes anew with other settings; afterwards with their own again."""
        own = {name: self._children[name].command for name in names}
        with self._stopped(names):
            for name, command in own.items():
                environment = {**command.environment, **settings}
                self._children[name].command = replace(command, environment=environment)
        yield
        with self._stopped(names):
            for name, command in own.items():
                self._children[name].command = command

    def pids(self) -> dict[str, int]:
        return {name: child.pid for name, child in self._children.items() if child.pid is not None}

    def living(self, name: str) -> int | None:
        child = self._children[name]
        pid = child.pid
        return pid if child.exit_status is None and child.pid == pid else None

    def revive(self) -> None:
        """Nothing to do: whoever keeps the processes alive is never killed."""

    def environment_of(self, service: str) -> dict[str, str]:
        database = self.stores.databases.get(service)
        return self.environment | ({"BANTIN_DATABASE": database} if database else {})

    def members(self, name: str) -> list[str]:
        return [name] if name in PROCESSES else [r.name for r in ROLES if r.service == name]

    @property
    def exporter_port(self) -> int:
        return self.ports["visits-exporter"]

    @property
    def bus_url(self) -> str:
        return self.stores.bus

    @property
    def search_index_url(self) -> str:
        return self.stores.search_index

    def database_url(self, service: str) -> str:
        return self.stores.databases[service].replace("postgresql://", "postgresql+psycopg://", 1)

    def _log_of(self, process: str) -> Path:
        return self.folder / "log" / f"{process}.log"

    def log(self, name: str) -> str:
        files = map(self._log_of, self.members(name))
        return "".join(file.read_text() for file in files if file.exists())

    def damage(self) -> list[str]:
        return self.servers.damage(self.stores)

    def wipe(self, *parts: str) -> None:
        for part in parts:
            if part == "index":
                self.servers.drop_indexes(self.stores)
                continue
            shutil.rmtree(self.folder / part)
            if part in OWNERS:
                self.servers.empty_database(self.stores, part)

    def back_up(self, service: str) -> None:
        self.servers.copy_database(self.stores, service)
        if (self.folder / service).exists():
            shutil.copytree(self.folder / service, self._copy_of(service), dirs_exist_ok=True)

    def restore(self, service: str) -> None:
        self.servers.put_copy_back(self.stores, service)
        shutil.rmtree(self.folder / service, ignore_errors=True)
        if self._copy_of(service).exists():
            shutil.copytree(self._copy_of(service), self.folder / service)

    def _copy_of(self, service: str) -> Path:
        return self.folder.with_name(f"{self.folder.name}-backup") / service
