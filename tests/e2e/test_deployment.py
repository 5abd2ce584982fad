"""The deployment as its operator meets it: starts, restarts, stops, refuses to run twice."""

from pathlib import Path

import psutil
import pytest

from tests.deployment import Deployment, wait_for
from tests.embedded_deployment import PROCESSES, SUPERVISOR, EmbeddedDeployment


def test_a_second_start_on_the_same_folder_is_refused_and_harms_nothing(
    embedded: EmbeddedDeployment,
) -> None:
    with (
        pytest.raises(AssertionError, match="đang chạy sẵn"),
        EmbeddedDeployment(embedded.folder),
    ):
        pass
    assert embedded.http.get("/").status_code == 200


def test_a_taken_port_is_named(embedded: EmbeddedDeployment, tmp_path: Path) -> None:
    port = str(embedded.port)
    with (
        pytest.raises(AssertionError, match="BANTIN_PORT"),
        EmbeddedDeployment(tmp_path, BANTIN_PORT=port),
    ):
        pass


def test_a_wrong_setting_is_named_without_its_value(tmp_path: Path) -> None:
    wrong = EmbeddedDeployment(tmp_path, BANTIN_PUBLIC_URL="secret://value")
    with pytest.raises(AssertionError, match="BANTIN_PUBLIC_URL") as failed, wrong:
        pass
    assert "secret://value" not in str(failed.value)


def test_it_leaves_no_process_stopped_or_killed_and_starts_again(tmp_path: Path) -> None:
    with EmbeddedDeployment(tmp_path) as own:
        pids = own.pids()
        assert set(pids) == {SUPERVISOR, *PROCESSES}
        assert own.stop() == 0
        assert not [pid for pid in pids.values() if psutil.pid_exists(pid)]

        own.start()
        assert own.http.get("/").status_code == 200
        pids = own.pids()
        own.kill(SUPERVISOR)
        own.buried()
        wait_for(lambda: not [pid for pid in pids.values() if psutil.pid_exists(pid)])

        own.start()
        assert own.http.get("/").status_code == 200
        assert own.stop() == 0


def test_every_process_says_how_it_is_and_what_it_measures(deployment: Deployment) -> None:
    for name in deployment.processes:
        assert deployment.says_ready(name)
        assert name == "gateway" or "python_info" in deployment.metrics(name)
    assert "bantin_outbox_oldest_seconds" in deployment.metrics("ingest")


@pytest.mark.parametrize("path", ["/v1/articles", "/api/search?q=a", "/api/visits", "/khong-co/"])
def test_every_answer_names_its_request_once_and_no_two_the_same(
    deployment: Deployment, path: str
) -> None:
    answers = [deployment.http.get(path) for _ in range(2)]
    numbers = [answer.headers.get_list("X-Request-Id") for answer in answers]
    assert [len(named) for named in numbers] == [1, 1]
    assert numbers[0] != numbers[1]
