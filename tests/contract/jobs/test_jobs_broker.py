"""Celery's worker and beat while the broker is cut off, gone, mute, full, or not what it was."""

import json
from urllib.parse import urlsplit

import kombu
import psutil

from tests.contract.jobs.child import SERVICE
from tests.contract.jobs.harness import Jobs, Sample
from tests.deployment import free_port, wait_for
from tests.servers.rabbitmq import RabbitMQ

QUEUE = f"bantin.jobs.{SERVICE}"


def test_it_waits_for_a_broker_that_is_not_there_yet(
    weak_rabbitmq: RabbitMQ, on_weak_rabbitmq: Sample
) -> None:
    weak_rabbitmq.stop()
    jobs = on_weak_rabbitmq.start()
    wait_for(lambda: _troubled(jobs))
    weak_rabbitmq.start()
    wait_for(jobs.is_ready)
    on_weak_rabbitmq.goes_on()
    assert jobs.terminate() == 0


def test_it_goes_on_after_the_broker_was_killed(
    weak_rabbitmq: RabbitMQ, on_weak_rabbitmq: Sample
) -> None:
    jobs = on_weak_rabbitmq.ready()
    weak_rabbitmq.kill()
    wait_for(lambda: _troubled(jobs))
    weak_rabbitmq.start()
    wait_for(jobs.is_ready)
    on_weak_rabbitmq.goes_on()
    assert jobs.terminate() == 0


def test_it_goes_on_after_its_connections_were_closed(
    rabbitmq: RabbitMQ, on_rabbitmq: Sample
) -> None:
    jobs = on_rabbitmq.ready()
    for _ in range(5):
        rabbitmq.close_connections(_vhost(on_rabbitmq))
        on_rabbitmq.goes_on()
    assert jobs.terminate() == 0


def test_it_goes_on_after_the_broker_was_mute_for_long(
    weak_rabbitmq: RabbitMQ, on_weak_rabbitmq: Sample
) -> None:
    jobs = on_weak_rabbitmq.ready()
    weak_rabbitmq.pause()
    wait_for(lambda: _troubled(jobs))
    wait_for(lambda: "heartbeat" in jobs.log.read_text().lower(), within=120)
    weak_rabbitmq.resume()
    wait_for(jobs.is_ready)
    on_weak_rabbitmq.goes_on()
    assert jobs.terminate() == 0


def test_it_goes_on_after_an_alarm(weak_rabbitmq: RabbitMQ, on_weak_rabbitmq: Sample) -> None:
    jobs = on_weak_rabbitmq.ready()
    weak_rabbitmq.set_memory_alarm(True)
    wait_for(lambda: _troubled(jobs))
    weak_rabbitmq.set_memory_alarm(False)
    wait_for(jobs.is_ready)
    on_weak_rabbitmq.goes_on()
    assert jobs.terminate() == 0


def test_told_to_stop_it_ends_soon_though_the_broker_is_gone(
    weak_rabbitmq: RabbitMQ, on_weak_rabbitmq: Sample
) -> None:
    jobs = on_weak_rabbitmq.ready()
    weak_rabbitmq.kill()
    wait_for(lambda: _troubled(jobs))
    assert jobs.terminate() == 0, jobs.log.read_text()
    weak_rabbitmq.start()


def test_told_to_stop_it_ends_soon_though_the_broker_is_mute(
    weak_rabbitmq: RabbitMQ, on_weak_rabbitmq: Sample
) -> None:
    jobs = on_weak_rabbitmq.ready()
    weak_rabbitmq.pause()
    status = jobs.terminate()
    weak_rabbitmq.resume()
    assert status in {0, 1}, "it leaves unanswered, or is cut off while it waits for answers"


def test_a_job_that_never_ends_is_cut_off(on_rabbitmq: Sample) -> None:
    jobs = on_rabbitmq.ready()
    on_rabbitmq.tell("long", "hang")
    wait_for(lambda: on_rabbitmq.begun("long", "hang"))
    assert jobs.terminate() == 1


def test_a_queue_that_is_not_as_declared_ends_the_process_with_status_1(
    on_rabbitmq: Sample,
) -> None:
    with kombu.Connection(on_rabbitmq.bus) as connection:
        kombu.Queue(QUEUE, channel=connection.channel(), max_length=1).declare()
    jobs = on_rabbitmq.start()
    assert jobs.process.wait(60) == 1
    assert "PRECONDITION_FAILED" in jobs.log.read_text()


def test_a_queue_that_was_deleted_is_declared_anew(on_rabbitmq: Sample) -> None:
    jobs = on_rabbitmq.ready()
    # For its first tenth of a second Celery's loop is deaf to the cancellation of its consumer
    # (`_quick_drain` drops it); the process would notice in two minutes and end with status 1.
    on_rabbitmq.goes_on()
    with kombu.Connection(on_rabbitmq.bus) as connection:
        kombu.Queue(QUEUE, channel=connection.channel()).delete()
    on_rabbitmq.goes_on(times=10)
    wait_for(jobs.is_ready)


def test_lost_and_doubled_hints_do_no_harm(on_rabbitmq: Sample) -> None:
    on_rabbitmq.ready()
    on_rabbitmq.tell("long", "wait")
    wait_for(lambda: on_rabbitmq.begun("long", "wait"))
    for _ in range(20):
        _hint(on_rabbitmq, f"{SERVICE}.long")
    on_rabbitmq.goes_on("quick", times=10)
    assert on_rabbitmq.waiting("long") == 1, "it was not begun a second time"
    with kombu.Connection(on_rabbitmq.bus) as connection:
        queue = kombu.Queue(QUEUE, channel=connection.channel())
        for _ in range(20):
            queue.purge()
    on_rabbitmq.tell("long", "")
    on_rabbitmq.goes_on("long")


def test_a_message_that_is_no_hint_is_thrown_away(on_rabbitmq: Sample) -> None:
    jobs = on_rabbitmq.ready()
    _hint(on_rabbitmq, "sample.unknown")
    with kombu.Connection(on_rabbitmq.bus) as connection:
        producer = connection.Producer()
        producer.publish("{", QUEUE, content_type="application/json", content_encoding="utf-8")
        producer.publish(b"cos\nsystem\n", QUEUE, content_type="application/x-python-serialize")
    on_rabbitmq.goes_on()
    assert jobs.is_ready()


def test_hints_do_not_pile_up_while_nobody_takes_them(
    rabbitmq: RabbitMQ, on_rabbitmq: Sample
) -> None:
    jobs = on_rabbitmq.ready()
    on_rabbitmq.tell("quick", "hang")
    on_rabbitmq.tell("long", "hang")
    wait_for(lambda: on_rabbitmq.begun("long", "hang") and on_rabbitmq.begun("quick", "hang"))
    jobs.kill()
    _hint(on_rabbitmq, f"{SERVICE}.quick", expiration=1.0)
    wait_for(lambda: rabbitmq.queues(_vhost(on_rabbitmq))[QUEUE].ready == 0)


def test_nothing_is_read_from_the_environment(on_rabbitmq: Sample) -> None:
    nowhere = f"amqp://127.0.0.1:{free_port()}//"
    jobs = on_rabbitmq.ready(
        CELERY_BROKER_URL=nowhere,
        CELERY_BROKER_READ_URL=nowhere,
        CELERY_BROKER_WRITE_URL=nowhere,
        CELERY_RESULT_BACKEND="rpc://",
        CELERY_CONFIG_MODULE="there.is.none",
        CELERY_LOADER="there.is.none",
    )
    on_rabbitmq.goes_on()
    assert jobs.is_ready()


def test_it_makes_one_exchange_and_one_queue_and_nothing_else(
    rabbitmq: RabbitMQ, on_rabbitmq: Sample
) -> None:
    on_rabbitmq.ready()
    on_rabbitmq.goes_on()
    vhost = _vhost(on_rabbitmq)
    exchanges = {one["name"] for one in rabbitmq.manage("GET", f"exchanges/{vhost}")}
    assert {name for name in exchanges if name and not name.startswith("amq.")} == {QUEUE}
    assert list(rabbitmq.queues(vhost)) == [QUEUE]


def test_nobody_sees_the_password_and_every_line_of_the_log_is_json(
    weak_rabbitmq: RabbitMQ, on_weak_rabbitmq: Sample
) -> None:
    jobs = on_weak_rabbitmq.ready()
    password = urlsplit(on_weak_rabbitmq.bus).password
    assert password
    weak_rabbitmq.kill()
    wait_for(lambda: _troubled(jobs))
    weak_rabbitmq.start()
    wait_for(jobs.is_ready)
    user = urlsplit(on_weak_rabbitmq.bus).username
    weak_rabbitmq.manage("PUT", f"users/{user}", {"password": "another", "tags": ""})
    weak_rabbitmq.close_connections()
    wait_for(lambda: _troubled(jobs))
    wait_for(lambda: "ACCESS_REFUSED" in jobs.health().get("jobs.hints", ""))
    wait_for(lambda: "ACCESS_REFUSED" in jobs.log.read_text())
    shown = json.dumps(jobs.health())
    assert not psutil.Process(jobs.pid).children(), "neither beat nor worker is a process"
    weak_rabbitmq.manage("PUT", f"users/{user}", {"password": password, "tags": ""})
    wait_for(jobs.is_ready)
    assert jobs.terminate() == 0
    log = jobs.log.read_text()
    assert password not in log + shown
    for line in log.splitlines():
        assert isinstance(json.loads(line), dict), line


def _troubled(jobs: Jobs) -> bool:
    """Tell whether it says itself that it has nothing from the broker."""
    return "jobs.hints" in jobs.health()


def _vhost(sample: Sample) -> str:
    return urlsplit(sample.bus).path.removeprefix("/")


def _hint(sample: Sample, task: str, expiration: float | None = None) -> None:
    """Send a hint as anybody with Celery would."""
    with kombu.Connection(sample.bus) as connection:
        connection.Producer().publish(
            [[], {}, {}],
            exchange=QUEUE,
            routing_key=QUEUE,
            serializer="json",
            headers={"task": task, "id": "0", "lang": "py"},
            expiration=expiration,
        )
