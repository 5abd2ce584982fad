"""Publishes the sample news on the first start, through the ingest API like anyone's."""

import subprocess
import sys

from deploy.embedded.settings import EmbeddedSettings
from deploy.embedded.supervisor import say
from samples.load import LoadError, load
from shared.i18n import text


def main() -> int:
    settings = EmbeddedSettings()
    say(text("First start: publishing the sample news…"))
    made = subprocess.run(  # noqa: S603 - our own interpreter and module
        [
            *(sys.executable, "-m", "services.ingest", "token", "create", "--name", "samples"),
            *("--scope", "draft", "--scope", "publish", "--scope", "admin", "--expires-days", "1"),
        ],
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    token = made.stdout.strip().splitlines()[-1]
    try:
        load(f"http://{settings.host}:{settings.port}", token, progress=lambda s: say(f"  {s}"))
    except LoadError as error:
        say(text("The sample news were not published: %(error)s", error=error))
        return 1
    (settings.data_dir / "samples-published").touch()
    say(text("The sample news are published."))
    return 0


if __name__ == "__main__":
    sys.exit(main())
