"""What both runners promise: threads in the embedded deployment, Celery on RabbitMQ."""

import pytest

from tests.contract.jobs.harness import Sample
from tests.deployment import wait_for

QUICK = '{name="sample.quick"}'


def test_jobs_run_again_and_again_and_say_when_they_last_did(sample: Sample) -> None:
    jobs = sample.ready()
    began = jobs.metric(f"bantin_job_last_success_timestamp_seconds{QUICK}")
    sample.goes_on()
    assert jobs.metric(f"bantin_job_last_success_timestamp_seconds{QUICK}") > began > 0
    assert jobs.metric(f"bantin_job_duration_seconds_count{QUICK}") > 0
    assert jobs.metric(f"bantin_job_every_seconds{QUICK}") == 0.2
    assert jobs.metric(f"bantin_job_failures_total{QUICK}") == 0


def test_a_job_that_takes_long_holds_up_no_other(sample: Sample) -> None:
    sample.tell("long", "wait")
    sample.ready()
    wait_for(lambda: sample.begun("long", "wait"))
    sample.goes_on("quick", times=20)
    assert sample.waiting("long") == 1, "it was begun once, and is still at it"


def test_of_two_processes_one_at_a_time_does_a_heavy_job(sample: Sample) -> None:
    first, second = sample.ready(), sample.ready()
    sample.tell("long", "wait")
    wait_for(lambda: sample.begun("long", "wait"))
    sample.goes_on("quick", times=20)
    assert sample.waiting("long") == 1, "nobody else has begun it meanwhile"
    assert {int(line.split()[0]) for line in sample.lines("quick")} == {first.pid, second.pid}
    sample.tell("long", "")
    sample.goes_on("long")


def test_what_a_killed_process_had_begun_is_done_by_the_other(sample: Sample) -> None:
    sample.ready()
    sample.ready()
    sample.goes_on("long")
    sample.tell("long", "die")
    wait_for(lambda: not all(jobs.process.poll() is None for jobs in sample.processes))
    [left] = [jobs for jobs in sample.processes if jobs.process.poll() is None]
    before = len(sample.lines("long"))
    wait_for(lambda: f"{left.pid} ends" in sample.lines("long")[before:])


def test_a_process_that_is_killed_alone_begins_anew_when_started_again(sample: Sample) -> None:
    first = sample.start()
    wait_for(lambda: sample.ends("long") > 0)
    sample.tell("long", "die")
    first.process.wait(60)
    sample.start()
    sample.goes_on("long")
    sample.goes_on("quick")


def test_a_job_that_fails_is_shown_counted_and_tried_again(sample: Sample) -> None:
    jobs = sample.ready()
    sample.tell("quick", "fail")
    wait_for(lambda: jobs.health().get("jobs.quick") == "told to fail")
    wait_for(lambda: jobs.metric(f"bantin_job_failures_total{QUICK}") > 1)
    sample.goes_on("long")
    sample.tell("quick", "")
    sample.goes_on("quick")
    wait_for(jobs.is_ready)


@pytest.mark.parametrize("how", ["", "wait"])
def test_told_to_stop_it_ends_with_status_0(sample: Sample, how: str) -> None:
    jobs = sample.ready()
    sample.tell("long", how)
    wait_for(lambda: not how or sample.begun("long", how))
    assert jobs.terminate() == 0, jobs.log.read_text()
    assert "cut_off" not in jobs.log.read_text()
