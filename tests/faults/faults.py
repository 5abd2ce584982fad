"""What can befall the servers of a deployment.

Each is in force within its block. On the way out it is ended, and the server is usable again; what
the deployment makes of it afterwards is for the caller to see.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from shared.bus.rabbitmq.wire import Timeouts
from tests.server_stores import Servers

CONFIRM_SECONDS = Timeouts().confirm
"""After which a publisher gives up a confirm, and its connection."""


@contextmanager
def broker_killed(servers: Servers) -> Iterator[None]:
    """SIGKILL: connections end, nobody listens, and what was confirmed has to be there after."""
    servers.rabbitmq.write_declarations()
    servers.rabbitmq.kill()
    try:
        yield
    finally:
        servers.rabbitmq.start()


@contextmanager
def broker_paused(servers: Servers) -> Iterator[None]:
    """SIGSTOP: connections stay open, new ones are accepted by the kernel, nothing answers."""
    servers.rabbitmq.pause()
    try:
        yield
    finally:
        servers.rabbitmq.resume()


@contextmanager
def disk_alarm(servers: Servers) -> Iterator[None]:
    """Less disk than the broker wants: it blocks whoever publishes, and goes on delivering."""
    servers.rabbitmq.set_disk_alarm(True)
    try:
        yield
    finally:
        servers.rabbitmq.set_disk_alarm(False)


@contextmanager
def elasticsearch_down(servers: Servers) -> Iterator[None]:
    """SIGKILL of the one node: nothing is found and nothing can be written."""
    servers.elasticsearch.kill()
    try:
        yield
    finally:
        servers.elasticsearch.start()


@contextmanager
def elasticsearch_full(servers: Servers, alias: str) -> Iterator[None]:
    """No room on the disk: the index can be read, and refuses whatever would make it grow."""
    servers.elasticsearch.set_full(alias, full=True)
    try:
        yield
    finally:
        servers.elasticsearch.set_full(alias, full=False)


@contextmanager
def postgresql_restarted(servers: Servers, *, killed: bool = False) -> Iterator[None]:
    """Every database is gone: by a fast shutdown, or by SIGKILL of all its processes."""
    if killed:
        servers.postgresql.kill()
    else:
        servers.postgresql.stop()
    try:
        yield
    finally:
        servers.postgresql.start()
