"""A writer in a process of its own, for a test to kill; its argument is the data folder."""

import sys
import threading
from pathlib import Path

from services.render import bootstrap
from services.render.settings import Settings
from services.render.site import Writer

if __name__ == "__main__":
    settings = Settings(data_dir=Path(sys.argv[1]), _env_file=None, render_batch=16)
    writer = Writer(settings, bootstrap.open_database(settings))
    stop = threading.Event()
    writer.run(stop, stop.wait, lambda: None)
