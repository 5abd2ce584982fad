"""Nginx as the tests have it: what the configuration says, on a port that stays."""

from pathlib import Path

import httpx
import pytest

from tests.servers.leftovers import left_running
from tests.servers.nginx import Nginx
from tests.servers.reporting import started

ANSWERS = 'server { listen 127.0.0.1:{port}; location / { return 200 "%s"; } }'


def test_it_answers_by_its_configuration_over_a_kill_and_leaves_nothing(tmp_path: Path) -> None:
    with started(lambda folder: Nginx(folder, ANSWERS % "one"), tmp_path) as nginx:
        assert httpx.get(nginx.url).text == "one"
        nginx.configure(ANSWERS % "two")
        nginx.kill()
        nginx.start()
        assert httpx.get(nginx.url).text == "two"
        nginx.pause()
        with pytest.raises(httpx.TimeoutException):
            httpx.get(nginx.url, timeout=1)
        nginx.resume()
        assert httpx.get(nginx.url).text == "two"
    assert left_running(nginx) == []


def test_a_start_that_fails_tells_what_the_server_said(tmp_path: Path) -> None:
    with (
        pytest.raises(AssertionError, match='unknown directive "nonsense"'),
        started(lambda folder: Nginx(folder, "nonsense;"), tmp_path),
    ):
        pass
