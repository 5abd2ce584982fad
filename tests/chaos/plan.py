"""Which processes are killed, in which order and at what distance. Pure: a seed gives one plan."""

import random
from dataclasses import dataclass

from tests.deployment import PROCESSES

SUPERVISOR = "supervisor"
TARGETS = (*PROCESSES, SUPERVISOR)
_TURNS = 3
_SETTLED = 0.5


@dataclass(frozen=True, slots=True)
class Volley:
    """Processes killed at one moment, ``pause`` seconds after the last volley.

    ``settled``: the deployment is given the time to become ready again before the next one;
    otherwise the next one may hit processes that are still starting.
    """

    pause: float
    victims: tuple[str, ...]
    settled: bool


def seeded(name: str, seed: int) -> random.Random:
    """Return a source of chances of somebody's own, the same for the same seed."""
    return random.Random(f"{name} {seed}")  # noqa: S311 - it shall be repeatable, not secret


def volleys(seed: int, kills: int) -> list[Volley]:
    """Return a plan of at least ``kills`` kills that hits every process.

    It goes in rounds: each child three times, in groups of one to three; then the supervisor,
    alone (its children notice and end) or together with all of them.
    """
    random_ = seeded("kills", seed)
    found: list[Volley] = []
    count = 0
    while count < kills or not any(SUPERVISOR in volley.victims for volley in found):
        for volley in _round(random_):
            found.append(volley)
            count += len(volley.victims)
            if count >= kills and any(SUPERVISOR in one.victims for one in found):
                break
    return found


def _round(random_: random.Random) -> list[Volley]:
    found = []
    for _ in range(_TURNS):
        children = list(PROCESSES)
        random_.shuffle(children)
        while children:
            size = random_.choice((1, 1, 1, 2, 3))
            group, children = tuple(children[:size]), children[size:]
            found.append(Volley(random_.uniform(0.05, 0.6), group, random_.random() < _SETTLED))
    last = random_.choice(((SUPERVISOR,), (SUPERVISOR, *PROCESSES)))
    return [*found, Volley(random_.uniform(0.2, 0.6), last, settled=True)]
