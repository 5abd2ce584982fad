"""Each line of the log names its service, and the request that was served while it was written."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from shared import request_ids
from tests.deployment import free_port, wait_for
from tests.unit.shared.numbered_app import build

MINE = "0123456789abcdef0123456789abcdef"
MADE = re.compile(r"[0-9a-f]{32}")


class Served:
    """The application as a process of its own."""

    def __init__(self, url: str, written: Path) -> None:
        self.url = url
        self._written = written

    def get(self, path: str, number: str | None = None) -> httpx.Response:
        headers = {} if number is None else {"X-Request-Id": number}
        return httpx.get(self.url + path, headers=headers, timeout=60)

    def lines(self, number: str) -> list[dict[str, Any]]:
        """Return what stands in the log about a request, found as an operator would find it."""
        found = [line for line in self._written.read_text().splitlines() if number in line]
        return [json.loads(line) for line in found]

    def every_line(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._written.read_text().splitlines()]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    written = tmp_path_factory.mktemp("numbered") / "log"
    port = free_port()
    with written.open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.unit.shared.numbered_app", str(port)], stderr=log
        )
    here = Served(f"http://127.0.0.1:{port}", written)

    def answers() -> bool:
        try:
            return here.get("/nothing").status_code == 404
        except httpx.TransportError:
            return False

    try:
        wait_for(answers, within=60)
        yield here
    finally:
        process.terminate()
        assert process.wait(60) == 0


def test_a_line_written_while_a_request_is_served_has_its_number_and_the_service(
    served: Served,
) -> None:
    assert served.get("/fine", MINE).headers["X-Request-Id"] == MINE
    (line,) = served.lines(MINE)
    assert (line["event"], line["request_id"], line["service"]) == ("seen", MINE, "sample")


def test_a_fault_is_logged_once_and_its_answer_names_the_request_to_look_for(
    served: Served,
) -> None:
    answer = served.get("/fault")
    number = answer.headers["X-Request-Id"]
    assert MADE.fullmatch(number)
    assert (answer.status_code, answer.json()["request_id"]) == (500, number)
    (line,) = served.lines(number)
    assert (line["request_id"], line["level"]) == (number, "error")
    assert "a fault of ours" in line["exception"]


def test_what_could_not_be_served_is_logged_once_with_its_reason(served: Served) -> None:
    number = served.get("/away").json()["request_id"]
    (line,) = served.lines(number)
    assert (line["request_id"], line["level"]) == (number, "warning")
    assert "no store" in line["reason"]


def test_an_answer_that_breaks_off_is_logged_once_with_the_number_of_its_request(
    served: Served,
) -> None:
    number = "breaks-off-1"
    with pytest.raises(httpx.TransportError):
        served.get("/breaks", number)
    part, fault = served.lines(number)
    assert part["request_id"] == number
    assert "a fault in the middle" in fault["exception"]
    assert f"request_id: {number}" in fault["exception"]


def test_answers_that_are_sent_at_once_keep_each_its_own_number(served: Served) -> None:
    numbers = [f"at-once-{number}" for number in range(6)]
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda number: served.get("/parts", number), numbers))
    assert [answer.text for answer in answers] == ["012"] * 6
    for number in numbers:
        assert [line["request_id"] for line in served.lines(number)] == [number] * 3


def test_nothing_of_a_request_is_left_once_it_is_over_however_it_ended(served: Served) -> None:
    for path in ("/fault", "/fine", "/nothing", "/parts"):
        served.get(path, "over-and-done")
    served.get("/fine")
    assert len(served.lines("over-and-done")) == 5
    assert all(line["service"] == "sample" for line in served.every_line())
    last = served.every_line()[-1]
    assert MADE.fullmatch(last["request_id"])


@pytest.mark.parametrize(
    "number",
    [
        "",
        "short",
        "x" * 65,
        'quote"12345',
        "two words here",
        "số-của-tôi",
        "a,b,c,d,e,f",
        "-leading",
    ],
)
def test_a_number_that_is_none_is_not_taken(number: str) -> None:
    given = {"HTTP_X_REQUEST_ID": number.encode().decode("latin-1")}
    answer = build().test_client().get("/fine", environ_overrides=given)
    assert MADE.fullmatch(answer.headers["X-Request-Id"])


@pytest.mark.parametrize("number", ["12345678", "x" * 64, "3f2504e0-4f89-11d3-9a0c-0305e82c3301"])
def test_a_number_that_is_one_is_taken_and_told_once(number: str) -> None:
    answer = build().test_client().get("/fine", headers={"X-Request-Id": number})
    assert answer.headers.getlist("X-Request-Id") == [number]


def test_a_503_names_its_request_and_the_callers_own_mistakes_do_not() -> None:
    client = build().test_client()
    away = client.get("/away", headers={"X-Request-Id": MINE})
    assert (away.status_code, away.get_json()["request_id"]) == (503, MINE)
    missing = client.get("/nothing", headers={"X-Request-Id": MINE})
    assert "request_id" not in missing.get_json()
    assert request_ids.current() is None
