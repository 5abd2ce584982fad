"""Metrics of programs that are not ours, with where each name was seen.

Recorded from the programs themselves at the versions named; those of RabbitMQ are asked of the
real broker by the tests as well.
"""

from typing import Final

RABBITMQ: Final = {  # rabbitmq_prometheus of 3.10.8, asked at /metrics; the same in 4.0.5
    "rabbitmq_alarms_free_disk_space_watermark": set[str](),
    "rabbitmq_alarms_memory_used_watermark": set[str](),
    "rabbitmq_channels": set[str](),
    "rabbitmq_connections": set[str](),
    "rabbitmq_disk_space_available_bytes": set[str](),
    "rabbitmq_disk_space_available_limit_bytes": set[str](),
    "rabbitmq_process_resident_memory_bytes": set[str](),
    "rabbitmq_resident_memory_limit_bytes": set[str](),
}
RABBITMQ_QUEUES: Final = {  # /metrics/detailed, families queue_coarse_metrics, queue_consumer_count
    "rabbitmq_detailed_queue_consumers": {"queue", "vhost"},
    "rabbitmq_detailed_queue_messages": {"queue", "vhost"},
}
_DATABASE = {"datname"}
POSTGRESQL: Final = {  # postgres_exporter 0.17.1 on PostgreSQL 15
    "pg_database_size_bytes": _DATABASE,
    "pg_settings_max_connections": {"server"},
    "pg_stat_activity_count": _DATABASE | {"state"},
    "pg_stat_activity_max_tx_duration": _DATABASE | {"state"},
    "pg_stat_database_deadlocks": _DATABASE,
    "pg_stat_database_xact_commit": _DATABASE,
    "pg_stat_database_xact_rollback": _DATABASE,
    "pg_up": set[str](),
}
_NODE = {"cluster", "host", "name"}
ELASTICSEARCH: Final = {  # elasticsearch_exporter 1.9.0 on Elasticsearch 9.5.3
    "elasticsearch_cluster_health_status": {"cluster", "color"},
    "elasticsearch_filesystem_data_available_bytes": _NODE,
    "elasticsearch_filesystem_data_size_bytes": _NODE,
    "elasticsearch_indices_docs": _NODE,
    "elasticsearch_indices_search_query_time_seconds": _NODE,
    "elasticsearch_indices_search_query_total": _NODE,
    "elasticsearch_jvm_memory_max_bytes": _NODE | {"area"},
    "elasticsearch_jvm_memory_used_bytes": _NODE | {"area"},
}
GATEWAY: Final = {  # deploy/gateway/nginx.conf.template and gateway.sh
    "bantin_gateway_certificate_expires_timestamp_seconds": set[str](),
    "nginx_connections_active": set[str](),
    "nginx_connections_waiting": set[str](),
}
PROMETHEUS: Final = {  # Prometheus 2.42 and 2.53 of themselves; ``up`` and its like of every target
    "ALERTS": {"alertname", "alertstate"},
    "prometheus_rule_evaluation_failures_total": {"rule_group"},
    "prometheus_tsdb_head_series": set[str](),
    "scrape_duration_seconds": set[str](),
    "up": set[str](),
}
ALERTMANAGER: Final = {  # Alertmanager 0.25 and 0.28
    "alertmanager_notifications_failed_total": {"integration"},
    "alertmanager_notifications_total": {"integration"},
}
EVERY: Final = {
    **RABBITMQ,
    **RABBITMQ_QUEUES,
    **POSTGRESQL,
    **ELASTICSEARCH,
    **GATEWAY,
    **PROMETHEUS,
    **ALERTMANAGER,
}
