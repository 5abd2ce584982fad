"""A folder that is written under another name until it is whole, with the sums of its files."""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from deploy.compose.stack import TroubleError

SUMS: Final = "SHA256SUMS"
_BLOCK: Final = 1 << 20


@contextmanager
def written(to: Path) -> Iterator[Path]:
    """Give a folder that only its owner can read; it is called ``to`` once the block is left.

    If the block raises, nothing remains. Raises TroubleError where there is such a folder already.
    """
    if to.exists():
        raise TroubleError(f"{to} is there already: name a folder that is not")
    to.parent.mkdir(parents=True, exist_ok=True)
    unfinished = to.with_name(f".{to.name}.unfinished.{os.getpid()}")
    mask = os.umask(0o077)
    try:
        unfinished.mkdir(mode=0o700)
        yield unfinished
        _write_sums(unfinished)
        os.sync()
        unfinished.rename(to)
    finally:
        os.umask(mask)
        shutil.rmtree(unfinished, ignore_errors=True)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.name != SUMS)


def _write_sums(folder: Path) -> None:
    lines = (f"{_sum(path)}  {path.relative_to(folder)}\n" for path in _files(folder))
    (folder / SUMS).write_text("".join(lines))


def _sum(path: Path) -> str:
    total = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            total.update(block)
    return total.hexdigest()


def checked(folder: Path, about: str, form: str) -> Mapping[str, Any]:
    """Return what a folder says of itself in the file ``about``, once all its sums are right.

    Raises TroubleError: it is not of the form, not whole, or changed.
    """
    try:
        said: dict[str, Any] = json.loads((folder / about).read_bytes())
        sums = (folder / SUMS).read_text().splitlines()
    except (FileNotFoundError, ValueError) as error:
        raise TroubleError(f"{folder} is not what this command reads: {error}") from error
    if said.get("format") != form:
        raise TroubleError(f"{folder} has the format {said.get('format')!r}, not {form!r}")
    named = {name: total for total, name in (line.split("  ", 1) for line in sums)}
    there = {str(path.relative_to(folder)) for path in _files(folder)}
    if missing := named.keys() ^ there:
        raise TroubleError(f"{folder} is not whole: {', '.join(sorted(missing))}")
    changed = [name for name, total in named.items() if _sum(folder / name) != total]
    if changed:
        raise TroubleError(f"{folder} is damaged, sums differ: {', '.join(changed)}")
    return said


def megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"
