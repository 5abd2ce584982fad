"""Which processes are killed, in which order and at what distance. Pure: a seed gives one plan."""

import random
from dataclasses import dataclass

from tests.deployment import PROCESSES

SUPERVISOR = "supervisor"
TARGETS = (*PROCESSES, SUPERVISOR)


@dataclass(frozen=True, slots=True)
class Volley:
    """Processes killed at one moment, ``pause`` seconds after the last volley.

    ``settled``: the deployment is given the time to become ready again before the next one;
    otherwise the next one may hit processes that are still starting.
    """

    pause: float
    victims: tuple[str, ...]
    settled: bool


def volleys(seed: int, kills: int) -> list[Volley]:
    """Return a plan of at least ``kills`` kills that hits every process.

    It goes in rounds: each child once, in groups of one to three; then the supervisor, alone
    (its children notice and end) or together with all of them, as a power cut would.
    """
    random_ = random.Random(f"kills {seed}")
    found: list[Volley] = []
    count = 0
    while count < kills:
        children = list(PROCESSES)
        random_.shuffle(children)
        while children:
            size = random_.choice((1, 1, 1, 2, 3))
            group, children = tuple(children[:size]), children[size:]
            found.append(Volley(random_.uniform(0.05, 0.6), group, random_.random() < 0.6))
        everything = random_.random() < 0.5
        last = (SUPERVISOR, *PROCESSES) if everything else (SUPERVISOR,)
        found.append(Volley(random_.uniform(0.2, 0.6), last, settled=True))
        count = sum(len(volley.victims) for volley in found)
    return found
