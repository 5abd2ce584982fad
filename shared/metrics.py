"""Every metric, declared once with its meaning. The visits exporter's stand in its own registry."""

import math
from typing import Final

from prometheus_client import Counter, Gauge, Histogram

_LAG_BUCKETS: Final = (0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800)

EVENTS: Final = Counter(
    "bantin_events_total",
    "Events handled, by short type and what became of them (done, retry, park).",
    ["event", "outcome"],
)
REDELIVERIES: Final = Counter(
    "bantin_redeliveries_total",
    "Messages handed out once more, after their consumer died or gave them back.",
    ["queue"],
)
REPEATS: Final = Counter(
    "bantin_repeats_total",
    "Events that changed nothing: a view counted before, a version older than the stored one.",
    ["consumer"],
)
EVENT_LAG: Final = Histogram(
    "bantin_event_lag_seconds",
    "From the accepted request to the durable effect, live events only.",
    ["event", "consumer"],
    buckets=_LAG_BUCKETS,
)
DELIVERY_LAG: Final = Histogram(
    "bantin_delivery_lag_seconds",
    "From an accepted publication to ingest's knowing that its page is written (render) or that it"
    " is found (indexing); each version once.",
    ["consumer"],
    buckets=_LAG_BUCKETS,
)
UNDELIVERED_OLDEST: Final = Gauge(
    "bantin_undelivered_oldest_seconds",
    "How long the oldest of the last day's publications has not been told of by a consumer; 0"
    " when it has told of all.",
    ["consumer"],
)
OUTBOX_OLDEST: Final = Gauge(
    "bantin_outbox_oldest_seconds", "Age of the oldest event that the bus has not confirmed."
)
OUTBOX_PUBLISHED: Final = Counter(
    "bantin_outbox_published_total", "Events that the bus confirmed to the relay."
)
QUEUE_DEPTH: Final = Gauge(
    "bantin_queue_depth", "Messages waiting or in hand, as the embedded bus counts them.", ["queue"]
)
QUEUE_OLDEST: Final = Gauge(
    "bantin_queue_oldest_seconds",
    "Age of the oldest event that a consumer has in hand, from the accepted request; 0 with none."
    " Not for bulk queues, whose events tell of old articles.",
    ["queue"],
)
DEAD_LETTERS: Final = Gauge("bantin_dead_letters", "Messages parked in a queue.", ["queue"])
HTTP_DURATION: Final = Histogram(
    "bantin_http_request_duration_seconds",
    "Time to answer an HTTP request, by service, route and status.",
    ["service", "route", "method", "status"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
PAGES_WRITTEN: Final = Counter(
    "bantin_pages_written_total", "Files of the site written or removed."
)
PAGES_DIRTY: Final = Gauge(
    "bantin_pages_dirty",
    "Pages marked and not yet written, by whose turn it is: live, bulk, rebuild, and failed for"
    " those that could not be drawn.",
    ["priority"],
)
WORKER_PAUSED: Final = Gauge(
    "bantin_worker_paused", "1 while a consumer waits because its own store is down.", ["queue"]
)
DRIFT: Final = Gauge(
    "bantin_drift",
    "Articles that differ from ingest's last manifest: behind (a replay is asked for), newer and"
    " unlisted (waiting for the next manifest), ahead (ingest has forgotten a version: look).",
    ["consumer", "kind"],
)
DRIFT_MENDED: Final = Counter(
    "bantin_drift_mended_total",
    "Differences mended: articles replayed or buried, files of the site rewritten or removed.",
    ["consumer", "how"],
)
JOB_EVERY: Final = Gauge(
    "bantin_job_every_seconds", "Time between two runs of a scheduled job, as declared.", ["name"]
)
JOB_LAST_SUCCESS: Final = Gauge(
    "bantin_job_last_success_timestamp_seconds",
    "When a scheduled job last came to its end (Unix time); before that, when its process began.",
    ["name"],
)
JOB_RUNNING: Final = Gauge(
    "bantin_job_running_seconds",
    "How long a run of a scheduled job has lasted; 0 between.",
    ["name"],
)
JOB_DURATION: Final = Histogram(
    "bantin_job_duration_seconds",
    "Duration of the runs of a scheduled job that came to their end.",
    ["name"],
    buckets=(0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 1800),
)
JOB_FAILURES: Final = Counter(
    "bantin_job_failures_total", "Runs of a scheduled job that failed.", ["name"]
)
DISK_FREE: Final = Gauge(
    "bantin_disk_free_bytes",
    "Free room where the process keeps its files (BANTIN_DATA_DIR and the volumes in it), on the "
    "fullest of these file systems.",
)
DISK_SIZE: Final = Gauge("bantin_disk_size_bytes", "Size of that file system.")
for _room in (DISK_FREE, DISK_SIZE):
    _room.set(math.nan)  # 0 would be taken for a full disk in a process that does not measure it
REINDEX_WANTED: Final = Gauge(
    "bantin_reindex_wanted", "1 while the live search index has not the layout of this code."
)
REINDEX_BEGUN: Final = Gauge(
    "bantin_reindex_begun_timestamp_seconds",
    "When the search index that is being made was begun (Unix time); 0 while none is.",
)
REINDEX_ARTICLES: Final = Gauge(
    "bantin_reindex_articles",
    "Articles in the live search index and in the next one, when a reindex last looked.",
    ["index"],
)
REINDEX_LACKING: Final = Gauge(
    "bantin_reindex_lacking",
    "Articles that the next search index lacked when a reindex last compared.",
)
REINDEX_ENDED: Final = Counter(
    "bantin_reindex_ended_total",
    "Reindexes that this process brought to their end (swapped, dropped).",
    ["outcome"],
)
