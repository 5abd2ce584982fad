"""Which processes are killed, in which order and at what distance. Pure: a seed gives one plan."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

_HITS = 15
"""Kills, roughly, before a round ends in what takes everything down."""
_SETTLED, _ALL_AT_ONCE = 0.5, 0.3


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


def volleys(
    seed: int,
    kills: int,
    processes: Sequence[str],
    mortal: Sequence[str] = (),
    *,
    each: bool = True,
) -> list[Volley]:
    """Return a plan of at least ``kills`` kills that hits each of ``processes`` and ``mortal``.

    Without ``each`` it is what chance takes out of such a plan: some are left to other seeds.

    It goes in rounds: each process some times, in groups of one to three; then everything goes
    down: one of the mortal, whose processes notice and end, alone or together with all of them.
    Where there is none of that kind, all processes at once, in some rounds.
    """
    random_ = seeded("kills", seed)
    wanted = {*processes, *mortal}
    found: list[Volley] = []
    count = 0
    while count < kills or wanted:
        for volley in _round(random_, processes, mortal):
            found.append(volley)
            count += len(volley.victims)
            wanted.difference_update(volley.victims)
            if count >= kills and not wanted:
                break
    return found if each else _some(random_, kills, found)


def _some(random_: random.Random, kills: int, plan: Sequence[Volley]) -> list[Volley]:
    """Return volleys of a plan, in its order, that kill ``kills`` times or a little more."""
    chosen: set[int] = set()
    count = 0
    for place in random_.sample(range(len(plan)), len(plan)):
        if count >= kills:
            break
        chosen.add(place)
        count += len(plan[place].victims)
    return [volley for place, volley in enumerate(plan) if place in chosen]


def _round(random_: random.Random, processes: Sequence[str], mortal: Sequence[str]) -> list[Volley]:
    found = []
    for _ in range(max(_HITS // len(processes), 1)):
        children = list(processes)
        random_.shuffle(children)
        while children:
            size = random_.choice((1, 1, 1, 2, 3))
            group, children = tuple(children[:size]), children[size:]
            found.append(Volley(random_.uniform(0.05, 0.6), group, random_.random() < _SETTLED))
    if mortal:
        one = random_.choice(mortal)
        last = random_.choice(((one,), (one, *processes)))
        return [*found, Volley(random_.uniform(0.2, 0.6), last, settled=True)]
    if random_.random() < _ALL_AT_ONCE:
        found.append(Volley(random_.uniform(0.2, 0.6), tuple(processes), settled=True))
    return found
