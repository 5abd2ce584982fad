"""``python -m services.visits``: a process, or one of ``migrate``, ``export`` and ``import``."""

import argparse
import sys
from collections.abc import Callable
from functools import partial

from pydantic import ValidationError

from services.visits import bootstrap, moving
from services.visits.settings import Settings
from shared import log, runtime
from shared.moving import Telling, moved
from shared.settings import describe

_PROCESSES: dict[str, Callable[[Settings], list[runtime.Process]]] = {
    "collector": lambda settings: [bootstrap.build_collector(settings)],
    "counter": bootstrap.build_counter,
    "exporter": lambda settings: [bootstrap.build_exporter(settings)],
    "jobs": lambda settings: [bootstrap.build_jobs(settings)],
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m services.visits", description=__doc__)
    parser.add_argument("process", choices=[*_PROCESSES, "migrate", "export", "import"])
    wanted = parser.parse_args().process
    try:
        settings = Settings()
    except ValidationError as error:
        print(describe(error), file=sys.stderr)  # noqa: T201 - there is no log yet
        return 2
    if wanted == "migrate":
        bootstrap.migrate(settings)
        return 0
    if wanted in {"export", "import"}:
        log.configure("visits", settings.log_level)
        return moved("visits", partial(_export if wanted == "export" else _import, settings))
    return runtime.run(
        "visits",
        _PROCESSES[wanted](settings),
        admin_port=settings.visits_admin_port,
        admin_host=settings.visits_admin_host,
        log_level=settings.log_level,
        data_dir=settings.data_dir,
    )


def _export(settings: Settings, telling: Telling) -> None:
    telling.done(moving.export(settings, sys.stdout.buffer, telling))


def _import(settings: Settings, telling: Telling) -> None:
    bootstrap.migrate(settings)
    header, counts = moving.take_in(settings, sys.stdin.buffer, telling)
    telling.done(counts)
    if waiting := header.remarks.get("waiting"):
        telling.say(f"{waiting} view(s) waited in the old bus and are not counted")
    if (start := header.remarks.get("visits_start", 0)) != settings.visits_start:
        telling.say(f"the old counter began at {start}: set BANTIN_VISITS_START={start} here")


if __name__ == "__main__":
    sys.exit(main())
