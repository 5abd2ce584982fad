"""Chaos: kill every process again and again while people work, then compare everything.

``python -m tests.chaos run`` is what ``make chaos`` calls; ``ablate`` removes one safeguard at a
time from a copy of the tree and demands that the named tests fail.
"""

import argparse
import json
import secrets
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.chaos import ablate
from tests.chaos.run import Past, Size, final, run
from tests.deployment import Deployment
from tests.embedded_deployment import EmbeddedDeployment
from tests.server_deployment import ServerDeployment
from tests.server_stores import own_servers

_SEEDS = 10**6


def main(arguments: list[str] | None = None) -> int:
    """Return 0 if there is no difference, 1 if there is one."""
    given = _parser().parse_args(arguments)
    if given.command == "ablate":
        return ablate.main(given.names, _say, chaos=given.chaos)
    seed = given.seed if given.seed is not None else secrets.randbelow(_SEEDS)
    size = Size(
        kills=given.kills,
        editors=given.editors,
        readers=given.readers,
        articles=given.articles,
        each=not given.some,
    )
    _say(f"seed {seed}")
    with tempfile.TemporaryDirectory(prefix="bantin-chaos-") as temporary:
        folder = Path(given.folder or temporary)
        with _deployment(given.deployment, folder) as deployment:
            past = Past()
            report = run(seed, size, deployment, _say, past)
            report.differences += final(deployment, past)
    _say(str(report))
    if given.json:
        text = json.dumps(report.as_dict(), ensure_ascii=False, indent=1)
        Path(given.json).write_text(text + "\n")
    if not report.differences:
        return 0
    options = f"--deployment {given.deployment} --seed {seed} --kills {given.kills}"
    options += f" --editors {given.editors} --readers {given.readers} --articles {given.articles}"
    options += " --some" if given.some else ""
    _say(f'Repeat it: make chaos ARGS="{options} --folder DIR" (the folder is kept)')
    return 1


@contextmanager
def _deployment(kind: str, folder: Path) -> Iterator[Deployment]:
    """Give a running deployment, with servers of its own where it needs them."""
    with ExitStack() as stack:
        if kind == EmbeddedDeployment.kind:
            yield stack.enter_context(EmbeddedDeployment(folder / "var"))
        else:
            servers = stack.enter_context(own_servers(folder / "servers"))
            yield stack.enter_context(ServerDeployment(folder / "var", servers=servers))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    running = commands.add_parser("run", help="kill, work, compare")
    running.add_argument("--seed", type=int, help="of the plan (default: a random one, printed)")
    running.add_argument(
        "--deployment", choices=["embedded", "servers"], default="embedded", help="on what"
    )
    running.add_argument("--kills", type=int, default=200, help="at least so many (200)")
    running.add_argument(
        "--some", action="store_true", help="leave processes out by chance, as the tests do"
    )
    running.add_argument("--editors", type=int, default=3, help="at work at once (3)")
    running.add_argument("--readers", type=int, default=2, help="sending views at once (2)")
    running.add_argument("--articles", type=int, default=60, help="that an editor begins (60)")
    running.add_argument("--folder", help="keep the deployment's data and logs there")
    running.add_argument("--json", metavar="FILE", help="write the report there too")
    removing = commands.add_parser("ablate", help="show that each safeguard is tested")
    removing.add_argument("names", nargs="*", help=f"of {', '.join(ablate.NAMES)}; all if none")
    removing.add_argument(
        "--chaos", action="store_true", help="let a short chaos run notice it, not the tests"
    )
    return parser


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
