"""The ports that the processes of one test run take."""

import pytest

from tests.deployment import free_port, ports


@pytest.mark.parametrize("count", [1, 2, 3, 6])
def test_no_two_processes_of_a_run_have_a_port_in_common(count: int) -> None:
    named = [
        {"PYTEST_XDIST_WORKER": f"gw{number}", "PYTEST_XDIST_WORKER_COUNT": str(count)}
        for number in range(count)
    ]
    taken = [set(ports(one)) for one in named]
    assert sum(map(len, taken)) == len(set.union(*taken))
    assert min(map(len, taken)) > 3_000
    assert min(set.union(*taken)) >= 10_000
    assert max(set.union(*taken)) < 32_768, "where the kernel's own begin"


def test_a_process_alone_has_all_of_them() -> None:
    assert len(ports({})) == 22_000


def test_consecutive_ports_are_all_within_those_of_the_process() -> None:
    first = free_port(30)
    assert {first, first + 29} <= set(ports())
