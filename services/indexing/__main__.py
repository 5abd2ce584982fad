"""``python -m services.indexing consumer``."""

import argparse
import sys

from pydantic import ValidationError

from services.indexing import bootstrap
from services.indexing.settings import Settings
from shared import runtime
from shared.settings import describe


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m services.indexing", description=__doc__)
    parser.add_argument("process", choices=["consumer"])
    parser.parse_args()
    try:
        settings = Settings()
    except ValidationError as error:
        print(describe(error), file=sys.stderr)  # noqa: T201 - there is no log yet
        return 2
    return runtime.run(
        "indexing",
        bootstrap.build_consumer(settings),
        admin_port=settings.indexing_admin_port,
        admin_host=settings.indexing_admin_host,
        log_level=settings.log_level,
        data_dir=settings.data_dir,
    )


if __name__ == "__main__":
    sys.exit(main())
