"""What hangs together in the monitoring's files, and with the rest of the project."""

import re
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]

from deploy.monitoring.check import FOLDER, SOURCE, alertmanager
from tests.contract.monitoring import files
from tests.server_deployment import ROLES

ROOT = files.ROOT
ALERTS = files.alerts()


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_says_in_words_what_it_means_and_has_its_runbook(name: str) -> None:
    alert = ALERTS[name]
    severities = {"critical", "warning"} if name != "Watchdog" else {"none"}
    assert alert["labels"]["severity"] in severities
    assert alert["labels"]["part"]
    notes = alert["annotations"]
    assert notes["summary"]
    assert notes["description"]
    runbook = ROOT / notes["runbook_url"]
    assert runbook.parent == ROOT / "docs" / "runbooks"
    assert name in runbook.read_text(encoding="utf-8"), f"{runbook.name} does not name {name}"


def test_every_alert_is_seen_to_fire_in_a_test_of_the_rules() -> None:
    tests = "".join(file.read_text() for file in (FOLDER / "rule-tests").glob("*.yml"))
    fired = {name for name in ALERTS if f'alertname="{name}"' in tests}
    fired |= {name for name in ALERTS if f"alertname: {name}\n" in tests}
    assert fired == set(ALERTS)


def test_what_stays_silent_or_silences_is_an_alert() -> None:
    text = (FOLDER / "alertmanager" / "alertmanager.yml").read_text(encoding="utf-8")
    matchers = re.findall(r'alertname=~?"([^"]+)"', text)
    named = {name for found in matchers for name in found.split("|")}
    assert named
    assert named <= set(ALERTS)


def test_prometheus_looks_for_every_process_that_compose_starts_and_misses_it_when_it_is_gone() -> (
    None
):
    (ours,) = [job for job in files.scraping()["scrape_configs"] if job["job_name"] == "bantin"]
    asked = set(ours["dns_sd_configs"][0]["names"])
    missed = {
        rule["labels"]["process"]
        for rule in files.rules()
        if rule.get("record") == "bantin:process_expected"
    }
    assert asked == missed == files.compose_services()
    assert {role.name for role in ROLES} <= asked


def test_the_dashboards_use_the_provisioned_source_and_have_a_name_each() -> None:
    folder = FOLDER / "grafana" / "provisioning"
    assert f"uid: {SOURCE}" in (folder / "datasources" / "prometheus.yml").read_text()
    uids = [board["uid"] for board in files.boards()]
    assert len(set(uids)) == len(uids) == 4
    for title, panel in files.board_panels():
        sources = [panel["datasource"], *(target["datasource"] for target in panel["targets"])]
        assert {source["uid"] for source in sources} == {SOURCE}, f"{title}: {panel['title']}"


def test_grafana_wants_a_login_says_its_policy_and_asks_nobody_else_for_anything() -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    settings = compose["services"]["grafana"]["environment"]
    wanted = {"SECURITY_CONTENT_SECURITY_POLICY", "SECURITY_DISABLE_GRAVATAR"}
    off = {
        *("AUTH_ANONYMOUS_ENABLED", "USERS_ALLOW_SIGN_UP", "PUBLIC_DASHBOARDS_ENABLED"),
        *("SNAPSHOTS_ENABLED", "NEWS_NEWS_FEED_ENABLED", "ANALYTICS_REPORTING_ENABLED"),
        *("ANALYTICS_CHECK_FOR_UPDATES", "ANALYTICS_CHECK_FOR_PLUGIN_UPDATES"),
    }
    said = {name: settings.get(f"GF_{name}") for name in wanted | off}
    assert said == dict.fromkeys(wanted, "true") | dict.fromkeys(off, "false")


def test_mail_and_webhook_come_from_the_environment_and_nobody_is_told_without() -> None:
    nobody = alertmanager({})
    assert "email_configs" not in nobody
    assert "webhook_configs" not in nobody
    mail = alertmanager(
        {
            "ALERT_MAIL_TO": "truc@example.org,ban@example.org",
            "ALERT_MAIL_SERVER": "mail.example.org:587",
            "ALERT_MAIL_PASSWORD_FILE": "/run/secrets/alert_mail_password",
        }
    )
    assert 'from: "truc@example.org"' in mail
    assert 'auth_password_file: "/run/secrets/alert_mail_password"' in mail


def test_the_heartbeat_goes_to_its_own_address_and_alerts_to_theirs(tmp_path: Path) -> None:
    files = {"ALERT_WEBHOOK_URL_FILE": "desk", "ALERT_HEARTBEAT_URL_FILE": "watcher"}
    for name in files.values():
        (tmp_path / name).write_text(f"https://{name}.example.org/secret\n", encoding="utf-8")
    printed = alertmanager({name: str(tmp_path / file) for name, file in files.items()})
    receivers = {one["name"]: one for one in yaml.safe_load(printed)["receivers"]}
    (desk,) = receivers["operators"]["webhook_configs"]
    assert desk == {"url": "https://desk.example.org/secret", "send_resolved": True}
    (watcher,) = receivers["heartbeat"]["webhook_configs"]
    assert watcher == {"url": "https://watcher.example.org/secret", "send_resolved": False}
    for name in files:
        only = yaml.safe_load(alertmanager({name: str(tmp_path / files[name])}))["receivers"]
        assert [len(one.get("webhook_configs", [])) for one in only].count(1) == 1


@pytest.mark.parametrize(
    "settings",
    [
        {"ALERT_MAIL_TO": "truc@example.org"},
        {"ALERT_MAIL_TO": 'a"\n  - x', "ALERT_MAIL_SERVER": "mail.example.org:587"},
        {"ALERT_WEBHOOK_URL_FILE": "/nowhere"},
        {"ALERT_HEARTBEAT_URL_FILE": "/nowhere"},
        {"ALERT_HEARTBEAT_URL_FILE": "/dev/null"},
    ],
    ids=[
        "mail without a server",
        "a quote in an address",
        "a file that is not there",
        "a heartbeat's file that is not there",
        "a heartbeat's file without an address",
    ],
)
def test_a_setting_that_cannot_be_meant_stops_alertmanager(settings: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="alertmanager: "):
        alertmanager(settings)
