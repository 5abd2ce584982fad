"""Hold the monitoring's configuration against the tools that will read it.

``python -m deploy.monitoring.check``: promtool for Prometheus's configuration, the rules, their
tests and the expressions of the dashboards; amtool for Alertmanager's configuration with each
receiver that it can have. A tool that is not at hand is said aloud, and with ``CI`` set a failure.
"""

import json
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from deploy.scripts import printed
from deploy.tools import all_must_run, complains, say_not_checked

FOLDER: Final = Path(__file__).parent
SOURCE: Final = "prometheus"
"""The uid that the dashboards give their data source."""
ROUTES: Final = (
    ("heartbeat", ["alertname=Watchdog", "severity=none"]),
    ("operators", ["alertname=OutboxOld", "severity=critical"]),
    ("operators", ["alertname=JobHangs", "severity=warning"]),
)
"""Who must hear of an alert with these labels, and nobody else."""
_VARIABLES: Final = {"$__rate_interval": "5m", "$__range": "1h", "$__interval": "1m"}
"""What Grafana fills in, and something to parse in its place."""
_ADVICE: Final = {
    "promtool": "install the package promtool, or prometheus where there is none",
    "amtool": "install the package prometheus-alertmanager",
}


def main() -> int:
    """Return 0 unless something is wrong."""
    print("monitoring: checking")  # noqa: T201 - a command for people
    missing = [tool for tool in _ADVICE if shutil.which(tool) is None]
    failures = 0
    if "promtool" not in missing:
        failures += _prometheus()
    if "amtool" not in missing:
        failures += _alertmanager()
    for tool in missing:
        say_not_checked(tool, _ADVICE[tool])
    return 1 if failures or (missing and all_must_run()) else 0


def _prometheus() -> int:
    tests = sorted((FOLDER / "rule-tests").glob("*.yml"))
    failures = complains(["promtool", "check", "config", str(FOLDER / "prometheus.yml")])
    failures += complains(["promtool", "test", "rules", *map(str, tests)])
    with tempfile.TemporaryDirectory() as folder:
        rules = Path(folder) / "dashboards.yml"
        rules.write_text(json.dumps(_as_rules(), ensure_ascii=False), encoding="utf-8")
        failures += complains(["promtool", "check", "rules", str(rules)])
    return failures


def _as_rules() -> dict[str, Any]:
    """Return the dashboards' expressions as recording rules (JSON is YAML), to be parsed."""
    found = [
        {"record": f"dashboard:{index}", "expr": expression}
        for index, (_, expression) in enumerate(expressions())
    ]
    return {"groups": [{"name": "dashboards", "rules": found}]}


def expressions() -> Iterator[tuple[str, str]]:
    """Yield each dashboard's title and every expression in it, as Prometheus could parse it."""
    for file in sorted((FOLDER / "grafana" / "dashboards").glob("*.json")):
        board = json.loads(file.read_text(encoding="utf-8"))
        for panel in panels(board):
            for target in panel.get("targets", []):
                expression = target["expr"]
                for name, value in _VARIABLES.items():
                    expression = expression.replace(name, value)
                yield board["title"], expression


def panels(board: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield every panel of a dashboard, those of folded rows too."""
    for panel in board["panels"]:
        yield panel
        yield from panel.get("panels", [])


def _alertmanager() -> int:
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        address = Path(folder) / "webhook"
        address.write_text("https://hooks.example.org/bantin", encoding="utf-8")
        mail = {"ALERT_MAIL_TO": "a@example.org", "ALERT_MAIL_SERVER": "mail.example.org:587"}
        hook = {"ALERT_WEBHOOK_URL_FILE": str(address)}
        heartbeat = {"ALERT_HEARTBEAT_URL_FILE": str(address)}
        for settings in ({}, mail, hook, heartbeat, mail | hook | heartbeat):
            configuration = Path(folder) / "alertmanager.yml"
            configuration.write_text(alertmanager(settings), encoding="utf-8")
            failures += complains(["amtool", "check-config", str(configuration)])
        for receiver, labels in ROUTES:
            file, expected = f"--config.file={configuration}", f"--verify.receivers={receiver}"
            failures += complains(["amtool", "config", "routes", "test", file, expected, *labels])
    return failures


def alertmanager(settings: Mapping[str, str]) -> str:
    """Return Alertmanager's configuration as its container writes it. Raises ValueError."""
    return printed(FOLDER / "alertmanager" / "alertmanager.sh", "ALERT_", settings)


if __name__ == "__main__":
    sys.exit(main())
