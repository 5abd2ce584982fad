"""What a process has told the kernel to keep, read from strace: what a power cut would leave.

SIGKILL cannot show a missing fsync, for the kernel outlives the process. So the order of system
calls is examined instead: a file is at risk from the start of a write until an fsync or fdatasync
that began after it has returned; a name is at risk from a rename until its folder is synced.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import PurePath

CALLS = (
    "write,pwrite64,writev,pwritev,ftruncate,fsync,fdatasync,"
    "rename,renameat,renameat2,sendto,sendmsg"
)
"""What strace is asked for; ``-f -yy -s 16`` beside it."""
_LINE = re.compile(r"^(\d+) +(.*)$")
_START = re.compile(r"^(\w+)\((.*?)(?: <unfinished \.\.\.>|\) += (-?\d+).*)$")
_RESUMED = re.compile(r"^<\.\.\. (\w+) resumed>.*\) += (-?\d+)")
_FD = re.compile(r"^\d+<([^>]*(?:->[^>]*)?)>")
_QUOTED = re.compile(r'"([^"]*)"')
_WRITES = {"write", "pwrite64", "writev", "pwritev", "ftruncate"}
_SYNCS = {"fsync", "fdatasync"}
_RENAMES = {"rename", "renameat", "renameat2"}


@dataclass(frozen=True, slots=True)
class Call:
    """The start or the end of one system call; ``of`` is a path, or a socket's ends."""

    thread: int
    name: str
    of: str
    to: str
    """Where a rename leads, or the first bytes that are sent."""
    ended: bool


def calls(lines: Iterator[str]) -> Iterator[Call]:
    """Read the lines of ``strace -f``; calls that failed are left out at their end."""
    open_calls: dict[int, Call] = {}
    for line in lines:
        found = _LINE.match(line.rstrip("\n"))
        if found is None:
            continue
        thread, rest = int(found[1]), found[2]
        if resumed := _RESUMED.match(rest):
            began = open_calls.pop(thread, None)
            if began is not None and int(resumed[2]) >= 0:
                yield Call(thread, began.name, began.of, began.to, ended=True)
        elif start := _START.match(rest):
            of, to = _named(start[1], start[2])
            began = Call(thread, start[1], of, to, ended=False)
            yield began
            if start[3] is None:
                open_calls[thread] = began
            elif int(start[3]) >= 0:
                yield Call(thread, began.name, of, to, ended=True)


def _named(name: str, arguments: str) -> tuple[str, str]:
    quoted = _QUOTED.findall(arguments)
    if name in _RENAMES:
        return (quoted[0], quoted[1]) if len(quoted) > 1 else ("", "")
    found = _FD.match(arguments)
    return (found[1] if found else "", quoted[0] if quoted else "")


@dataclass
class Disk:
    """What is at risk, by the thread that caused it; fed with calls in order."""

    writes: dict[str, int] = field(default_factory=dict)
    names: dict[str, tuple[int, str]] = field(default_factory=dict)
    """Folders with a new name in them: the thread that made it, and the name."""
    too_early: list[str] = field(default_factory=list)
    """Files that were renamed before they were synced."""
    _began: dict[tuple[int, str], set[str]] = field(default_factory=dict)

    def feed(self, call: Call) -> None:
        if call.name in _WRITES and not call.ended:
            self.writes[call.of] = call.thread
            for covered in self._began.values():
                covered.discard(call.of)  # a sync under way need not cover this write
        elif call.name in _SYNCS and not call.ended:
            self._began[call.thread, call.of] = {call.of}
        elif call.name in _SYNCS and call.of in self._began.pop((call.thread, call.of), set()):
            self.writes.pop(call.of, None)
            self.names.pop(call.of, None)
        elif call.name in _RENAMES and call.ended:
            if call.of in self.writes:
                self.too_early.append(call.to)
            self.writes.pop(call.of, None)
            folder = str(PurePath(call.to).parent)
            self.names[folder] = (call.thread, call.to)
            for covered in self._began.values():
                covered.discard(folder)

    def at_risk(self, matters: Callable[[str], bool], thread: int | None = None) -> list[str]:
        """Return what a power cut now could take; of one thread's doing if one is given."""
        found = [path for path, by in self.writes.items() if thread in (None, by)]
        found += [name for by, name in self.names.values() if thread in (None, by)]
        return sorted(path for path in found if matters(path))


@dataclass(frozen=True, slots=True)
class Found:
    """``moments`` is how often the rule was tried; ``broken`` tells of each time it was broken."""

    moments: int
    broken: list[str]


def answers_too_early(found: Iterator[Call], matters: Callable[[str], bool]) -> Found:
    """No answer of success is sent while anything that matters is at risk."""
    disk, moments, broken = Disk(), 0, []
    for call in found:
        if call.name in {"sendto", "sendmsg"} and not call.ended and call.to.startswith("HTTP/1"):
            if call.to.startswith("HTTP/1.1 2"):
                moments += 1
                broken += [f"{call.to}: {path}" for path in disk.at_risk(matters)]
        else:
            disk.feed(call)
    return Found(moments, broken + disk.too_early)


def settled_too_early(
    found: Iterator[Call],
    effect: Callable[[str], bool],
    record: Callable[[str], bool],
    *,
    anyones: bool = False,
) -> Found:
    """No thread writes to the record while an effect of its own, or of ``anyones``, is at risk.

    ``moments`` counts the writes to the record that came after an effect.
    """
    disk, moments, broken = Disk(), 0, []
    since: set[int] = set()
    for call in found:
        whose = 0 if anyones else call.thread
        if call.name in _WRITES and not call.ended and record(call.of):
            if whose in since:
                moments += 1
                since.discard(whose)
            broken += disk.at_risk(effect, None if anyones else call.thread)
        if call.name in _WRITES and effect(call.of):
            since.add(whose)
        disk.feed(call)
    return Found(moments, broken + [path for path in disk.too_early if effect(path)])
