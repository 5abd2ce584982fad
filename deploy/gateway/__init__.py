"""The gateway's configuration: a template for nginx, with the same routes as the embedded front."""

import re
from collections.abc import Mapping
from pathlib import Path

TEMPLATE = Path(__file__).parent / "nginx.conf.template"
_NAME = re.compile(r"\$\{([A-Z_]+)\}")


def configuration(values: Mapping[str, str]) -> str:
    """Fill the template in as envsubst does. Raises KeyError for a name without a value."""
    lines = TEMPLATE.read_text(encoding="utf-8").splitlines(keepends=True)
    return "".join(
        line if line.lstrip().startswith("#") else _NAME.sub(lambda found: values[found[1]], line)
        for line in lines
    )
