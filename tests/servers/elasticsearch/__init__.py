"""Elasticsearch: one node, built from the published jars where there is no distribution."""

import os
import platform
import re
import subprocess
from pathlib import Path
from typing import ClassVar

import httpx

from tests.deployment import free_port
from tests.servers.elasticsearch.build import OLDEST_JAVA, find_jdk, maven, node, version
from tests.servers.runner import Container, Process, Runner
from tests.servers.server import Server

IMAGE = f"docker.elastic.co/elasticsearch/elasticsearch:{version()}"
HEAP = "-Xms512m -Xmx512m"
SETTINGS = {
    "discovery.type": "single-node",
    "node.name": "test",
    "cluster.name": "bantin-test",
    "action.auto_create_index": "false",
    # A full disk of the machine is not what the tests are about.
    "cluster.routing.allocation.disk.threshold_enabled": "false",
}


class Elasticsearch(Server):
    """A node whose data stay in its folder."""

    name: ClassVar[str] = "Elasticsearch"
    advice: ClassVar[str] = (
        f"install Maven (the package maven) and a JDK of version {OLDEST_JAVA} or newer, and name"
        " it in JAVA_HOME if it is not in PATH or /usr/lib/jvm"
    )

    def __init__(self, folder: Path) -> None:
        self._transport = free_port()
        super().__init__(folder)
        self.url = f"http://127.0.0.1:{self.port}"

    @classmethod
    def packaged(cls) -> bool:
        return maven() and find_jdk() is not None

    @classmethod
    def prepare(cls) -> None:
        """Build the node if it is not there yet; minutes, most of it downloads."""
        if cls.source() == "packages":
            jdk = find_jdk()
            assert jdk is not None
            node(jdk)

    def is_ready(self) -> bool:
        try:
            asked = {"wait_for_status": "yellow", "timeout": "1s"}
            return httpx.get(f"{self.url}/_cluster/health", params=asked).is_success
        except httpx.TransportError:
            return False

    def _process(self) -> Runner:
        jdk = find_jdk()
        assert jdk is not None
        home, built = self.folder, node(jdk)
        for name in ("data", "logs", "config", "plugins"):
            (home / name).mkdir(exist_ok=True)
        (home / "config" / "log4j2.properties").write_bytes(
            (built / "config" / "log4j2.properties").read_bytes()
        )
        if not (home / "modules").exists():
            (home / "modules").symlink_to(built / "modules")
        _link_zstd(home)
        loopback = {
            "network.host": "127.0.0.1",
            "http.port": str(self.port),
            "transport.port": str(self._transport),
        }
        settings = [f"-E{key}={value}" for key, value in (SETTINGS | loopback).items()]
        return Process([*java(jdk, built, home), *settings], folder=home)

    def _container(self) -> Runner:
        options = [f"--publish=127.0.0.1:{self.port}:9200", f"--env=ES_JAVA_OPTS={HEAP}"]
        given = SETTINGS | {"xpack.security.enabled": "false"}
        options += [f"--env={key}={value}" for key, value in given.items()]
        return Container(IMAGE, options, stop="SIGTERM")


def java(jdk: Path, built: Path, home: Path) -> list[str]:
    """Return the command of a node's JVM, without the node's settings."""
    natives = "org.elasticsearch.nativeaccess,org.elasticsearch.foreign,org.apache.lucene.core"
    options = os.environ.get("ES_JAVA_OPTS", HEAP).split()
    return [
        str(jdk / "bin" / "java"),
        *("-Xss1m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:+ExitOnOutOfMemoryError"),
        "--add-modules=jdk.incubator.vector",
        f"--enable-native-access=ALL-UNNAMED,{natives}",
        *("-Djava.awt.headless=true", "-Dfile.encoding=UTF-8", "-Djna.nosys=true"),
        *("-Dio.netty.noUnsafe=true", "-Dio.netty.noKeySetOptimization=true"),
        "-Dio.netty.recycler.maxCapacityPerThread=0",
        *("-Dlog4j.shutdownHookEnabled=false", "-Dlog4j2.disable.jmx=true"),
        "-Dlog4j2.formatMsgNoLookups=true",
        "-Dorg.elasticsearch.nativeaccess.enableVectorLibrary=false",
        "-Des.distribution.type=tar",
        *(f"-Des.path.home={home}", f"-Des.path.conf={home / 'config'}"),
        *options,
        *("--module-path", str(built / "lib"), "--add-modules", "ALL-MODULE-PATH"),
        *("-cp", str(built / "boot" / "boot.jar"), "node.Boot"),
    ]


def _link_zstd(home: Path) -> None:
    """Let the node find the system's zstd; without it only ``best_compression`` is missing."""
    machine = {"x86_64": "x64"}.get(platform.machine(), platform.machine())
    native = home / "lib" / "platform" / f"linux-{machine}" / "libzstd.so"
    listed = subprocess.run(["ldconfig", "-p"], capture_output=True, text=True, check=False)
    found = re.search(r"libzstd\.so\.1 .* => (.+)", listed.stdout)
    if found and not native.exists():
        native.parent.mkdir(parents=True, exist_ok=True)
        native.symlink_to(found[1])
