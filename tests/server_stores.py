"""The servers that a deployment keeps its data on, and what belongs to one deployment there."""

import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psycopg
from psycopg import sql

from tests.servers.elasticsearch import Elasticsearch
from tests.servers.postgresql import ORDER, PostgreSQL
from tests.servers.rabbitmq import RabbitMQ

OWNERS = ("ingest", "render", "visits")
"""The services with a database."""
_EXAMINATIONS = (
    """SELECT relname, found.msg FROM pg_class, verify_heapam(pg_class.oid) found
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'""",
    """WITH trees AS MATERIALIZED (
            SELECT pg_class.oid, relname FROM pg_class JOIN pg_am ON pg_am.oid = relam
            WHERE relnamespace = 'public'::regnamespace AND relkind = 'i' AND amname = 'btree')
        SELECT relname FROM trees WHERE bt_index_check(oid, true) IS NULL""",
)
"""Each gives a row for what is wrong, or fails with it (the module amcheck)."""


@dataclass(frozen=True, slots=True)
class Stores:
    """Addresses, as the settings take them, of what belongs to one deployment alone."""

    bus: str
    databases: dict[str, str]
    search_index: str

    @property
    def vhost(self) -> str:
        return urlsplit(self.bus).path.removeprefix("/")

    def name_of(self, service: str) -> str:
        """Return the name of a service's database, and of its role."""
        return urlsplit(self.databases[service]).path.removeprefix("/")

    @property
    def alias(self) -> str:
        return urlsplit(self.search_index).path.removeprefix("/")


@dataclass(frozen=True, slots=True)
class Servers:
    """One of each; a test that hurts one of them takes servers of its own."""

    rabbitmq: RabbitMQ
    postgresql: PostgreSQL
    elasticsearch: Elasticsearch

    def new_stores(self) -> Stores:
        """Make a virtual host, a database and a role for each owner, and a name for an alias."""
        name = f"d{secrets.token_hex(4)}"
        where = urlsplit(self.elasticsearch.url).netloc
        return Stores(
            bus=self.rabbitmq.new_vhost(),
            databases={one: self.postgresql.new_database(f"{name}_{one}") for one in OWNERS},
            search_index=f"elasticsearch://{where}/{name}",
        )

    def drop_indexes(self, stores: Stores) -> None:
        """Delete every index of a deployment's alias."""
        found = httpx.get(f"{self.elasticsearch.url}/_alias/{stores.alias}", timeout=60)
        for index in found.raise_for_status().json():
            httpx.delete(f"{self.elasticsearch.url}/{index}", timeout=60).raise_for_status()

    def empty_database(self, stores: Stores, service: str) -> None:
        self._make_again(stores.name_of(service), "template0")

    def copy_database(self, stores: Stores, service: str) -> None:
        """Copy a database that nobody is connected to."""
        name = stores.name_of(service)
        self._make_again(f"{name}_copy", name, owner=name)

    def put_copy_back(self, stores: Stores, service: str) -> None:
        name = stores.name_of(service)
        self._make_again(name, f"{name}_copy")

    def _make_again(self, name: str, template: str, *, owner: str | None = None) -> None:
        parts = {
            "name": sql.Identifier(name),
            "template": sql.Identifier(template),
            "owner": sql.Identifier(owner or name),
        }
        with psycopg.connect(self.postgresql.url, autocommit=True) as connection:
            for statement in (
                "DROP DATABASE IF EXISTS {name}",
                f"CREATE DATABASE {{name}} OWNER {{owner}} TEMPLATE {{template}} {ORDER}",
                "REVOKE ALL ON DATABASE {name} FROM PUBLIC",
            ):
                connection.execute(sql.SQL(statement).format(**parts))

    def damage(self, stores: Stores) -> list[str]:
        """Let PostgreSQL hold every table and index of a deployment against its own rules."""
        return [line for one in OWNERS for line in self._damage(stores.name_of(one))]

    def _damage(self, database: str) -> Iterator[str]:
        url = urlsplit(self.postgresql.url)._replace(path=f"/{database}").geturl()
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE EXTENSION IF NOT EXISTS amcheck")
            for query in _EXAMINATIONS:
                try:
                    for row in connection.execute(query):
                        yield f"damaged: {database}: {row}"
                except psycopg.Error as error:
                    yield f"damaged: {database}: {error}"


@contextmanager
def own_servers(folder: Path) -> Iterator[Servers]:
    """Give servers of one's own, started side by side and stopped again."""
    servers = Servers(
        RabbitMQ(folder / "rabbitmq"),
        PostgreSQL(folder / "postgresql"),
        Elasticsearch(folder / "elasticsearch"),
    )
    every = (servers.rabbitmq, servers.postgresql, servers.elasticsearch)
    with ExitStack() as started, ThreadPoolExecutor(len(every)) as pool:
        for server in every:
            started.callback(server.close)
        for starting in [pool.submit(server.start) for server in every]:
            starting.result()
        yield servers
