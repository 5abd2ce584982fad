"""How much room a process has left, as its metrics tell it."""

import math
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.runtime import _disk

OTHER = Path("/dev/shm")  # noqa: S108 - another file system, wherever there is Linux


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Path]:
    """A folder on another file system."""
    if not OTHER.is_dir() or OTHER.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is one file system only")
    folder = Path(tempfile.mkdtemp(dir=OTHER))
    yield folder
    shutil.rmtree(folder)


def test_of_a_folder_and_its_volumes_the_fullest_counts(tmp_path: Path, elsewhere: Path) -> None:
    """As in a container, where a volume lies in a folder that is itself the image's."""
    (tmp_path / "volume").symlink_to(elsewhere)
    (elsewhere / "volume").symlink_to(tmp_path)
    both = [shutil.disk_usage(folder) for folder in (tmp_path, elsewhere)]
    fullest = min(both, key=lambda one: one.free / one.total)
    assert _disk(tmp_path, "total") == _disk(elsewhere, "total") == fullest.total


def test_a_folder_that_is_yet_to_be_made_has_the_room_of_where_it_will_be(tmp_path: Path) -> None:
    expected = shutil.disk_usage(tmp_path).total
    assert _disk(tmp_path / "not" / "yet", "total") == expected
    assert not math.isnan(_disk(tmp_path / "not" / "yet", "free"))
