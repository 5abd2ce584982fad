"""``make backup TO=folder``: what cannot be made anew, while everything runs.

Databases of ingest and visits first, each from one consistent view; then the pictures, so that
whatever the database names is there; then settings, secrets and certificates. What is made from
these is left out: search index, pages and their database, queues. Needs Python and docker compose.
"""

import argparse
import json
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from deploy.compose.folder import megabytes, written
from deploy.compose.stack import Stack, Steps, TroubleError, finished, into_file

FORMAT: Final = "bantin-backup-1"
ABOUT: Final = "backup.json"
DATABASES: Final = ("ingest", "visits")
MEDIA: Final = "media.tar.gz"
OVERRIDE: Final = "docker-compose.override.yml"
_ARTICLES: Final = (
    "SELECT (SELECT count(*) FROM articles), (SELECT count(*) FROM articles"
    " WHERE public_version IS NOT NULL), (SELECT count(*) FROM media)"
)
_VIEWS: Final = "SELECT coalesce(sum(views), 0) FROM totals WHERE page = ''"


def back_up(to: Path, stack: Stack, steps: Steps) -> None:
    """Write a backup. Raises TroubleError, OSError; nothing remains then."""
    if "postgres" not in stack.running():
        raise TroubleError("PostgreSQL does not run: `make up` first (publishing may go on)")
    with written(to) as folder:
        about = {
            "format": FORMAT,
            "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "version": stack.configuration.version,
            "revisions": {one: revision(stack, one) for one in DATABASES},
            "counts": _counts(stack),
        }
        for one in DATABASES:
            size = _dump(one, folder / f"{one}.dump", steps)
            steps.done(f"database of {one}: {megabytes(size)}")
        media = into_file(
            stack.tool("ingest-jobs", "export", "--media"), folder / MEDIA, steps.note
        )
        steps.done(f"pictures: {megabytes(media)}")
        _configuration(folder / "configuration", stack)
        (folder / ABOUT).write_text(json.dumps(about, indent=1) + "\n")
        steps.done("settings, secrets, certificates")
    steps.end(f"{to} is whole: {json.dumps(about['counts'])}")


def _counts(stack: Stack) -> dict[str, int]:
    """Return about how much there is: more may come until the databases are read."""
    articles, ever_public, pictures = map(int, stack.sql("ingest", _ARTICLES)[0])
    views = int(stack.sql("visits", _VIEWS)[0][0])
    return {
        "articles": articles,
        "ever public": ever_public,
        "pictures": pictures,
        "views": views,
    }


def revision(stack: Stack, database: str) -> str:
    """Return the revision of a service's tables."""
    return stack.sql(database, "SELECT version_num FROM alembic_version")[0][0]


def _dump(database: str, path: Path, steps: Steps) -> int:
    words = ("docker", "compose", "exec", "-T", "postgres")
    dump = ("pg_dump", "--username=postgres", "--format=custom", f"--dbname={database}")
    return into_file((*words, *dump), path, steps.note)


def _configuration(folder: Path, stack: Stack) -> None:
    found = stack.configuration
    folder.mkdir()
    (folder / "compose.json").write_text(found.resolved)
    for path in (found.env, Path(OVERRIDE)):
        if path.is_file():
            shutil.copyfile(path, folder / path.name)
    for name, source in (("secrets", found.secrets), ("certificates", found.certificates)):
        (folder / name).mkdir()
        for path in own_files(source):
            shutil.copyfile(path, folder / name / path.name)


def own_files(folder: Path) -> list[Path]:
    """Return the files of a folder of configuration, without what git keeps there."""
    found = folder.iterdir() if folder.is_dir() else ()
    return sorted(path for path in found if path.is_file() and not path.name.startswith("."))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python3 -m deploy.compose.backup", description=__doc__)
    parser.add_argument("to", type=Path, help="a folder that is not there yet")
    back_up(parser.parse_args().to, Stack(), Steps())


if __name__ == "__main__":
    sys.exit(finished(main))
