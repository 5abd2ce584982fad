"""``python -m services.search web``."""

import argparse
import sys

from pydantic import ValidationError

from services.search import bootstrap
from services.search.settings import Settings
from shared import runtime
from shared.settings import describe


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m services.search", description=__doc__)
    parser.add_argument("process", choices=["web"])
    parser.parse_args()
    try:
        settings = Settings()
    except ValidationError as error:
        print(describe(error), file=sys.stderr)  # noqa: T201 - there is no log yet
        return 2
    return runtime.run(
        "search",
        [bootstrap.build_web(settings)],
        admin_port=settings.search_admin_port,
        admin_host=settings.search_admin_host,
        log_level=settings.log_level,
        data_dir=settings.data_dir,
    )


if __name__ == "__main__":
    sys.exit(main())
