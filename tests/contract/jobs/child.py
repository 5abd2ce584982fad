"""A process with jobs of its own, for tests that break what it stands on.

``python -m tests.contract.jobs.child BUS FOLDER PORT``: every run of a job leaves a line in a file
of the folder, named after the job. The file ``<job>.how`` says what its next runs do.
"""

import os
import signal
import sys
import threading
from functools import partial
from pathlib import Path

from shared import runtime
from shared.database import Database
from shared.jobs import Job, Work, jobs_process
from shared.jobs.turns import turns

SERVICE = "sample"


def work(folder: Path, name: str) -> Work:
    """Return a job that does as the file says: ``fail``, ``wait``, ``die``; else it just ends."""

    def do(stop: threading.Event) -> bool:
        noted = folder / f"{name}.how"
        how = noted.read_text() if noted.exists() else ""
        note(folder / name, f"begins {how}".strip())
        if how == "fail":
            raise OSError("told to fail")
        if how == "die":
            noted.unlink()
            os.kill(os.getpid(), signal.SIGKILL)
        if how == "wait":
            while noted.exists() and noted.read_text() == how and not stop.wait(0.05):
                pass
        if how == "hang":
            threading.Event().wait()
        note(folder / name, "ends")
        return not stop.is_set()

    return do


def note(file: Path, what: str) -> None:
    """Add a line at once, whatever other processes do."""
    opened = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(opened, f"{os.getpid()} {what}\n".encode())
    os.close(opened)


def main(bus_url: str, folder: Path, port: int) -> int:
    does = partial(work, folder)
    jobs = (
        Job("quick", "runs often", does("quick"), every=0.2),
        Job("long", "takes its time", does("long"), every=0.2, heavy=True),
    )
    turn = turns(Database(f"sqlite:///{folder / 'sample.db'}"))
    process = jobs_process(SERVICE, jobs, turn=turn, bus_url=bus_url)
    return runtime.run(SERVICE, [process], admin_port=port)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])))
