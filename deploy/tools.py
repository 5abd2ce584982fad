"""Programs that hold the project's files to their formats, where they are at hand."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence


def complains(words: Sequence[str], environment: Mapping[str, str] | None = None) -> int:
    """Run a tool; show what it says only if it complains. Return 1 then, else 0."""
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode != 0:
        print(f"{' '.join(words)}\n{done.stdout}{done.stderr}", file=sys.stderr)  # noqa: T201
    return int(done.returncode != 0)


def say_not_checked(tool: str, advice: str) -> None:
    """Say aloud that something was left out, and how to have it."""
    print(f"!!! NOT CHECKED: there is no {tool} here; {advice}", file=sys.stderr)  # noqa: T201


def all_must_run() -> bool:
    """Tell whether what is left out is a failure: with ``CI`` set it is."""
    return os.environ.get("CI", "").lower() not in {"", "0", "false", "no"}
