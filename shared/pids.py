"""Whether a process of this machine lives."""

import os


def alive(pid: int) -> bool:
    """Tell whether a process has this number, whoever owns it."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
