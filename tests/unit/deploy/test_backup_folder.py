import json
import stat
from pathlib import Path

import pytest

from deploy.compose.folder import checked, written
from deploy.compose.stack import TroubleError

FORM = "test-1"


def make(to: Path) -> None:
    with written(to) as folder:
        (folder / "about.json").write_text(json.dumps({"format": FORM, "made": "now"}))
        (folder / "inner").mkdir()
        (folder / "inner" / "data").write_bytes(b"data" * 1000)


def test_a_folder_is_there_when_it_is_whole_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    make(tmp_path / "new" / "backup")
    folder = tmp_path / "new" / "backup"
    assert checked(folder, "about.json", FORM)["made"] == "now"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [path.name for path in folder.parent.iterdir()] == ["backup"]


def test_what_fails_leaves_nothing(tmp_path: Path) -> None:
    def fail() -> None:
        with written(tmp_path / "backup") as folder:
            (folder / "half").touch()
            raise TroubleError("half-way")

    with pytest.raises(TroubleError, match="half-way"):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    make(tmp_path / "backup")
    with pytest.raises(TroubleError, match="is there already"):
        make(tmp_path / "backup")


@pytest.mark.parametrize("name", ["inner/data", "about.json", "SHA256SUMS"])
def test_what_is_missing_is_named(name: str, tmp_path: Path) -> None:
    make(tmp_path / "backup")
    (tmp_path / "backup" / name).unlink()
    with pytest.raises(TroubleError, match=name):
        checked(tmp_path / "backup", "about.json", FORM)


def test_what_was_changed_or_added_is_named(tmp_path: Path) -> None:
    make(tmp_path / "backup")
    (tmp_path / "backup" / "inner" / "data").write_bytes(b"Data" * 1000)
    with pytest.raises(TroubleError, match=r"sums differ: inner/data"):
        checked(tmp_path / "backup", "about.json", FORM)
    (tmp_path / "backup" / "more").touch()
    with pytest.raises(TroubleError, match="not whole: more"):
        checked(tmp_path / "backup", "about.json", FORM)


def test_a_folder_of_another_kind_is_refused(tmp_path: Path) -> None:
    make(tmp_path / "backup")
    with pytest.raises(TroubleError, match="'test-1', not 'other-1'"):
        checked(tmp_path / "backup", "about.json", "other-1")
    with pytest.raises(TroubleError, match="is not what this command reads"):
        checked(tmp_path, "about.json", FORM)
