import subprocess
import sys
from ipaddress import ip_network
from pathlib import Path

import pytest
from pydantic import ValidationError

from services.visits.settings import Settings

ROOT = Path(__file__).parents[3]


def test_trusted_proxies_are_addresses_and_networks_by_commas(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BANTIN_TRUSTED_PROXIES", " 10.0.0.0/8, 192.0.2.7,fd00::1 ")
    assert Settings(_env_file=None).trusted_proxies == (
        ip_network("10.0.0.0/8"),
        ip_network("192.0.2.7/32"),
        ip_network("fd00::1/128"),
    )


def test_nobody_is_trusted_unless_it_is_said() -> None:
    assert Settings(_env_file=None).trusted_proxies == ()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TRUSTED_PROXIES", "the-gateway"),
        ("VISITS_START", "-1"),
        ("VISITS_RATE", "0"),
        ("VISITS_METRICS_PORT", "70000"),
    ],
)
def test_a_wrong_setting_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"BANTIN_{name}", value)
    with pytest.raises(ValidationError):
        Settings(_env_file=None)
    ended = subprocess.run(
        [sys.executable, "-m", "services.visits", "counter"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 2
    assert f"BANTIN_{name}" in ended.stderr
    assert value not in ended.stderr.split()
