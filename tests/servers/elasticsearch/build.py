"""Builds an Elasticsearch node from the jars that its makers publish to Maven Central."""

import fcntl
import hashlib
import os
import re
import shutil
import tempfile
import time
from pathlib import Path

from tests.deployment import free_port
from tests.servers.elasticsearch.jvm import ARCHIVE, OLDEST_JAVA, furnish, java
from tests.servers.runner import Process, run
from tests.servers.server import listens

HERE = Path(__file__).parent
DOWNLOAD_WITHIN, TRAIN_WITHIN = 900.0, 120.0
"""Seconds."""
MAVEN = [
    *("mvn", "--quiet", "--batch-mode", "-Dstyle.color=never"),
    *("--file", str(HERE / "pom.xml")),
    "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies",
    "-DincludeScope=runtime",
]
DESCRIPTOR = """\
description={name}
version={version}
name={name}
classname={main}
java.version={java}
elasticsearch.version={version}
extended.plugins=
has.native.controller=false
"""


def maven() -> bool:
    """Tell whether Maven is at hand."""
    return shutil.which("mvn") is not None


def version() -> str:
    """Return the version of Elasticsearch."""
    found = re.search("<es>(.*)</es>", (HERE / "pom.xml").read_text())
    assert found
    return found[1]


def node(jdk: Path) -> Path:
    """Return the folder of the built node; build it if this is the first time.

    Test runs share it; one of them builds while the others wait.
    """
    folder = _cache()
    folder.mkdir(parents=True, exist_ok=True)
    built = folder / f"elasticsearch-{version()}-{_fingerprint(jdk)}"
    whole = built / "whole"
    if whole.exists():
        return built
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not whole.exists():
            shutil.rmtree(built, ignore_errors=True)
            _build(jdk, built)
            _train(jdk, built)
            whole.touch()
    return built


def _cache() -> Path:
    if named := os.environ.get("BANTIN_TEST_CACHE"):
        return Path(named).absolute()
    user = os.environ.get("XDG_CACHE_HOME")
    return (Path(user) if user else Path.home() / ".cache") / "bantin-tests"


def _fingerprint(jdk: Path) -> str:
    """Return what changes with the sources, the version and the JDK."""
    told = hashlib.sha256(str(jdk).encode() + (jdk / "release").read_bytes())
    for pattern in ("*.py", "*.xml", "config/*", "src/**/*.java"):
        for source in sorted(HERE.glob(pattern)):
            told.update(source.read_bytes())
    return told.hexdigest()[:12]


def _build(jdk: Path, made: Path) -> None:
    library, transport = made / "lib", made / "modules" / "transport-netty4"
    parts, boot = made / "modules" / "stock-parts", made / "boot"
    for folder in (library, transport, parts, boot):
        folder.mkdir(parents=True)
    maven_runs_on = {**os.environ, "JAVA_HOME": str(jdk)}
    run([*MAVEN, f"-DoutputDirectory={library}"], maven_runs_on, within=DOWNLOAD_WITHIN)
    for pattern in ("netty-*.jar", "transport-netty4-*.jar", "elasticsearch-ssl-config-*.jar"):
        for jar in library.glob(pattern):
            jar.rename(transport / jar.name)
    _describe(transport, "transport-netty4", "org.elasticsearch.transport.netty4.Netty4Plugin")
    _describe(parts, "stock-parts", "node.StockParts")
    _compile(jdk, library, boot / "boot.jar", parts / "parts.jar")
    shutil.copytree(HERE / "config", made / "config")


def _compile(jdk: Path, library: Path, boot: Path, parts: Path) -> None:
    """Compile what this project adds; what starts the node must not be in a module's jar."""
    sources = [str(path) for path in sorted((HERE / "src" / "node").glob("*.java"))]
    quiet = ["-nowarn", "-XDsuppressNotes", "-Xlint:-options"]
    with tempfile.TemporaryDirectory(dir=boot.parent) as name:
        main, classes = Path(name) / "main", Path(name) / "classes"
        target = ["--release", str(OLDEST_JAVA), "-cp", f"{library}/*", "-d", str(classes)]
        run([str(jdk / "bin" / "javac"), *quiet, *target, *sources])
        (main / "node").mkdir(parents=True)
        for compiled in (classes / "node").glob("Boot*.class"):
            compiled.rename(main / "node" / compiled.name)
        for jar, content in ((boot, main), (parts, classes)):
            run([str(jdk / "bin" / "jar"), "cf", str(jar), "-C", str(content), "."])


def _describe(folder: Path, name: str, main: str) -> None:
    text = DESCRIPTOR.format(name=name, main=main, version=version(), java=OLDEST_JAVA)
    (folder / "plugin-descriptor.properties").write_text(text)


def _train(jdk: Path, built: Path) -> None:
    """Start the node once, so that the JVM writes an archive of its classes as it ends.

    Later starts take half the time with it; without it they only take longer.
    """
    with tempfile.TemporaryDirectory() as name:
        home, port = Path(name), free_port(2)
        furnish(home, built)
        words = java(jdk, built, home, archive=f"-XX:ArchiveClassesAtExit={built / ARCHIVE}")
        settings = {"http.port": port, "transport.port": port + 1, "network.host": "127.0.0.1"}
        given = [f"-E{key}={value}" for key, value in settings.items()]
        trained = Process([*words, *given, "-Ediscovery.type=single-node"], folder=home)
        trained.start()
        deadline = time.monotonic() + TRAIN_WITHIN
        while trained.alive() and not listens(port) and time.monotonic() < deadline:
            time.sleep(0.2)
        trained.stop(TRAIN_WITHIN)
