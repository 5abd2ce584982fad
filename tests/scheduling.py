"""Which tests go to one process together, where several processes run them (pytest-xdist).

Tests that share a deployment or a server belong together, else each process would start its own.
xdist's own groups (``--dist loadgroup``) are names that 3.8 writes into the tests' ids, which
pytest 9.2 no longer lets it do: it would deal the tests out one by one without a word.
"""

from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

SHARING = {"e2e", "faults"}
"""Folders whose tests share deployments, one of each kind."""
LONGEST_FIRST = ("jobs", "chaos", "faults", "e2e", "crash", "bus", "database", "site", "index")
"""Folders to begin with: who begins a long part last keeps the others waiting.

Those of jobs wait for most of their time, which is of use only beside those that compute.
"""
_KINDS = {"embedded", "servers"}


class Together(LoadScopeScheduling):  # type: ignore[misc]
    """Deals out whole parts of the suite."""

    def _split_scope(self, nodeid: str) -> str:
        return part_of(nodeid)


def part_of(nodeid: str) -> str:
    """Return what a test shares with others: its module, or its folder, and a deployment's kind."""
    path, _, name = nodeid.partition("::")
    folder = path.rpartition("/")[0]
    shared = folder if folder.rpartition("/")[2] in SHARING else path
    given = _KINDS & set(name.partition("[")[2].rstrip("]").split("-"))
    return " ".join([shared, *sorted(given)])


def turn_of(folder: str) -> int:
    """Return when a folder's tests have their turn; smaller is earlier."""
    return LONGEST_FIRST.index(folder) if folder in LONGEST_FIRST else len(LONGEST_FIRST)
