"""``make restore FROM=folder``: a backup into a deployment that has nothing yet.

Databases and pictures come from the backup; search and site follow by themselves, because
consumers that begin with nothing ask ingest for everything. Settings, secrets and certificates
are taken from the backup where this folder has none. Needs Python and docker compose.
"""

import argparse
import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from deploy.compose.backup import (
    ABOUT,
    DATABASES,
    FORMAT,
    MEDIA,
    OVERRIDE,
    own_files,
    revision,
)
from deploy.compose.folder import checked
from deploy.compose.follow import follow
from deploy.compose.stack import UP, Stack, Steps, TroubleError, finished, from_file

KEY: Final = "privkey.pem"
GATEWAY_USER: Final = 101
"""Nginx's, in the gateway's container."""


def restore(folder: Path, stack: Stack, steps: Steps) -> None:
    """Put a backup back and wait until readers have all of it. Raises TroubleError, OSError."""
    about = checked(folder, ABOUT, FORMAT)
    steps.done(f"the backup of {about['made_at']} is whole")
    put_configuration(folder / "configuration", stack, steps)
    be_empty(stack)
    stack.do("build", "--quiet")
    start_databases(stack)
    steps.done("images; empty databases")
    for one in DATABASES:
        _put_database(one, folder / f"{one}.dump", steps)
        steps.done(f"database of {one}")
    _migrate(stack, about)
    from_file(stack.tool("ingest-jobs", "import", "--media"), folder / MEDIA, steps.note)
    steps.done("pictures")
    stack.do(*UP)
    steps.done("every process is up")
    follow(stack, steps)
    steps.end(f"restored; the backup said {about['counts']}")


def be_empty(stack: Stack) -> None:
    """Raise TroubleError where there is anything that a restore would be mixed with."""
    if running := stack.running():
        raise TroubleError(
            f"{len(running)} containers of «{stack.configuration.project}» run. To throw away "
            "what they have and restore: `docker compose down --volumes`, then this again"
        )
    if volumes := stack.volumes():
        raise TroubleError(
            f"«{stack.configuration.project}» has data ({', '.join(volumes)}). To throw them away "
            "and restore: `docker compose down --volumes`, then this again. To keep them: restore "
            "beside them, with another COMPOSE_PROJECT_NAME and other ports (docs/operations.md)"
        )


def start_databases(stack: Stack) -> None:
    """Start PostgreSQL alone, with an empty database and a role for each service."""
    stack.do(*UP, "postgres")
    stack.do("run", "--rm", "--no-deps", "--no-TTY", "databases")


def put_configuration(folder: Path, stack: Stack, steps: Steps) -> None:
    """Take settings from the backup where there are none. They come first: they say the rest."""
    for file in (Path(".env"), Path(OVERRIDE)):
        if not file.exists() and (folder / file).exists():
            shutil.copyfile(folder / file, file)
            steps.note(f"{file} is the backup's")
    found = stack.configuration
    for name, place, mode in (
        ("secrets", found.secrets, 0o700),
        ("certificates", found.certificates, 0o755),
    ):
        if own_files(place):
            steps.note(f"{place} is kept as it is")
            continue
        place.mkdir(parents=True, exist_ok=True)
        place.chmod(mode)
        for path in own_files(folder / name):
            # The readers are several users; it is the folder of secrets that is closed.
            shutil.copyfile(path, place / path.name)
            (place / path.name).chmod(0o644)
        if (place / KEY).exists():
            _close(place / KEY, steps)
        steps.note(f"{place} is the backup's")
    stack.reread()


def _close(key: Path, steps: Steps) -> None:
    """Let only the gateway read the certificate's key; who is not root is told what is left."""
    if os.geteuid() == 0:
        os.chown(key, GATEWAY_USER, GATEWAY_USER)
        key.chmod(0o400)
    else:
        key.chmod(0o640)
        steps.note(f"{key}: let the user {GATEWAY_USER} read it (chown, as root): the gateway's")


def _put_database(name: str, dump: Path, steps: Steps) -> None:
    """Put a dump into its empty database, as its owner; wholly or not at all."""
    words = ("docker", "compose", "exec", "-T", "postgres", "pg_restore", "--username=postgres")
    how = ("--exit-on-error", "--single-transaction", "--no-owner", "--no-acl", f"--role={name}")
    from_file((*words, *how, f"--dbname={name}"), dump, steps.note)


def _migrate(stack: Stack, about: Mapping[str, Any]) -> None:
    """Bring the tables to this version's form. Raises TroubleError where they are newer."""
    for one in DATABASES:
        try:
            stack.do("run", "--rm", "--no-deps", "--no-TTY", f"{one}-migrate")
        except TroubleError as error:
            raise TroubleError(
                f"the tables of {one} (revision {revision(stack, one)}) are not this version's: "
                f"the backup is of version {about['version']}, this is "
                f"{stack.configuration.version}. `docker compose down --volumes`, then restore "
                "with that version or a newer one"
            ) from error


def main() -> None:
    parser = argparse.ArgumentParser(prog="python3 -m deploy.compose.restore", description=__doc__)
    parser.add_argument("source", type=Path, metavar="from", help="the folder of a backup")
    restore(parser.parse_args().source, Stack(), Steps())


if __name__ == "__main__":
    sys.exit(finished(main))
