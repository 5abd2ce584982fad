"""The JDK that runs the node, and the command that starts it."""

import os
import platform
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

OLDEST_JAVA = 21
"""What the classes of Elasticsearch 9 are compiled for."""
OPTIONS = "-Xms512m -Xmx512m -XX:TieredStopAtLevel=1"
"""A small node that is soon there; ``ES_JAVA_OPTS`` in the environment takes its place."""
ARCHIVE = "classes.jsa"
NATIVE = (
    "ALL-UNNAMED,org.elasticsearch.nativeaccess,org.elasticsearch.foreign,org.apache.lucene.core"
)
FIXED = [
    *("-Xss1m", "-XX:+ExitOnOutOfMemoryError", "-XX:-UsePerfData"),
    "--add-modules=jdk.incubator.vector",
    f"--enable-native-access={NATIVE}",
    *("-Djava.awt.headless=true", "-Dfile.encoding=UTF-8", "-Djna.nosys=true"),
    *("-Dio.netty.noUnsafe=true", "-Dio.netty.noKeySetOptimization=true"),
    "-Dio.netty.recycler.maxCapacityPerThread=0",
    *("-Dlog4j.shutdownHookEnabled=false", "-Dlog4j2.disable.jmx=true"),
    "-Dlog4j2.formatMsgNoLookups=true",
    "-Dorg.elasticsearch.nativeaccess.enableVectorLibrary=false",
    "-Des.distribution.type=tar",
]


def jvm_options() -> str:
    """Return what is said to the JVM of every node."""
    return os.environ.get("ES_JAVA_OPTS", OPTIONS)


@cache
def find_jdk() -> Path | None:
    """Return the home of the first JDK that is new enough: JAVA_HOME, PATH, the usual places."""
    homes = [Path(named)] if (named := os.environ.get("JAVA_HOME")) else []
    if javac := shutil.which("javac"):
        homes.append(Path(javac).resolve().parent.parent)
    for place in ("usr/lib/jvm/*", "opt/java/*", "opt/jdk*"):
        homes += sorted(Path("/").glob(place))
    return next((home for home in homes if _java_version(home) >= OLDEST_JAVA), None)


def _java_version(home: Path) -> int:
    release = home / "release"
    if not (release.exists() and (home / "bin" / "javac").exists()):
        return 0
    found = re.search(r'^JAVA_VERSION="(\d+)', release.read_text(), re.MULTILINE)
    return int(found[1]) if found else 0


def furnish(home: Path, built: Path) -> None:
    """Make the folders that a node expects under its home."""
    for name in ("data", "logs", "config", "plugins", "tmp"):
        (home / name).mkdir(parents=True, exist_ok=True)
    shutil.copy(built / "config" / "log4j2.properties", home / "config")
    if not (home / "modules").exists():
        (home / "modules").symlink_to(built / "modules")
    _link_zstd(home)


def java(jdk: Path, built: Path, home: Path, *, archive: str | None = None) -> list[str]:
    """Return the command that starts a node; its settings are added as ``-Ekey=value``."""
    if archive is None and (built / ARCHIVE).exists():
        archive = f"-XX:SharedArchiveFile={built / ARCHIVE}"
    return [
        str(jdk / "bin" / "java"),
        *FIXED,
        # An archive that does not fit the JVM is passed over, which is worth no warning.
        *([archive, "-Xlog:disable", "-Xlog:all=error:stderr"] if archive else []),
        *(f"-Des.path.home={home}", f"-Des.path.conf={home / 'config'}"),
        f"-Djava.io.tmpdir={home / 'tmp'}",
        *jvm_options().split(),
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
