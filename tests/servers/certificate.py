"""A certificate that nobody but its file vouches for, for servers on the loopback address."""

import subprocess
from pathlib import Path
from typing import NamedTuple


class Certificate(NamedTuple):
    file: Path
    key: Path


def make(folder: Path, name: str = "IP:127.0.0.1") -> Certificate:
    """Write a certificate for ``name``, as a subjectAltName says it, and its key."""
    folder.mkdir(parents=True, exist_ok=True)
    made = Certificate(folder / "certificate.pem", folder / "key.pem")
    words = ["openssl", "req", "-x509", "-nodes", "-days", "30", "-newkey", "ec"]
    words += ["-pkeyopt", "ec_paramgen_curve:P-256", "-subj", "/CN=bantin-test"]
    words += ["-addext", f"subjectAltName={name}"]
    words += ["-out", str(made.file), "-keyout", str(made.key)]
    subprocess.run(words, check=True, capture_output=True)
    made.key.chmod(0o644)  # a container's server runs as somebody else
    return made
