"""The site's files held against what was written: what a hand has changed is written anew.

A file whose size and time of change are as noted is believed (``deep`` reads it all the same).
Where either differs the bytes decide. Everything is mended by a mark, so that the page is drawn
from current state; only what no page can be called is removed here. A page's compressed twin is
held against the page.
"""

import gzip
import hashlib
import os
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, bindparam, select, update

from services.render import look, marks, paths
from services.render.files import TWIN, Folder, Noted, has_twin
from services.render.records import LIVE
from services.render.tables import Priority, articles, dirty
from services.render.tables import files as table
from shared import log, metrics
from shared.contracts.events import UnpublishType
from shared.database import Database

_logger = log.get("render.verify")
_MARKED_AT_ONCE: Final = 200
_LEFTOVER_SECONDS: Final = 3600.0
"""Age from which a temporary file must be a crash's."""
_ASSETS: Final = "assets/"
_SAME = update(table).where(
    table.c.path == bindparam("its_path"), table.c.digest == bindparam("its_digest")
)


@dataclass(frozen=True, slots=True)
class Findings:
    """Names of files relative to the site, and addresses of pages."""

    files: int
    """Files looked at."""
    marked: tuple[str, ...]
    """Pages that are missing, altered or were never written, to be drawn again."""
    strays: tuple[str, ...]
    """Files that were removed, because no page can be called so."""
    assets: int
    """Assets that were missing or altered, written again."""


@dataclass(frozen=True, slots=True)
class _Found:
    size: int
    modified: int


class Verifier:
    """Looks at every file of the site; one pass costs a ``stat`` of each.

    ``twins`` says whether texts should have a compressed twin.
    """

    def __init__(self, root: Path, database: Database, *, twins: bool = False) -> None:
        self._root = root
        self._database = database
        self._twins = twins

    def verify(self, *, deep: bool = False) -> Findings:
        """Mark and remove what is not as it was written. Raises what UNAVAILABLE names."""
        noted, expected = self._known()
        found, twins = _apart(_walk(self._root))
        differing, touched, strays = [*self._with_wrong_twin(found, twins, deep=deep)], [], []
        for name, seen in found.items():
            path = _path_of(name)
            if path is None:
                strays.append(name)
            elif path not in noted:
                differing.append(path)
            elif deep or (seen.size, seen.modified) != (noted[path].size, noted[path].modified):
                verdict = self._judge(name, noted[path])
                differing += [path] if verdict is None else []
                touched += [verdict] if verdict is not None and verdict != noted[path] else []
        names = {paths.file_name(path): path for path in {*noted, *expected}}
        differing += [path for name, path in names.items() if name not in found]
        marked = self._mark(sorted(set(differing)), touched)
        removed = [name for name in strays if _remove(self._root / name)]
        findings = Findings(len(found), tuple(marked), tuple(removed), self._restore_assets())
        self._tell(findings)
        return findings

    def _known(self) -> tuple[Mapping[str, Noted], set[str]]:
        """Return what was written, and every page that there should be."""
        shown = articles.c.state.in_([LIVE, UnpublishType.WITHDRAWAL.value])
        with self._database.read() as connection:
            noted = {row.path: Noted(*row) for row in connection.execute(select(table))}
            expected = set(connection.scalars(select(articles.c.url).where(shown)))
            expected |= marks.every_list(connection)
        return noted, expected

    def _with_wrong_twin(
        self, found: Mapping[str, _Found], twins: Mapping[str, _Found], *, deep: bool
    ) -> Iterator[str]:
        """Give the pages whose twin is missing, is not of this page, or should not be there."""
        for name in found.keys() | twins.keys():
            path, page, twin = _path_of(name), found.get(name), twins.get(name)
            if path is None:
                continue
            wished = self._twins and page is not None and has_twin(name, page.size)
            is_right = wished == (twin is not None)
            if page and twin and is_right:
                is_right = twin.modified == page.modified
                is_right = is_right and (not deep or self._says_the_same(name))
            if not is_right:
                yield path

    def _says_the_same(self, name: str) -> bool:
        try:
            small = (self._root / (name + TWIN)).read_bytes()
            return gzip.decompress(small) == (self._root / name).read_bytes()
        except (OSError, EOFError, zlib.error):
            return False

    def _judge(self, name: str, noted: Noted) -> Noted | None:
        """Return the file as it stands, or None if it is not what was written."""
        target = self._root / name
        try:
            content, stat = target.read_bytes(), target.stat()
        except FileNotFoundError:
            return None
        if hashlib.sha256(content).hexdigest() != noted.digest:
            return None
        return Noted(noted.path, len(content), stat.st_mtime_ns, noted.digest)

    def _mark(self, differing: Sequence[str], touched: Sequence[Noted]) -> list[str]:
        """Mark what is not marked already, a few in one transaction, so that news can come in."""
        marked: list[str] = []
        for start in range(0, len(differing), _MARKED_AT_ONCE):
            some = differing[start : start + _MARKED_AT_ONCE]
            with self._database.write() as connection:
                waiting = _marked(connection, some)
                new = [path for path in some if path not in waiting]
                marks.mark(connection, new, Priority.BULK)
            marked += new
        if touched:
            values: dict[str, Any] = {
                "modified": bindparam("its_time"),
                "size": bindparam("its_size"),
            }
            rows = [
                {
                    "its_path": one.path,
                    "its_digest": one.digest,
                    "its_time": one.modified,
                    "its_size": one.size,
                }
                for one in touched
            ]
            with self._database.write() as connection:
                connection.execute(_SAME.values(**values), rows)
        return marked

    def _restore_assets(self) -> int:
        folder = Folder(self._root, twins=self._twins)
        try:
            return folder.put(look.assets()).changed
        finally:
            folder.close()

    def _tell(self, findings: Findings) -> None:
        changed = {"rewritten": len(findings.marked) + findings.assets}
        changed["removed"] = len(findings.strays)
        for how, count in changed.items():
            metrics.DRIFT_MENDED.labels("render", how).inc(count)
        if any(changed.values()):
            marked, strays = findings.marked[:20], findings.strays[:20]
            _logger.warning("files_differ", **changed, marked=marked, strays=strays)


def _walk(root: Path) -> Iterator[tuple[str, _Found]]:
    """Give the name of every file but assets, the marker and what is being written."""
    folders = [""]
    now = time.time()
    while folders:
        prefix = folders.pop()
        try:
            entries = list(os.scandir(root / prefix))
        except FileNotFoundError:
            continue
        for entry in entries:
            name = prefix + entry.name
            if entry.is_dir(follow_symlinks=False):
                folders += [] if f"{name}/" == _ASSETS else [f"{name}/"]
                continue
            try:
                stat = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            temporary = entry.name.startswith(".") and entry.name.endswith(".new")
            if name == look.MARKER or (temporary and now - stat.st_mtime < _LEFTOVER_SECONDS):
                continue
            yield name, _Found(stat.st_size, -1 if entry.is_symlink() else stat.st_mtime_ns)


def _apart(seen: Iterator[tuple[str, _Found]]) -> tuple[dict[str, _Found], dict[str, _Found]]:
    """Return the files, and apart from them the pages' twins by the names of their pages."""
    found, twins = {}, {}
    for name, file in seen:
        page = name.removesuffix(TWIN)
        if page != name and _path_of(page) is not None:
            twins[page] = file
        else:
            found[name] = file
    return found, twins


def _path_of(name: str) -> str | None:
    """Return the page whose file is called so, or None if there can be none."""
    path = f"/{name.removesuffix('index.html')}"
    return path if paths.parse(path) and paths.file_name(path) == name else None


def _marked(connection: Connection, some: Sequence[str]) -> set[str]:
    return set(connection.scalars(select(dirty.c.path).where(dirty.c.path.in_(some))))


def _remove(stray: Path) -> bool:
    try:
        stray.unlink()
    except FileNotFoundError:
        return False
    return True
