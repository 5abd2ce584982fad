"""``python -m tests.servers``: which servers the tests have here; builds what has to be built.

Returns 1 when one is missing and CI is set, so that CI fails at once and not test by test.
"""

import sys

from tests.servers.elasticsearch import Elasticsearch
from tests.servers.nginx import Nginx
from tests.servers.postgresql import PostgreSQL
from tests.servers.rabbitmq import RabbitMQ
from tests.servers.reporting import in_ci
from tests.servers.server import Missing, Server


def main() -> int:
    servers: tuple[type[Server], ...] = (RabbitMQ, PostgreSQL, Nginx, Elasticsearch)
    missing = False
    for server in servers:
        try:
            sys.stdout.write(f"{server.name}: from {server.source()}\n")
        except Missing as error:
            missing = True
            sys.stderr.write(f"NOT TESTED on this machine: {error}\n")
        else:
            if server is Elasticsearch:
                Elasticsearch.prepare()
    return 1 if missing and in_ci() else 0


if __name__ == "__main__":
    sys.exit(main())
