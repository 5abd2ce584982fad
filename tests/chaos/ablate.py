"""Removes one safeguard at a time from a copy of the tree and demands that a test notices.

A patch replaces text that must be there exactly once; where the code has changed, the ablation
itself fails, so it cannot silently stop proving anything. The same tests must pass in a copy
that has every safeguard.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.deployment import ROOT

_WITHIN = 300.0
_ORDER = "tests/chaos/test_durability_order.py"
_COUNTS = "tests/contract/visits/test_visits_store.py"
_ON_FILES = "not elastic and not postgresql and not rabbitmq"
"""The embedded adapters' share of a suite: it is their safeguards that are taken out."""
_FAILED = 1
"""pytest's exit status when tests ran and some failed; anything else proves nothing."""


@dataclass(frozen=True, slots=True)
class Ablation:
    """One safeguard: where it stands, what is left without it, and the tests that hold it."""

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


ABLATIONS = (
    Ablation(
        name="visits-deduplication",
        file="services/visits/store.py",
        old="    return set(connection.execute(statement, rows).scalars())\n",
        new="    connection.execute(statement, rows)\n    return set(by_id)\n",
        tests=(
            f"{_COUNTS}::test_an_event_that_comes_twice_counts_once",
            f"{_COUNTS}::test_a_retry_with_the_same_id_across_midnight_counts_once",
        ),
    ),
    Ablation(
        name="index-version-guard",
        file="shared/index/tantivy/writer.py",
        old="            if stored is not None and version <= stored:\n",
        new="            if stored is not None and version < 0:\n",
        tests=("tests/contract/index/test_index_writes.py",),
    ),
    Ablation(
        name="page-version-guard",
        file="services/render/store.py",
        old="            if version > data.version:\n",
        new="            if data.version < 0:\n",
        tests=("tests/contract/site/test_site_ordering.py",),
    ),
    Ablation(
        name="database-fsync",
        file="shared/database.py",
        old='            "synchronous=FULL",\n',
        new='            "synchronous=NORMAL",\n',
        tests=(_ORDER,),
    ),
    Ablation(
        name="bus-fsync",
        file="shared/bus/embedded_file.py",
        old="{'FULL' if durable else 'NORMAL'}",
        new="NORMAL",
        tests=(_ORDER,),
    ),
    Ablation(
        name="page-fsync",
        file="services/render/files.py",
        old="        os.fsync(fd)\n",
        new="        os.fstat(fd)\n",
        tests=(_ORDER,),
    ),
    Ablation(
        name="index-fsync",
        file="shared/index/tantivy/writer.py",
        old="            os.fsync(folder)\n",
        new="            os.fstat(folder)\n",
        tests=(_ORDER,),
    ),
    Ablation(
        name="picture-fsync",
        file="services/ingest/store/files.py",
        old="                os.fsync(file.fileno())\n",
        new="",
        tests=(_ORDER,),
    ),
)
NAMES = tuple(ablation.name for ablation in ABLATIONS)
CHAOS = ("-m", "tests.chaos", "run", "--seed", "1", "--kills", "10", "--articles", "20")


class AblationError(Exception):
    """The ablation proves nothing; the text says why."""


def copy_tree(folder: Path) -> Path:
    """Copy what runs and what tests it, compiled modules too; return where it is."""
    copied = folder / "tree"
    # What another process just compiles has a name with a number, and soon another one.
    ignored = shutil.ignore_patterns(".*", "var", "*.pyc.*")
    shutil.copytree(ROOT, copied, ignore=ignored)
    return copied


def remove(ablation: Ablation, tree: Path) -> None:
    """Take the safeguard out of a copy. Raises AblationError unless it stands there once."""
    file = tree / ablation.file
    text = file.read_text()
    if text.count(ablation.old) != 1:
        raise AblationError(
            f"{ablation.name}: {ablation.file} has {text.count(ablation.old)} times what is removed"
        )
    file.write_text(text.replace(ablation.old, ablation.new))


def failing(tree: Path, tests: Sequence[str]) -> list[str]:
    """Run tests in a copy and return those that fail. Raises AblationError if none could run."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", _ON_FILES, *tests],
        cwd=tree,
        capture_output=True,
        text=True,
        check=False,
        timeout=_WITHIN,
    )
    if done.returncode not in (0, _FAILED) or re.search(r"^ERROR ", done.stdout, re.MULTILINE):
        raise AblationError(f"pytest ended with {done.returncode}: {done.stdout[-2000:]}")
    return re.findall(r"^FAILED (\S+)", done.stdout, re.MULTILINE)


def hold(ablations: Sequence[Ablation], folder: Path) -> None:
    """See that all their tests pass with every safeguard in place. Raises AblationError."""
    tests = sorted({test for ablation in ablations for test in ablation.tests})
    if found := failing(copy_tree(folder), tests):
        raise AblationError(f"these fail with every safeguard in place: {found}")


def prove(ablation: Ablation, folder: Path) -> list[str]:
    """Return which of its tests fail without the safeguard. Raises AblationError if none does."""
    tree = copy_tree(folder)
    remove(ablation, tree)
    found = failing(tree, ablation.tests)
    if not found:
        raise AblationError(f"{ablation.name}: no test notices that it is gone")
    return found


def chaos_notices(ablation: Ablation, folder: Path) -> str:
    """Let the chaos run itself find what is missing; return its verdict. Raises AblationError."""
    tree = copy_tree(folder)
    remove(ablation, tree)
    done = subprocess.run(
        [sys.executable, *CHAOS],
        cwd=tree,
        capture_output=True,
        text=True,
        check=False,
        timeout=_WITHIN,
    )
    verdict = re.search(r"^lost .*differences.*$", done.stdout, re.MULTILINE)
    if done.returncode != 1 or verdict is None:
        raise AblationError(f"{ablation.name}: chaos ended with {done.returncode} {done.stderr}")
    return verdict[0]


def main(names: Sequence[str], say: Callable[[str], None], *, chaos: bool) -> int:
    """Prove the named ablations, or all; return 0 if every one is noticed."""
    unknown = sorted(set(names) - set(NAMES))
    if unknown:
        say(f"no such ablation: {', '.join(unknown)}")
        return 2
    chosen = [one for one in ABLATIONS if not names or one.name in names]
    if not chaos:
        try:
            with _folder() as folder:
                hold(chosen, Path(folder))
        except AblationError as error:
            say(str(error))
            return 1
    status = 0
    for ablation in chosen:
        try:
            with _folder() as folder:
                if chaos:
                    say(f"{ablation.name}: chaos: {chaos_notices(ablation, Path(folder))}")
                    continue
                found = prove(ablation, Path(folder))
                say(f"{ablation.name}: noticed by {len(found)}")
                for test in found:
                    say(f"  {test}")
        except AblationError as error:
            say(str(error))
            status = 1
    return status


def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="bantin-ablation-")
