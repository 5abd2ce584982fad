"""RabbitMQ with its management interface and its metrics, and a virtual host for whoever asks."""

import re
import secrets
import shutil
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import httpx

from tests.deployment import free_port, wait_for
from tests.servers.certificate import Certificate
from tests.servers.runner import Container, Process, Runner
from tests.servers.server import Server

PLACES = ("/usr/lib/rabbitmq/bin", "/opt/rabbitmq/sbin")
LOOPBACK = "-kernel inet_dist_use_interface {127,0,0,1}"
LIMITS = {
    "memory": ("vm_memory_monitor:set_vm_memory_high_watermark", "0.6", "0.0"),
    "disk": ("rabbit_disk_monitor:set_disk_free_limit", "50000000", "1000000000000000"),
}
"""How a limit is set; its usual value (share of memory, bytes free), and one that is exceeded."""
_HELD = """
    Asked = fun(Queue, Query) ->
        {{ok, {{_, Count}}, _}} = ra:leader_query(amqqueue:get_pid(Queue), Query), Count end,
    Held = fun(Queue) -> case amqqueue:is_quorum(Queue) of
        true -> {{Asked(Queue, fun rabbit_fifo:query_messages_ready/1),
                 Asked(Queue, fun rabbit_fifo:query_messages_checked_out/1)}};
        false -> [{{_, Ready}}, {{_, Out}}] =
            rabbit_amqqueue:info(Queue, [messages_ready, messages_unacknowledged]), {{Ready, Out}}
        end end,
    [{{element(4, amqqueue:get_name(Q)), Held(Q)}} || Q <- rabbit_amqqueue:list(<<"{vhost}">>)].
"""
"""Erlang for what each queue of a virtual host has ready and given out, asked of its leader."""
_ROW = re.compile(r'\{<<"([^"]*)">>,\s*\{(\d+),(\d+)\}\}')
"""How the answer shows a queue."""


@dataclass(frozen=True)
class Queue:
    """How many messages a queue holds at this moment."""

    ready: int
    unacknowledged: int


class RabbitMQ(Server):
    """A broker of one node; ``configuration`` is added to its rabbitmq.conf.

    With a certificate it listens at ``tls_port`` too.
    """

    name: ClassVar[str] = "RabbitMQ"
    image: ClassVar[str] = "rabbitmq:4-management"
    advice: ClassVar[str] = "install the package rabbitmq-server"

    def __init__(
        self, folder: Path, configuration: str = "", certificate: Certificate | None = None
    ) -> None:
        self._password = secrets.token_hex(12)
        self._management_port = free_port()
        self._metrics_port = free_port()
        self._epmd: Process | None = None
        self._certificate = certificate
        self.tls_port = free_port()
        lines = ["default_user = admin", f"default_pass = {self._password}", configuration]
        folder.mkdir(parents=True, exist_ok=True)
        self._configuration = folder / "rabbitmq.conf"
        self._configuration.write_text("\n".join(lines) + "\n")
        super().__init__(folder)

    @classmethod
    def packaged(cls) -> bool:
        return _scripts() is not None and shutil.which("epmd") is not None

    @property
    def url(self) -> str:
        """Return the administrator's URL of the virtual host ``/``."""
        return f"amqp://admin:{self._password}@127.0.0.1:{self.port}/%2F"

    @property
    def management_url(self) -> str:
        """Return the administrator's URL of the HTTP API, without a last slash."""
        return f"http://admin:{self._password}@127.0.0.1:{self._management_port}"

    @property
    def metrics_url(self) -> str:
        """Return where Prometheus asks, without a last slash."""
        return f"http://127.0.0.1:{self._metrics_port}/metrics"

    def new_vhost(self) -> str:
        """Make a virtual host and a user who may do everything there and nothing elsewhere."""
        name, password = f"test_{secrets.token_hex(6)}", secrets.token_hex(12)
        self.manage("PUT", f"vhosts/{name}")
        self.manage("PUT", f"users/{name}", {"password": password, "tags": ""})
        everything = {"configure": ".*", "write": ".*", "read": ".*"}
        self.manage("PUT", f"permissions/{name}/{name}", everything)
        return f"amqp://{name}:{password}@127.0.0.1:{self.port}/{name}"

    def manage(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Ask the HTTP API, below ``/api/``; the figures it gives may be five seconds old."""
        answer = httpx.request(method, f"{self.management_url}/api/{path}", json=body, timeout=30)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def control(self, *words: str) -> str:
        """Run ``rabbitmqctl`` and return what it prints; takes about a second."""
        scripts = _scripts()
        local = isinstance(self.runner, Process) and scripts is not None
        program = str(scripts / "rabbitmqctl") if local and scripts else "rabbitmqctl"
        return self.runner.command(program, "--quiet", *words).stdout

    def queues(self, vhost: str) -> dict[str, Queue]:
        """Return exactly what each queue holds now; takes about a second.

        What ``rabbitmqctl list_queues`` says of a quorum queue may be five seconds old.
        """
        listed = self.control("eval", _HELD.format(vhost=vhost))
        return {
            name: Queue(int(ready), int(unacknowledged))
            for name, ready, unacknowledged in _ROW.findall(listed)
        }

    def write_declarations(self) -> None:
        """Return once what was declared is on disk.

        A broker that is killed within a second of a declaration may have forgotten a durable queue
        when it comes back, with every message in it, although all were confirmed: measured 5 times
        in 18 on 3.10.8 and 3 in 20 on 4.0.5, never in 12 when a second or this call lay between.
        """
        self.control("eval", "mnesia:sync_log().")

    def close_connections(self, vhost: str | None = None) -> None:
        """Close every client's connection, or those of a virtual host, from the broker's side."""
        where = ("--vhost", vhost) if vhost else ("--global",)
        self.control("close_all_connections", *where, "closed by the test")

    def set_memory_alarm(self, on: bool) -> None:  # noqa: FBT001 - it reads as the switch it is
        """Block publishers as when memory runs out, or let them go on; in force on return."""
        self._set_alarm("memory", on=on)

    def set_disk_alarm(self, on: bool) -> None:  # noqa: FBT001
        """Block publishers as when the disk runs full, or let them go on; in force on return."""
        self._set_alarm("disk", on=on)

    def _set_alarm(self, resource: str, *, on: bool) -> None:
        call, usual, exceeded = LIMITS[resource]
        self.control("eval", f"{call}({exceeded if on else usual}).")
        wait_for(lambda: (resource in self.control("eval", "rabbit_alarm:get_alarms().")) == on)

    def start(self) -> None:
        if self._epmd is not None:
            self._epmd.start()
        super().start()

    def stop(self) -> None:
        super().stop()
        self._end_epmd()

    def kill(self) -> None:
        super().kill()
        self._end_epmd()

    def is_ready(self) -> bool:
        return _greets(self.port) and self._is_managed()

    def _is_managed(self) -> bool:
        try:
            self.manage("GET", "vhosts")
        except httpx.HTTPError:
            return False
        return True

    def _end_epmd(self) -> None:
        if self._epmd is not None:
            self._epmd.kill()

    def _process(self) -> Runner:
        """Everything private: Erlang's port mapper too, which the node would else leave behind."""
        scripts, program = _scripts(), shutil.which("epmd")
        assert scripts is not None
        assert program is not None
        folder, first = self.folder, free_port(6)
        with self._configuration.open("a") as configuration:
            configuration.write(f"management.tcp.port = {self._management_port}\n")
            configuration.write("management.tcp.ip = 127.0.0.1\n")
            if self._certificate is not None:
                configuration.write(f"listeners.ssl.1 = 127.0.0.1:{self.tls_port}\n")
                configuration.write(_tls(self._certificate))
            configuration.write(f"prometheus.tcp.port = {self._metrics_port}\n")
            configuration.write("prometheus.tcp.ip = 127.0.0.1\n")
        plugins = "[rabbitmq_management,rabbitmq_prometheus].\n"
        (folder / "enabled_plugins").write_text(plugins)
        environment = {
            "HOME": str(folder),  # the cookie
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_NODENAME": f"bantin-{self.port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(first),
            "ERL_EPMD_PORT": str(first + 1),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_CTL_DIST_PORT_MIN": str(first + 2),
            "RABBITMQ_CTL_DIST_PORT_MAX": str(first + 5),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": LOOPBACK,
            "RABBITMQ_CTL_ERL_ARGS": LOOPBACK,
            "RABBITMQ_MNESIA_BASE": str(folder / "data"),
            "RABBITMQ_LOG_BASE": str(folder / "logs"),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_CONFIG_FILE": str(self._configuration),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(folder / "advanced.config"),
            "RABBITMQ_GENERATED_CONFIG_DIR": str(folder / "generated"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
            "RABBITMQ_PID_FILE": str(folder / "pid"),
        }
        (folder / "epmd").mkdir(exist_ok=True)
        words = [program, "-port", str(first + 1), "-address", "127.0.0.1"]
        self._epmd = Process(words, folder=folder / "epmd")
        return Process([str(scripts / "rabbitmq-server")], folder=folder, environment=environment)

    def _container(self) -> Runner:
        options = [
            f"--publish=127.0.0.1:{self.port}:5672",
            f"--publish=127.0.0.1:{self._management_port}:15672",
            f"--publish=127.0.0.1:{self._metrics_port}:15692",
            f"--volume={self._configuration}:/etc/rabbitmq/conf.d/90-test.conf:ro",
            "--hostname=rabbitmq",
        ]
        if self._certificate is not None:
            inside = Certificate(Path("/tls/certificate.pem"), Path("/tls/key.pem"))
            with self._configuration.open("a") as configuration:
                configuration.write("listeners.ssl.default = 5671\n")
                configuration.write(_tls(inside))
            options.append(f"--publish=127.0.0.1:{self.tls_port}:5671")
            options += [
                f"--volume={outside}:{within}:ro"
                for outside, within in zip(self._certificate, inside, strict=True)
            ]
        return Container(self.image, options, stop="SIGTERM")


def _tls(certificate: Certificate) -> str:
    lines = (
        f"ssl_options.certfile = {certificate.file}",
        f"ssl_options.keyfile = {certificate.key}",
        "ssl_options.verify = verify_none",
        "ssl_options.fail_if_no_peer_cert = false",
    )
    return "".join(f"{line}\n" for line in lines)


def _greets(port: int) -> bool:
    """Tell whether a broker answers the first bytes of AMQP 0-9-1 with a frame."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(b"AMQP\x00\x00\x09\x01")
            return connection.recv(1) == b"\x01"
    except OSError:
        return False


def _scripts() -> Path | None:
    """Return the folder of the scripts themselves; Debian's in the PATH change the user first."""
    places = [Path(place) for place in PLACES]
    if named := shutil.which("rabbitmq-server"):
        places.append(Path(named).resolve().parent)
    return next((place for place in places if (place / "rabbitmqctl").exists()), None)
