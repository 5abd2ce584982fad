"""Builds an Elasticsearch node from the jars that its makers publish to Maven Central."""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
OLDEST_JAVA = 21
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


@cache
def find_jdk() -> Path | None:
    """Return the home of the first JDK that is new enough: JAVA_HOME, PATH, the usual places."""
    homes = [Path(named)] if (named := os.environ.get("JAVA_HOME")) else []
    if javac := shutil.which("javac"):
        homes.append(Path(javac).resolve().parent.parent)
    for place in ("/usr/lib/jvm/*", "/opt/java/*", "/opt/jdk*"):
        homes += sorted(Path("/").glob(place[1:]))
    return next((home for home in homes if _java_version(home) >= OLDEST_JAVA), None)


def _java_version(home: Path) -> int:
    release = home / "release"
    if not (release.exists() and (home / "bin" / "javac").exists()):
        return 0
    found = re.search(r'^JAVA_VERSION="(\d+)', release.read_text(), re.MULTILINE)
    return int(found[1]) if found else 0


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

    Test runs share it; only one of them builds.
    """
    cache_folder = _cache()
    cache_folder.mkdir(parents=True, exist_ok=True)
    built = cache_folder / f"elasticsearch-{version()}-{_fingerprint(jdk)}"
    if built.exists():
        return built
    with (cache_folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not built.exists():
            with tempfile.TemporaryDirectory(dir=cache_folder, prefix=".building-") as name:
                made = Path(name) / "node"
                _build(jdk, made, Path(name))
                made.rename(built)
    return built


def _cache() -> Path:
    if named := os.environ.get("BANTIN_TEST_CACHE"):
        return Path(named)
    user = os.environ.get("XDG_CACHE_HOME")
    return (Path(user) if user else Path.home() / ".cache") / "bantin-tests"


def _fingerprint(jdk: Path) -> str:
    told = hashlib.sha256((jdk / "release").read_bytes())
    for source in [Path(__file__), HERE / "pom.xml", *sorted(HERE.glob("*/**/*.*"))]:
        if source.suffix in {".java", ".py", ".xml", ".properties"}:
            told.update(source.read_bytes())
    return told.hexdigest()[:12]


def _build(jdk: Path, made: Path, work: Path) -> None:
    library, transport = made / "lib", made / "modules" / "transport-netty4"
    parts = made / "modules" / "stock-parts"
    for folder in (library, transport, parts, made / "boot", made / "config"):
        folder.mkdir(parents=True)
    _run([*MAVEN, f"-DoutputDirectory={library}"], JAVA_HOME=str(jdk))
    for pattern in ("netty-*.jar", "transport-netty4-*.jar", "elasticsearch-ssl-config-*.jar"):
        for jar in library.glob(pattern):
            jar.rename(transport / jar.name)
    _describe(transport, "transport-netty4", "org.elasticsearch.transport.netty4.Netty4Plugin")
    _describe(parts, "stock-parts", "node.StockParts")
    classes, boot = work / "classes", work / "boot"
    sources = [str(path) for path in sorted((HERE / "src" / "node").glob("*.java"))]
    quiet = ["-nowarn", "-XDsuppressNotes", "-Xlint:-options"]
    target = ["--release", str(OLDEST_JAVA), "-classpath", f"{library}/*", "-d", str(classes)]
    _run([str(jdk / "bin" / "javac"), *quiet, *target, *sources])
    (boot / "node").mkdir(parents=True)
    for name in (classes / "node").glob("Boot*.class"):
        name.rename(boot / "node" / name.name)
    for jar, content in ((made / "boot" / "boot.jar", boot), (parts / "parts.jar", classes)):
        _run([str(jdk / "bin" / "jar"), "cf", str(jar), "-C", str(content), "."])
    shutil.copy(HERE / "config" / "log4j2.properties", made / "config")


def _describe(folder: Path, name: str, main: str) -> None:
    text = DESCRIPTOR.format(name=name, main=main, version=version(), java=OLDEST_JAVA)
    (folder / "plugin-descriptor.properties").write_text(text)


def _run(words: list[str], **environment: str) -> None:
    done = subprocess.run(
        words,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, f"{words[0]} ended with {done.returncode}: {said}"
