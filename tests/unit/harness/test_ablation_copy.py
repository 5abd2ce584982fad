"""The copy of the project that safeguards are taken out of."""

from pathlib import Path

import pytest

from tests.chaos import ablate


def test_a_module_that_is_just_being_compiled_does_not_hinder_the_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled = tmp_path / "project" / "__pycache__"
    compiled.mkdir(parents=True)
    (compiled / "a.cpython-311.pyc").write_bytes(b"compiled")
    (compiled / "b.cpython-311.pyc.140022").symlink_to("gone meanwhile")
    monkeypatch.setattr(ablate, "ROOT", tmp_path / "project")
    copied = ablate.copy_tree(tmp_path)
    assert [file.name for file in copied.rglob("*.pyc*")] == ["a.cpython-311.pyc"]
