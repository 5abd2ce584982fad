"""What a run found, for a person and for a machine."""

from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any


@dataclass
class Report:
    """``lost`` and ``doubled`` count differences of that kind; ``recovery`` is seconds by process,
    from the kill to ready again.
    """

    seed: int
    wanted_kills: int
    seconds: float = 0.0
    kills: dict[str, int] = field(default_factory=dict)
    accepted: dict[str, int] = field(default_factory=dict)
    work: dict[str, int] = field(default_factory=dict)
    redelivered: dict[str, int] = field(default_factory=dict)
    repeats: dict[str, int] = field(default_factory=dict)
    recovery: dict[str, list[float]] = field(default_factory=dict)
    drain_seconds: float = 0.0
    differences: list[str] = field(default_factory=list)

    @property
    def lost(self) -> int:
        return sum(line.startswith("lost") for line in self.differences)

    @property
    def doubled(self) -> int:
        return sum(line.startswith("doubled") for line in self.differences)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self) | {
            "lost": self.lost,
            "doubled": self.doubled,
            "total_kills": sum(self.kills.values()),
            "recovery": {
                name: {
                    "measured": len(times),
                    "median": round(median(times), 2),
                    "longest": round(max(times), 2),
                }
                for name, times in sorted(self.recovery.items())
            },
        }

    def __str__(self) -> str:
        """Return the table that a person reads."""
        lines = [f"seed {self.seed}: {sum(self.kills.values())} kills in {self.seconds:.0f} s"]
        lines += _block("killed", self.kills)
        lines += _block("accepted", self.accepted)
        lines += _block("on the way", self.work)
        lines += _block("handed out again, at least (by queue)", self.redelivered)
        lines += _block("events that changed nothing, at least (by consumer)", self.repeats)
        lines.append("seconds from the kill to ready again: median, longest (measured)")
        for name, times in sorted(self.recovery.items()):
            lines.append(f"  {name:<42}{median(times):>8.2f}{max(times):>8.2f}  ({len(times)})")
        lines.append(f"seconds until all had arrived: {self.drain_seconds:.1f}")
        lines.append(f"lost {self.lost}, doubled {self.doubled}, differences {self._count()}")
        lines += [f"  {line}" for line in self.differences[:40]]
        return "\n".join(lines)

    def _count(self) -> int:
        return len(self.differences)


def _block(title: str, counts: dict[str, int]) -> list[str]:
    return [title, *(f"  {name:<42}{count:>8,}" for name, count in sorted(counts.items()))]
