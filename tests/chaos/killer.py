"""Kills processes by plan, revives what does not come back alone, measures how long it takes."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.chaos.plan import Volley
from tests.deployment import Deployment, wait_for

_WITHIN = 90.0
_EVERY = 0.1


@dataclass
class Kills:
    """What was killed, and the seconds from each kill to ready again where they were measured."""

    counts: Counter[str] = field(default_factory=Counter)
    recovery: dict[str, list[float]] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return self.counts.total()


class Killer:
    """Ends only what this deployment says is alive and its own."""

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
            if fallen := [name for name in volley.victims if name in self._deployment.mortal]:
                self._revive(fallen[0])
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
        self._before()
        now = time.monotonic()
        for name, pid in self._deployment.volley(victims).items():
            self._waiting[name] = (now, pid)
            self.kills.counts[name] += 1

    def _revive(self, fallen: str) -> None:
        """Start the deployment anew, as a service manager does."""
        began, _ = self._waiting.pop(fallen)
        self._waiting.clear()
        self._deployment.revive()
        self._note(fallen, time.monotonic() - began)

    def _all_ready(self) -> bool:
        """Note who has become ready since; True if nobody is waited for any more."""
        for name, (killed, former) in list(self._waiting.items()):
            if not self._deployment.restarted(name, former):
                continue
            if name in self._deployment.entrance and not self._deployment.answers():
                continue
            self._note(name, time.monotonic() - killed)
            del self._waiting[name]
        return not self._waiting

    def _note(self, name: str, seconds: float) -> None:
        self.kills.recovery.setdefault(name, []).append(seconds)
