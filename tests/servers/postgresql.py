"""PostgreSQL, with a database and a role for whoever asks."""

import os
import pwd
import secrets
import shutil
import signal
from pathlib import Path
from typing import ClassVar, Final

import psycopg
from psycopg import sql

from tests.servers.runner import Container, Process, Runner, run
from tests.servers.server import Server

SETTINGS = {
    "max_connections": "200",
    "unix_socket_directories": "",
    "shared_buffers": "64MB",
    "log_line_prefix": "%m [%p] %u@%d ",
}
ORDER: Final = "ENCODING 'UTF8' LOCALE_PROVIDER libc LOCALE 'C'"
"""Text by code points, as ``deploy/postgresql/databases.sh`` has it; an image's is a language's."""


class PostgreSQL(Server):
    """A cluster whose superuser is the tests' own; nobody gets in without a password."""

    name: ClassVar[str] = "PostgreSQL"
    image: ClassVar[str] = "postgres:17"
    advice: ClassVar[str] = "install the package postgresql"

    def __init__(self, folder: Path) -> None:
        self._password = secrets.token_hex(12)
        super().__init__(folder)

    @classmethod
    def packaged(cls) -> bool:
        return _programs() is not None

    @property
    def url(self) -> str:
        """Return the superuser's URL."""
        return f"postgresql://postgres:{self._password}@127.0.0.1:{self.port}/postgres"

    def new_database(self, name: str | None = None) -> str:
        """Make a role and a database that it owns and nobody else may connect to; its URL."""
        name = name or f"test_{secrets.token_hex(6)}"
        password = secrets.token_hex(12)
        owner = sql.Identifier(name)
        with psycopg.connect(self.url, autocommit=True) as connection:
            made = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}")
            connection.execute(made.format(owner, sql.Literal(password)))
            made = sql.SQL(f"CREATE DATABASE {{}} OWNER {{}} TEMPLATE template0 {ORDER}")
            connection.execute(made.format(owner, owner))
            connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(owner))
        return f"postgresql://{name}:{password}@127.0.0.1:{self.port}/{name}"

    def terminate_connections(self) -> int:
        """Cut every client's connection from the server's side; return how many there were."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            cut = connection.execute(
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
                " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
            )
            return len(cut.fetchall())

    def start(self) -> None:
        if isinstance(self.runner, Process) and not (self.folder / "data").exists():
            self._make_cluster()
        super().start()

    def is_ready(self) -> bool:
        try:
            with psycopg.connect(self.url, connect_timeout=5):
                return True
        except psycopg.OperationalError:
            return False

    def _process(self) -> Runner:
        programs = _programs()
        assert programs is not None
        settings = {"listen_addresses": "127.0.0.1", "port": str(self.port), **SETTINGS}
        given = [f"--{key}={value}" for key, value in settings.items()]
        words = [*_unprivileged(), str(programs / "postgres"), "-D", "data", *given]
        return Process(words, folder=self.folder, stop_signal=signal.SIGINT)

    def _make_cluster(self) -> None:
        programs = _programs()
        assert programs is not None
        data, password = self.folder / "data", self.folder / "password"
        data.mkdir(mode=0o700)
        password.touch(mode=0o600)
        password.write_text(self._password)
        if user := _user():
            for made in (data, password):
                os.chown(made, user.pw_uid, user.pw_gid)
        words = [
            *_unprivileged(),
            str(programs / "initdb"),
            f"--pgdata={data}",
            "--username=postgres",
            f"--pwfile={password}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        ]
        run(words)
        password.unlink()

    def _container(self) -> Runner:
        options = [f"--publish=127.0.0.1:{self.port}:5432"]
        options += [f"--env=POSTGRES_PASSWORD={self._password}"]
        given = [f"--{key}={value}" for key, value in SETTINGS.items() if value]
        return Container(self.image, options, ["postgres", *given], stop="SIGINT")


def _programs() -> Path | None:
    """Return the folder of the newest version's programs; Debian keeps them out of the PATH."""
    found = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = sorted(found, key=lambda path: float(path.parts[-3]))
    if newest:
        return newest[-1].parent
    named = shutil.which("initdb")
    return Path(named).resolve().parent if named else None


def _user() -> pwd.struct_passwd | None:
    """Return who runs the server in root's place, for it refuses to run as root."""
    if os.geteuid() != 0:
        return None
    names = {user.pw_name: user for user in pwd.getpwall()}
    return names.get("postgres") or names["nobody"]


def _unprivileged() -> list[str]:
    """Return the words before a command that make root another user for it.

    The folders of the tests are closed to others; the one capability that is kept lets that user
    pass through them, where opening them would be undone by the next pytest that starts.
    """
    user = _user()
    if user is None:
        return []
    return [
        "setpriv",
        f"--reuid={user.pw_uid}",
        f"--regid={user.pw_gid}",
        "--clear-groups",
        "--inh-caps=+dac_override",
        "--ambient-caps=+dac_override",
        "--",
    ]
