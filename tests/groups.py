"""Each service runs on its own dependency group alone: ``python -m tests.groups``.

For every service a fresh environment gets that service's lock file and nothing else; then the
service's composition root and every module that it names at the top are imported there.
"""

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).parent.parent
SERVICES = ("ingest", "indexing", "search", "render", "visits")


def main() -> int:
    failed = []
    for service in SERVICES:
        with tempfile.TemporaryDirectory(prefix=f"bantin-{service}-") as folder:
            venv.create(folder, with_pip=True)
            python = Path(folder) / "bin" / "python"
            install = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check")
            lock = ROOT / "requirements" / f"{service}.lock"
            for arguments in (
                (*install, "--require-hashes", "-r", str(lock)),
                ("-c", f"import services.{service}.bootstrap, services.{service}.__main__"),
                ("-m", f"services.{service}", "--help"),
            ):
                done = subprocess.run(
                    [str(python), *arguments], cwd=ROOT, check=False, stdout=subprocess.DEVNULL
                )
                if done.returncode:
                    failed.append(f"{service}: python {' '.join(arguments[:4])}")
                    break
            else:
                sys.stdout.write(f"{service}: runs on its own group\n")
    for line in failed:
        sys.stderr.write(f"failed: {line}\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
