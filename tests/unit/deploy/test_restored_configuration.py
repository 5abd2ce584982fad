"""What a restore takes from a backup's configuration, and who may read it then."""

import os
import stat
from pathlib import Path

import pytest

from deploy.compose.backup import OVERRIDE
from deploy.compose.restore import GATEWAY_USER, put_configuration
from deploy.compose.stack import Configuration, Stack, Steps


def stack(here: Path) -> Stack:
    """Return one that knows its places without asking docker."""
    found = Stack()
    found.__dict__["configuration"] = Configuration(
        project="bantin",
        version="0.1.0",
        env=Path(".env"),
        secrets=here / "secrets",
        certificates=here / "certificates",
        resolved="{}",
    )
    return found


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    folder = tmp_path / "backup" / "configuration"
    for name in ("secrets", "certificates"):
        (folder / name).mkdir(parents=True)
    (folder / ".env").write_text("BANTIN_SITE_NAME=backup\n")
    (folder / OVERRIDE).write_text("services: {}\n")
    (folder / "secrets" / "bus_url").write_text("amqp://…")
    for name in ("fullchain.pem", "privkey.pem"):
        (folder / "certificates" / name).write_text(name)
    return folder


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


def test_settings_the_override_file_secrets_and_certificates_come_back(
    backup: Path, here: Path
) -> None:
    put_configuration(backup, stack(here), Steps())
    there = {path.relative_to(here): path.read_text() for path in here.rglob("*") if path.is_file()}
    assert there == {
        path.relative_to(backup): path.read_text() for path in backup.rglob("*") if path.is_file()
    }


def test_what_this_folder_has_already_is_kept(backup: Path, here: Path) -> None:
    (here / OVERRIDE).write_text("services: {gateway: {}}\n")
    (here / ".env").write_text("BANTIN_SITE_NAME=here\n")
    put_configuration(backup, stack(here), Steps())
    assert "gateway" in (here / OVERRIDE).read_text()
    assert "here" in (here / ".env").read_text()


def test_the_certificates_key_can_be_read_by_the_gateway_and_not_by_everybody(
    backup: Path, here: Path
) -> None:
    put_configuration(backup, stack(here), Steps())
    key = (here / "certificates" / "privkey.pem").stat()
    assert stat.S_IMODE(key.st_mode) & 0o007 == 0
    if os.geteuid() == 0:
        assert (key.st_uid, stat.S_IMODE(key.st_mode)) == (GATEWAY_USER, 0o400)
