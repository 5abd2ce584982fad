"""``python -m deploy.embedded run`` starts everything; ``status`` shows how it stands.

``process NAME`` is what ``run`` starts.
"""

import argparse
import importlib
import os
import subprocess
import sys
import time

from pydantic import ValidationError

from deploy.embedded.settings import SERVICES, EmbeddedSettings
from deploy.embedded.supervisor import StartError, Supervisor, say, stop_on_signals
from shared import log
from shared.i18n import text
from shared.settings import describe

_CLEAR = "\x1b[2J\x1b[H"
_WATCH_SECONDS = 2.0
_WRONG_SETTINGS = 78  # EX_CONFIG of sysexits.h


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m deploy.embedded", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("run", help="start everything and stay; Ctrl-C stops it")
    process = commands.add_parser("process", help="one process (the supervisor starts it)")
    process.add_argument("name", choices=("front", *SERVICES))
    commands.add_parser("migrate", help="bring every database to its newest form")
    status = commands.add_parser("status", help="the pipeline at a glance; 1 if not all is well")
    status.add_argument("--json", action="store_true", help="one JSON object")
    status.add_argument("--watch", action="store_true", help="again every two seconds")
    options = parser.parse_args(arguments)
    try:
        settings = EmbeddedSettings()
        if options.command == "process":
            return _process(options.name, settings)
        if options.command == "migrate":
            return _migrate()
        if options.command == "status":
            return _status(settings, as_json=options.json, watch=options.watch)
        return _run(settings)
    except ValidationError as error:
        sys.stderr.write(describe(error) + "\n")
        return _WRONG_SETTINGS
    except StartError as error:
        sys.stderr.write(f"{error}\n")
        return 1


def _run(settings: EmbeddedSettings) -> int:
    began = time.monotonic()
    supervisor = Supervisor(settings)
    stop_on_signals(supervisor)
    with supervisor.alone():
        say(text("Bản Tin starts; its data are in %(folder)s.", folder=settings.data_dir.resolve()))
        _step("migrate")
        supervisor.start()
        try:
            supervisor.wait_until_ready(lambda name: say(text("  %(name)s is ready", name=name)))
            if not supervisor.stopping:
                _welcome(settings, time.monotonic() - began)
            samples = _start_samples(settings) if settings.samples else None
            while not supervisor.stopping:
                for name in supervisor.look_after():
                    say(text("%(name)s had ended and was started again", name=name))
                if samples is not None and samples.poll() is not None:
                    samples = None
                time.sleep(0.1)
            if samples is not None:
                samples.terminate()
                samples.wait(10)
        finally:
            say(text("Stopping…"))
            supervisor.stop()
    say(text("Stopped. The next start shows the same site."))
    return 0


def _step(command: str) -> None:
    """Run a first step in a process of its own, so that its memory is given back."""
    done = subprocess.run(  # noqa: S603 - our own interpreter and module
        [sys.executable, "-m", "deploy.embedded", command], check=False
    )
    if done.returncode:
        raise StartError(text("The step «%(step)s» has failed; see above.", step=command))


def _start_samples(settings: EmbeddedSettings) -> subprocess.Popen[bytes] | None:
    if (settings.data_dir / "samples-published").exists():
        return None
    return subprocess.Popen(
        [sys.executable, "-m", "deploy.embedded.first_start"], start_new_session=True
    )


def _welcome(settings: EmbeddedSettings, seconds: float) -> None:
    say(
        text(
            "Ready after %(seconds)s s.\n"
            "  The site:      %(url)s/\n"
            "  Search:        %(url)s/tim-kiem\n"
            "  The API:       %(url)s/v1/   (docs/api.md)\n"
            "  A token:       make token\n"
            "  Logs:          %(logs)s\n"
            "Ctrl-C stops it.",
            seconds=f"{seconds:.1f}",
            url=f"http://{settings.host}:{settings.port}",
            logs=settings.data_dir / "log",
        )
    )


def _status(settings: EmbeddedSettings, *, as_json: bool, watch: bool) -> int:
    from deploy.embedded import status, status_text  # noqa: PLC0415 - `run` does without

    log.configure("status", "ERROR")
    while True:
        found = status.look(settings)
        shown = found.as_json() if as_json else status_text.written(found)
        if watch and not as_json:
            shown = _CLEAR + shown
        say(shown)
        if not watch:
            return 1 if found.problems() else 0
        try:
            time.sleep(_WATCH_SECONDS)
        except KeyboardInterrupt:
            return 1 if found.problems() else 0


def _migrate() -> int:
    for service in ("ingest", "render", "visits"):
        importlib.import_module(f"services.{service}.bootstrap").migrate()
    return 0


def _process(name: str, settings: EmbeddedSettings) -> int:
    from shared import runtime  # noqa: PLC0415 - the supervisor does without a web server

    admin_port = int(os.environ.get("BANTIN_PROCESS_ADMIN_PORT", settings.admin_ports()[name]))
    if name == "front":
        from deploy.embedded.front import build  # noqa: PLC0415 - likewise

        processes = [build(settings)]
    else:
        bootstrap = importlib.import_module(f"services.{name}.bootstrap")
        service_settings = importlib.import_module(f"services.{name}.settings").Settings()
        processes = bootstrap.processes(service_settings)
    return runtime.run(
        name,
        processes,
        admin_port=admin_port,
        log_level=settings.log_level,
        data_dir=settings.data_dir,
    )


if __name__ == "__main__":
    sys.exit(main())
