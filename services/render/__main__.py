"""``python -m services.render consumer | writer | jobs | web | migrate | rebuild | verify``."""

import argparse
import sys

from pydantic import ValidationError

from services.render import bootstrap
from services.render.settings import Settings
from shared import runtime
from shared.settings import describe


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m services.render", description=__doc__)
    tools = ["migrate", "rebuild", "verify"]
    parser.add_argument("process", choices=["consumer", "writer", "jobs", "web", *tools])
    parser.add_argument(
        "--deep", action="store_true", help="verify: read every file, also unchanged ones"
    )
    options = parser.parse_args()
    chosen = options.process
    try:
        settings = Settings()
    except ValidationError as error:
        print(describe(error), file=sys.stderr)  # noqa: T201 - there is no log yet
        return 2
    if chosen == "migrate":
        bootstrap.migrate(settings)
        return 0
    if chosen == "rebuild":
        bootstrap.rebuild(settings)
        return 0
    if chosen == "verify":
        found_out = bootstrap.verify(settings, deep=options.deep)
        sys.stdout.write(
            f"{found_out.files} files; {len(found_out.marked)} pages to be written again, "
            f"{len(found_out.strays)} strays removed, {found_out.assets} assets restored\n"
        )
        return 0
    if chosen == "consumer":
        found = bootstrap.build_consumer(settings)
    elif chosen == "writer":
        found = bootstrap.build_writer(settings)
    elif chosen == "jobs":
        found = [bootstrap.build_jobs(settings)]
    else:
        found = [bootstrap.build_web(settings)]
    return runtime.run(
        "render",
        found,
        admin_port=settings.render_admin_port,
        admin_host=settings.render_admin_host,
        log_level=settings.log_level,
        data_dir=settings.data_dir,
    )


if __name__ == "__main__":
    sys.exit(main())
