"""Processes of their own that write or read an index."""

import os
import subprocess
import sys
import textwrap

from tests.deployment import ROOT

WRITER = """
    import sys
    from shared import log
    from shared.index import open_index
    from tests.contract.index.writes import live

    log.configure("writer")  # to standard error
    index = open_index(sys.argv[1])
    number = 0
    while True:
        batch = [live(number + n, 1, "Cầu Bến Đá", body="Câu chữ. " * 50) for n in range(5)]
        outcomes = index.write(batch)
        assert all(outcome.value == "stored" for outcome in outcomes), outcomes
        number += 5
        print(number, flush=True)
"""
"""Writes batches of five for ever, and says after each how many articles are stored."""


def start(code: str, url: str) -> subprocess.Popen[str]:
    """Run Python code that is given the index's address."""
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), url],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
