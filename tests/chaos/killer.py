"""Kills processes by plan, starts the supervisor again, and measures how long it all takes."""

import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import psutil

from tests.chaos.plan import SUPERVISOR, Volley
from tests.deployment import Deployment, wait_for

_WITHIN = 90.0
_EVERY = 0.04


@dataclass
class Kills:
    """What was killed, and the seconds from each kill to ready again where they were measured."""

    counts: Counter[str] = field(default_factory=Counter)
    recovery: dict[str, list[float]] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return self.counts.total()


class Killer:
    """Ends only what this deployment's own supervisor started, and that supervisor."""

    def __init__(self, deployment: Deployment, before: Callable[[], None]) -> None:
        self.kills = Kills()
        self._deployment = deployment
        self._before = before
        self._waiting: dict[str, tuple[float, int]] = {}

    def carry_out(self, volleys: Sequence[Volley], progress: Callable[[Kills], None]) -> None:
        """Do all of a plan; every process is ready again at the end."""
        for volley in volleys:
            self._pass(volley.pause)
            self._fire(volley.victims)
            progress(self.kills)
            if SUPERVISOR in volley.victims:
                self._start_again()
            elif volley.settled:
                wait_for(self._all_ready, within=_WITHIN, every=_EVERY)
        wait_for(self._all_ready, within=_WITHIN, every=_EVERY)

    def _pass(self, seconds: float) -> None:
        """Let time pass, noting what becomes ready meanwhile."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._all_ready()
            time.sleep(min(left, _EVERY))

    def _fire(self, victims: Sequence[str]) -> None:
        """Kill these at one moment; what is dead already is waited for and killed as it starts."""
        found = wait_for(lambda: self._pids(victims) or {}, within=_WITHIN, every=_EVERY)
        self._before()
        for name in victims:
            os.kill(found[name], signal.SIGKILL)
            self._waiting[name] = (time.monotonic(), found[name])
            self.kills.counts[name] += 1

    def _pids(self, victims: Sequence[str]) -> dict[str, int] | None:
        """Return the living processes of these names; None unless all live.

        The supervisor's list may be a moment old, so each is looked at: only a living child of
        our own supervisor is ever killed.
        """
        supervisor, noted = self._deployment.supervisor(), self._deployment.pids()
        found = {SUPERVISOR: supervisor.pid}
        for name in victims:
            if name != SUPERVISOR and _is_child(noted[name], supervisor.pid):
                found[name] = noted[name]
        return found if all(name in found for name in victims) else None

    def _start_again(self) -> None:
        """Start the deployment anew, as a service manager does, once its old children ended."""
        began, _ = self._waiting.pop(SUPERVISOR)
        self._waiting.clear()
        self._deployment.buried()
        self._deployment.start()
        self._note(SUPERVISOR, time.monotonic() - began)

    def _all_ready(self) -> bool:
        """Note who has become ready since; True if nobody is waited for any more."""
        for name, (killed, former) in list(self._waiting.items()):
            living = self._pids([name])
            if living is None or living[name] == former or not self._deployment.says_ready(name):
                continue
            if name == "front" and not self._deployment.answers():
                continue
            self._note(name, time.monotonic() - killed)
            del self._waiting[name]
        return not self._waiting

    def _note(self, name: str, seconds: float) -> None:
        self.kills.recovery.setdefault(name, []).append(seconds)


def _is_child(pid: int, parent: int) -> bool:
    try:
        process = psutil.Process(pid)
        return process.ppid() == parent and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
