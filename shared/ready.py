"""``python -m shared.ready [PORT]``: whether the process beside it says that it is ready.

For a container's health check: status 0 if it is; otherwise 1, and what it says.
"""

import http.client
import sys
from collections.abc import Sequence
from typing import Final

ADMIN_PORT: Final = 9460
"""Where each process shows its health in a container."""
_SECONDS: Final = 5.0


def main(arguments: Sequence[str]) -> int:
    port = int(arguments[0]) if arguments else ADMIN_PORT
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_SECONDS)
    try:
        connection.request("GET", "/health/ready")
        answer = connection.getresponse()
        said = answer.read().decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        sys.stderr.write(f"no answer from port {port}: {error}\n")
        return 1
    finally:
        connection.close()
    sys.stdout.write(f"{said}\n")
    return 0 if answer.status == http.HTTPStatus.OK else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
