"""Elasticsearch: one node, built from the published jars or in a container."""

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import httpx

from tests.deployment import free_port, wait_for
from tests.servers.elasticsearch.build import maven, node, version
from tests.servers.elasticsearch.jvm import OLDEST_JAVA, find_jdk, furnish, java, jvm_options
from tests.servers.runner import Container, Process, Runner
from tests.servers.server import Server

SETTINGS = {
    "discovery.type": "single-node",
    "node.name": "test",
    "cluster.name": "bantin-test",
    "action.auto_create_index": "false",
    # How full the machine's disk is, is not what the tests are about.
    "cluster.routing.allocation.disk.threshold_enabled": "false",
    "cluster.info.update.interval": "10s",
}
_DISK = "cluster.routing.allocation.disk"
_FREE_WANTED = {
    f"{_DISK}.threshold_enabled": "true",
    **{f"{_DISK}.watermark.{mark}": "1pb" for mark in ("low", "high", "flood_stage")},
}
"""More than any disk has; of several marks the last one makes indexes refuse what needs room."""


class Elasticsearch(Server):
    """A node without security, as on a private network; ``settings`` go before the tests' own."""

    name: ClassVar[str] = "Elasticsearch"
    image: ClassVar[str] = f"docker.elastic.co/elasticsearch/elasticsearch:{version()}"
    advice: ClassVar[str] = (
        f"install Maven (package maven) and a JDK of version {OLDEST_JAVA} or newer; name the JDK"
        " in JAVA_HOME if it is neither in PATH nor in /usr/lib/jvm"
    )

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        self._settings = {**SETTINGS, **(settings or {})}
        super().__init__(folder)
        self.url = f"http://127.0.0.1:{self.port}"

    @classmethod
    def packaged(cls) -> bool:
        return maven() and find_jdk() is not None

    @classmethod
    def prepare(cls) -> None:
        """Build the node if that has not been done; minutes, most of it downloads."""
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

    def set_full(self, index: str, *, full: bool) -> None:
        """Refuse writes to an index as when the disk is full, or take them again; then return.

        The server looks at its disk every 10 s (``cluster.info.update.interval``).
        """
        wanted = {name: value if full else None for name, value in _FREE_WANTED.items()}
        settings = f"{self.url}/_cluster/settings"
        httpx.put(settings, json={"persistent": wanted}, timeout=60).raise_for_status()
        wait_for(lambda: self._is_blocked(index) == full, within=120, every=0.5)

    def _is_blocked(self, index: str) -> bool:
        """Tell whether one of the indexes of this name or alias refuses what needs room."""
        name = "index.blocks.read_only_allow_delete"
        asked = {"flat_settings": "true"}
        answer = httpx.get(f"{self.url}/{index}/_settings/{name}", params=asked, timeout=60)
        settings = answer.raise_for_status().json().values()
        return any(one["settings"].get(name) == "true" for one in settings)

    def _process(self) -> Runner:
        jdk = find_jdk()
        assert jdk is not None
        built = node(jdk)
        furnish(self.folder, built)
        loopback = {
            "network.host": "127.0.0.1",
            "http.port": str(self.port),
            "transport.port": str(free_port()),
        }
        settings = [f"-E{key}={value}" for key, value in (self._settings | loopback).items()]
        return Process([*java(jdk, built, self.folder), *settings], folder=self.folder)

    def _container(self) -> Runner:
        given = self._settings | {"xpack.security.enabled": "false", "ES_JAVA_OPTS": jvm_options()}
        options = [f"--publish=127.0.0.1:{self.port}:9200"]
        options += [f"--env={key}={value}" for key, value in given.items()]
        return Container(self.image, options, stop="SIGTERM")
