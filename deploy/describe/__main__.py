"""``python -m deploy.describe``: write every description, or with ``--check`` only compare."""

import argparse
import sys
from pathlib import Path
from typing import Final

from deploy.describe import asyncapi, openapi
from deploy.describe.form import encode

ROOT: Final = Path(__file__).parents[2]


def files() -> dict[Path, str]:
    """Return the path (below the root) and the text of every file that is generated."""
    found = {
        Path("docs/openapi.json"): encode(openapi.document()),
        # JSON is YAML; the name is the one that AsyncAPI's tools look for.
        Path("docs/asyncapi.yaml"): encode(asyncapi.document()),
    }
    for name, schema in asyncapi.schemas().items():
        found[Path("shared/contracts/schemas") / f"{name}.json"] = encode(schema)
    return found


def stale(root: Path = ROOT) -> list[Path]:
    """Return the generated files below ``root`` that are missing or differ from the code."""
    return [
        path
        for path, text in files().items()
        if not (root / path).exists() or (root / path).read_text(encoding="utf-8") != text
    ]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m deploy.describe", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if one is stale")
    asked = parser.parse_args(arguments)
    behind = stale()
    for path in behind:
        if not asked.check:
            (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
            (ROOT / path).write_text(files()[path], encoding="utf-8")
        sys.stdout.write(f"{'stale' if asked.check else 'written'}: {path}\n")
    return 1 if behind and asked.check else 0


if __name__ == "__main__":
    sys.exit(main())
