"""``python -m services.visits collector | counter | exporter | jobs | migrate``."""

import argparse
import sys
from collections.abc import Callable

from pydantic import ValidationError

from services.visits import bootstrap
from services.visits.settings import Settings
from shared import runtime
from shared.settings import describe

_PROCESSES: dict[str, Callable[[Settings], list[runtime.Process]]] = {
    "collector": lambda settings: [bootstrap.build_collector(settings)],
    "counter": bootstrap.build_counter,
    "exporter": lambda settings: [bootstrap.build_exporter(settings)],
    "jobs": lambda settings: [bootstrap.build_jobs(settings)],
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m services.visits", description=__doc__)
    parser.add_argument("process", choices=[*_PROCESSES, "migrate"])
    wanted = parser.parse_args().process
    try:
        settings = Settings()
    except ValidationError as error:
        print(describe(error), file=sys.stderr)  # noqa: T201 - there is no log yet
        return 2
    if wanted == "migrate":
        bootstrap.migrate(settings)
        return 0
    return runtime.run(
        "visits",
        _PROCESSES[wanted](settings),
        admin_port=settings.visits_admin_port,
        admin_host=settings.visits_admin_host,
        log_level=settings.log_level,
        data_dir=settings.data_dir,
    )


if __name__ == "__main__":
    sys.exit(main())
