"""``python -m benchmarks [NAME…] [--quick]`` measures and prints a Markdown table."""

import argparse
import importlib
import os
import platform
import signal
import sys

NAMES = ("start", "latency", "imports", "searches", "views")
SERVERS = ("broker", "elastic")
"""Start servers of their own; run when named, or all of them by the word ``servers``."""
LONG = ("large", "replay", "served", "recovery")
"""Run only when named."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help=f"any of {', '.join(NAMES)}, which are run when none is named; on real servers,"
        f" which are started for it: {', '.join(SERVERS)}, or servers for all of these; and"
        f" {', '.join(LONG)}, which take many minutes",
    )
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that it runs")
    parser.add_argument(
        "--articles", type=int, metavar="N", help="of the replay in «replay» and «served»"
    )
    options = parser.parse_args()
    names = [
        one
        for name in options.names or NAMES
        for one in (SERVERS if name == "servers" else (name,))
    ]
    unknown = set(names) - set(NAMES + SERVERS + LONG)
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    if options.articles and not set(names) <= {"replay", "served"}:
        parser.error("--articles is for «replay» and «served» alone")
    sizes = {"articles": options.articles} if options.articles else {}
    # What was started is then ended, as after any other exception.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    print(
        f"Python {platform.python_version()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    )
    print("\n| what | figure | beside it, in the same run |\n| --- | --- | --- |")
    for name in names:
        measure = importlib.import_module(f"benchmarks.{name}").measure
        for row in measure(quick=options.quick, **sizes):
            print(f"| {row.what} | {row.figure} | {row.beside} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
