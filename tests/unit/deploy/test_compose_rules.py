"""The compose file keeps its rules, and each rule is seen to catch what it is for."""

import json
import subprocess
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from deploy.compose import dockerfile
from deploy.compose.check import COMPOSE_FILE, EXAMPLE, ROOT, compose_config, forms, has_compose
from deploy.compose.project import Project
from deploy.compose.rules import EXCEPTIONS, broken, unexplained
from deploy.compose.settings_file import filled, settings_in

File = dict[str, Any]
FILE: File = dict(Project.read(COMPOSE_FILE, {}).document)
DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")


@pytest.mark.parametrize("form", forms())
def test_the_compose_file_keeps_every_rule(form: str) -> None:
    assert list(broken(Project(FILE, settings_in(forms()[form])))) == []


def test_the_front_door_is_where_the_contract_says_unless_settings_say_otherwise() -> None:
    gateway = Project(FILE, {}).services["gateway"]
    assert gateway["ports"] == ["127.0.0.1:8080:8080", "127.0.0.1:8443:8443"]
    assert gateway["environment"]["BANTIN_PUBLIC_URL"] == "http://127.0.0.1:8080"


def put(*path: str, value: object) -> Callable[[File], None]:
    def change(file: File) -> None:
        *folders, name = path
        for folder in folders:
            file = file[folder]
        file[name] = value

    return change


def on(service: str, key: str, value: object) -> Callable[[File], None]:
    return put("services", service, key, value=value)


SECRET = "postgresql://bantin:hunter2@postgres/bantin"
BREACHES: list[tuple[Callable[[File], None], str]] = [
    (on("gateway", "image", "nginx"), "gateway: the image «nginx» is not pinned"),
    (on("gateway", "image", "nginx:latest"), "gateway: the image «nginx:latest» is not pinned"),
    (on("gateway", "image", "a.example:5000/nginx"), "gateway: the image «a.example:5000/nginx»"),
    (on("gateway", "read_only", value=False), "gateway: its root file system can be written"),
    (on("gateway", "cap_drop", ["NET_RAW"]), "gateway: does not drop all capabilities"),
    (on("gateway", "cap_add", ["SYS_ADMIN"]), "gateway: has cap_add"),
    (on("gateway", "privileged", value=True), "gateway: has privileged"),
    (on("gateway", "security_opt", []), "gateway: may gain privileges"),
    (
        on("gateway", "security_opt", ["no-new-privileges:true", "seccomp:unconfined"]),
        "gateway: is not confined",
    ),
    (on("gateway", "network_mode", "host"), "gateway: shares its network_mode"),
    (on("gateway", "user", "0:0"), "gateway: runs as root"),
    (on("gateway", "restart", "on-failure"), "gateway: should stay up"),
    (on("databases", "restart", "always"), "databases: ends when it is done"),
    (on("gateway", "mem_limit", value=None), "gateway: has no mem_limit"),
    (on("gateway", "pids_limit", -1), "gateway: has no pids_limit"),
    (on("gateway", "logging", {"driver": "json-file"}), "gateway: its log is not rotated"),
    (on("gateway", "healthcheck", {"disable": True}), "gateway: stays up, and nobody asks"),
    (on("gateway", "healthcheck", {"test": ["NONE"]}), "gateway: stays up, and nobody asks"),
    (on("gateway", "depends_on", ["grafana"]), "gateway: waits for grafana until service_started"),
    (on("postgres", "ports", ["5432:5432"]), "postgres: publishes ports"),
    (on("gateway", "networks", []), "gateway: names no network"),
    (on("visits-counter", "networks", ["visits", "render"]), "visits-counter: is on the network"),
    (on("gateway", "networks", ["front", "search"]), "elasticsearch: can be reached by gateway"),
    (on("grafana", "networks", ["ingest"]), "postgres: can be reached by grafana (ingest)"),
    (on("grafana", "networks", ["ingest"]), "rabbitmq: can be reached by grafana (ingest)"),
    (on("search-web", "networks", ["front", "search"]), "gateway: brings search-web, visits-"),
    (on("gateway", "environment", {"API_TOKEN": "x"}), "gateway: API_TOKEN looks like a secret"),
    (on("gateway", "environment", ["DB_PASS=x"]), "gateway: DB_PASS looks like a secret"),
    (on("gateway", "environment", {"DATABASE": SECRET}), "gateway: has an address with a password"),
    (on("gateway", "command", ["run", SECRET]), "gateway: has an address with a password"),
    (on("gateway", "env_file", ["more.env"]), "gateway: has an env_file"),
    (
        on("gateway", "environment", {"X_FILE": "/run/secrets/bus_url"}),
        "gateway: X_FILE names the secret bus_url, which it is not given",
    ),
    (
        on("gateway", "volumes", ["./deploy/gateway:/opt/bantin", "site:/srv/site:ro"]),
        "gateway: may write to ./deploy/gateway",
    ),
    (
        on("gateway", "volumes", ["site:/srv/site", "/run/docker.sock:/run/docker.sock:ro"]),
        "gateway: is given the engine's socket",
    ),
    (put("networks", "spare", value={"internal": True}), "networks: spare is defined and not used"),
    (on("gateway", "networks", ["nowhere"]), "networks: nowhere is used and not defined"),
    (put("volumes", "spare", value=None), "volumes: spare is defined and not used"),
    (put("networks", "front", value={}), "networks: front leads outside"),
    (
        put("networks", "front", "ipam", "config", value=[{"subnet": "172.31.240.0/24"}]),
        "networks: front wants 172.31.240.0/24, which Docker may have given to another",
    ),
    (
        put("secrets", "bus_url", value={"environment": "BUS_URL"}),
        "secrets: bus_url does not come from a file",
    ),
]


@pytest.mark.parametrize(
    ("breach", "told"), BREACHES, ids=[told.replace(" ", "-") for _, told in BREACHES]
)
def test_a_breach_is_told(breach: Callable[[File], None], told: str) -> None:
    file = deepcopy(FILE)
    breach(file)
    assert [text for text in broken(Project(file, {})) if text.startswith(told)]


def test_a_setting_that_switches_a_secret_on_is_looked_at_too() -> None:
    file = deepcopy(FILE)
    file["services"]["alertmanager"]["secrets"] = ["alert_webhook_url"]
    (told,) = [
        text
        for text in broken(Project(file, {"ALERT_MAIL_USER": "bantin"}))
        if text.startswith("alertmanager")
    ]
    assert "ALERT_MAIL_PASSWORD_FILE names the secret alert_mail_password" in told


def test_an_exception_excuses_until_it_is_not_needed_any_more() -> None:
    without = list(broken(Project(FILE, {}), {}))
    assert without == [
        "elasticsearch: its root file system can be written to (read-only)",
    ]
    more = {**EXCEPTIONS, ("grafana", "ports"): "it has none"}
    assert list(broken(Project(FILE, {}), more)) == [
        "grafana: an exception that is not needed (ports)"
    ]


def test_every_setting_stands_in_the_example_with_the_default_that_it_has() -> None:
    example = settings_in(EXAMPLE.read_text(encoding="utf-8"))
    project = Project(FILE, {})
    assert list(unexplained(project, example)) == []
    del example["ALERT_WEBHOOK"]
    example["GATEWAY_PAGE_RATE"] = "21"
    example["GATEWAY_SPARE"] = ""
    assert [text.partition(":")[0] for text in unexplained(project, example)] == [
        "ALERT_WEBHOOK",
        "GATEWAY_PAGE_RATE",
        "GATEWAY_SPARE",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${SET}/${UNSET}", "a/"),
        ("${SET:-b} ${EMPTY:-b} ${UNSET:-b} ${UNSET:-}", "a b b "),
        ("${SET:+b} ${EMPTY:+b} ${UNSET:+b}", "b  "),
        ("$$SET costs 5 $$", "$SET costs 5 $"),
    ],
)
def test_settings_are_filled_in_as_compose_fills_them_in(text: str, expected: str) -> None:
    assert filled(text, {"SET": "a", "EMPTY": ""}) == expected


@pytest.mark.parametrize("text", ["$SET", "${SET-b}", "${SET:?b}", "${A:-${B}}", "${set}"])
def test_a_form_of_setting_that_is_not_known_is_refused_not_guessed(text: str) -> None:
    with pytest.raises(ValueError, match="do not know"):
        filled(text, {})


def test_the_secrets_that_compose_mounts_are_those_that_make_up_makes(tmp_path: Path) -> None:
    script = ROOT / "deploy" / "compose" / "secrets.sh"
    subprocess.run(["/bin/sh", script, tmp_path / "made"], check=True, capture_output=True)
    named = FILE["secrets"].values()
    assert {path.name for path in (tmp_path / "made").iterdir()} == {
        secret["file"].rpartition("/")[2] for secret in named
    }


@pytest.mark.parametrize("form", forms())
def test_the_file_is_read_as_compose_reads_it(form: str) -> None:
    if not has_compose():
        pytest.skip("docker compose is not at hand")
    settings = forms()[form]
    theirs = json.loads(compose_config(settings, "--format", "json").stdout)["services"]
    ours = Project(FILE, settings_in(settings))
    assert ours.services.keys() == theirs.keys()
    for name, service in theirs.items():
        assert ours.services[name]["image"] == service["image"]
        assert ours.networks(name) == set(service["networks"])
        given = service.get("environment", {}) | service.get("build", {}).get("args", {})
        assert ours.environment(name) == given
        assert ours.waits(name) == {
            other: how["condition"] for other, how in (service.get("depends_on") or {}).items()
        }
        secrets = service.get("secrets", [])
        assert ours.secrets(name) == {
            Path(secret.get("target", secret["source"])).name: secret["source"]
            for secret in secrets
        }
        assert {(mount.target, mount.bind, mount.read_only) for mount in ours.mounts(name)} == {
            (mount["target"], mount["type"] == "bind", mount.get("read_only", False))
            for mount in service.get("volumes", [])
        }


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("ARG PYTHON=3.13-slim", "ARG PYTHON=slim", "«python:slim» is not pinned"),
        ("ARG PYTHON=3.13-slim", "ARG PYTHON", "«python:» is not pinned"),
        ("USER 10001:10001", "USER root", "does not end with a USER"),
        ("USER 10001:10001", "USER 0:10001", "does not end with a USER"),
        ("USER 10001:10001\n", "", "does not end with a USER"),
    ],
)
def test_an_image_that_floats_or_runs_as_root_is_told(old: str, new: str, told: str) -> None:
    assert list(dockerfile.broken(DOCKERFILE)) == []
    assert old in DOCKERFILE
    assert any(told in text for text in dockerfile.broken(DOCKERFILE.replace(old, new)))
