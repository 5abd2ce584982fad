"""The compose deployment of this folder, driven through ``docker compose``."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO, Final

DATA_VOLUMES: Final = ("postgres", "ingest", "rabbitmq", "elasticsearch", "render", "site")
"""What a restore needs to be empty; what was measured and drawn may stay."""
UP: Final = ("up", "--detach", "--wait", "--wait-timeout", "600")


class TroubleError(Exception):
    """Something cannot be done; the text says what, and what to do."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """Where the deployment's own files are on this machine."""

    project: str
    version: str
    env: Path
    secrets: Path
    certificates: Path
    resolved: str
    """The whole of it, as compose understands it, as JSON; secrets are named, not shown."""


class Stack:
    """Raises TroubleError where docker compose fails."""

    @cached_property
    def configuration(self) -> Configuration:
        """Return what the compose file and the settings beside it come to."""
        resolved = self.ask("config", "--format", "json")
        said: dict[str, Any] = json.loads(resolved)
        mounts = said["services"]["gateway"]["volumes"]
        return Configuration(
            project=said["name"],
            version=said["services"]["ingest-api"]["image"].rpartition(":")[2],
            env=Path(".env"),
            secrets=Path(said["secrets"]["bus_url"]["file"]).parent,
            certificates=next(
                Path(mount["source"])
                for mount in mounts
                if mount["target"] == "/etc/bantin/certificates"
            ),
            resolved=resolved,
        )

    def reread(self) -> None:
        """Forget what the settings came to: they have changed."""
        self.__dict__.pop("configuration", None)

    def running(self) -> list[str]:
        """Return the services with a container that runs."""
        return self.ask("ps", "--services", "--status", "running").split()

    def volumes(self) -> list[str]:
        """Return the volumes that hold data of this deployment, without the project's name."""
        label = f"label=com.docker.compose.project={self.configuration.project}"
        form = '{{.Label "com.docker.compose.volume"}}'
        words = ("docker", "volume", "ls", "--filter", label, "--format", form)
        there = run(words).split()
        return [name for name in DATA_VOLUMES if name in there]

    def ask(self, *arguments: str, given: str = "") -> str:
        """Return what ``docker compose …`` says on standard output, ``given`` this to read."""
        return run(("docker", "compose", *arguments), given)

    def do(self, *arguments: str) -> None:
        """Let ``docker compose …`` say on standard error what it does."""
        words = ("docker", "compose", *arguments)
        done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=sys.stderr, check=False)  # noqa: S603
        if done.returncode:
            raise TroubleError(f"«{' '.join(words)}» failed; see above")

    def sql(self, database: str, query: str) -> list[list[str]]:
        """Return the rows of a query; values are text without tabs."""
        words = ("psql", "--no-psqlrc", "--tuples-only", "--no-align", "--field-separator=\t")
        said = self.ask(
            *("exec", "-T", "postgres", *words, "--username=postgres", f"--dbname={database}"),
            f"--command={query}",
        )
        return [line.split("\t") for line in said.splitlines() if line]

    def tool(self, service: str, *arguments: str) -> tuple[str, ...]:
        """Return the words that run a tool of a service in a container of its own."""
        words = ("docker", "compose", "run", "--rm", "--no-deps", "--no-TTY")
        return (*words, service, *arguments)


def run(words: Sequence[str], given: str = "") -> str:
    """Return what a program says on standard output. Raises TroubleError if it fails."""
    try:
        done = subprocess.run(words, input=given, capture_output=True, text=True, check=False)  # noqa: S603
    except FileNotFoundError as error:
        raise TroubleError(f"{error.filename} is not installed") from error
    if done.returncode:
        raise TroubleError(f"«{' '.join(words)}» failed: {done.stderr.strip()}")
    return done.stdout


def into_file(words: Sequence[str], path: Path, say: Callable[[str], None]) -> int:
    """Write what a program says into a new file; return its bytes. What it tells is passed on.

    Raises TroubleError if it fails.
    """
    with path.open("xb") as out:
        _piped(words, say, stdout=out)
    return path.stat().st_size


def from_file(words: Sequence[str], path: Path, say: Callable[[str], None]) -> None:
    """Give a program a file to read. Raises TroubleError if it fails."""
    with path.open("rb") as source:
        _piped(words, say, stdin=source)


def _piped(
    words: Sequence[str],
    say: Callable[[str], None],
    *,
    stdin: BinaryIO | int = subprocess.DEVNULL,
    stdout: BinaryIO | int = subprocess.DEVNULL,
) -> None:
    with subprocess.Popen(  # noqa: S603 - our own words
        words, stdin=stdin, stdout=stdout, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None  # noqa: S101 - asked for above
        last = ""
        for line in process.stderr:
            last = line.strip() or last
            if last and not _is_compose(last):
                say(last)
    if process.returncode:
        raise TroubleError(f"«{' '.join(words)}» failed: {last}")


def _is_compose(line: str) -> bool:
    """Tell whether compose tells of its own containers rather than the program of its work."""
    return line.startswith(("Container ", "Network ", "Volume ", "time="))


class Steps:
    """Tells on standard output what is being done, and how long it took."""

    def __init__(self) -> None:
        self._began = self._last = time.monotonic()

    def done(self, text: str) -> None:
        at = time.monotonic()
        sys.stdout.write(f"ok  {text} ({at - self._last:.1f} s)\n")
        sys.stdout.flush()
        self._last = at

    def end(self, text: str) -> None:
        sys.stdout.write(f"{text} ({time.monotonic() - self._began:.1f} s in all)\n")
        sys.stdout.flush()

    @staticmethod
    def note(text: str) -> None:
        sys.stdout.write(f"    {text}\n")
        sys.stdout.flush()


def finished(main: Callable[[], None]) -> int:
    """Run a command; return its exit status, trouble told of."""
    try:
        main()
    except TroubleError as error:
        sys.stderr.write(f"FAILED  {error}\n")
        return 1
    except OSError as error:
        sys.stderr.write(f"FAILED  {error.filename or ''}: {error.strerror or error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("FAILED  stopped half-way\n")
        return 130
    return 0
