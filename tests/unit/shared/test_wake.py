"""Nudges between processes of a machine: never needed, and never in the way."""

import resource
from pathlib import Path

import pytest

from shared.wake import Caller, Listener


def test_a_call_reaches_every_listener_of_its_folder(tmp_path: Path) -> None:
    listeners = [Listener(tmp_path), Listener(tmp_path)]
    caller = Caller(tmp_path)
    caller.call()
    assert [listener.wait(30) for listener in listeners] == [True, True]
    caller.close()
    for listener in listeners:
        listener.close()
    assert list(tmp_path.iterdir()) == []


def test_a_call_never_fails_what_was_committed_before_it(tmp_path: Path) -> None:
    """The folder cannot be listed: it is none, or, as happens, no descriptor is free."""
    no_folder = tmp_path / "file"
    no_folder.touch()
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    callers = [Caller(tmp_path / "not there"), Caller(no_folder), Caller(tmp_path)]
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, limits[1]))
    try:
        for caller in callers:
            caller.call()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        for caller in callers:
            caller.close()


def test_a_listener_that_cannot_be_made_leaves_nothing_behind(tmp_path: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, limits[1]))  # as good as a full disk
    try:
        with pytest.raises(OSError, match="File too large"):
            Listener(tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list(tmp_path.iterdir()) == []
