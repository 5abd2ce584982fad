"""Where a gateway serves the site: each text has a compressed twin that says what the text says."""

import gzip
import os
from pathlib import Path

import pytest

from services.render import bootstrap
from services.render.files import TWIN, has_twin
from services.render.settings import Settings
from services.render.site import Writer
from tests.contract.site.harness import Harness, Sites, category
from tests.factories import event, published, unpublished

PAGE = "tin/bai-viet-so-1-1111111111/index.html"


@pytest.fixture
def site(new_site: Sites, monkeypatch: pytest.MonkeyPatch) -> Harness:
    monkeypatch.setenv("BANTIN_RENDER_PRECOMPRESS", "true")
    site = new_site()
    site.writer.prepare()
    site.publish(event(category(), subject="tin-tuc"), published())
    return site


def _texts(site: Harness) -> dict[Path, bytes]:
    files = [file for file in site.settings.site_dir.rglob("*") if file.is_file()]
    return {file: file.read_bytes() for file in files if file.suffix != TWIN}


def _twin(file: Path) -> Path:
    return file.with_name(file.name + TWIN)


def _need_right_twins(site: Harness) -> None:
    for file, content in _texts(site).items():
        if not has_twin(file.name, len(content)):
            assert not _twin(file).exists()
            continue
        assert gzip.decompress(_twin(file).read_bytes()) == content
        assert _twin(file).stat().st_mtime_ns == file.stat().st_mtime_ns


def test_a_text_has_a_twin_and_the_twin_follows_it(site: Harness) -> None:
    names = {file.name for file in _texts(site) if _twin(file).exists()}
    assert "index.html" in names
    assert any(name.endswith(".css") for name in names)
    assert "robots.txt" not in names
    _need_right_twins(site)
    site.publish(published(version=2, title="Tiêu đề khác"))
    _need_right_twins(site)
    site.publish(unpublished(version=3))
    assert not _twin(site.settings.site_dir / PAGE).exists()
    _need_right_twins(site)


def _lose(twin: Path) -> None:
    twin.unlink()


def _alter(twin: Path) -> None:
    twin.write_bytes(gzip.compress(b"another page"))


def _alter_keeping_the_time(twin: Path) -> None:
    time = twin.stat().st_mtime_ns
    twin.write_bytes(b"nothing that can be unpacked")
    os.utime(twin, ns=(time, time))


def _leave_alone(twin: Path) -> None:
    twin.with_name(twin.name.removesuffix(TWIN)).unlink()


@pytest.mark.parametrize("harm", [_lose, _alter, _alter_keeping_the_time, _leave_alone])
def test_a_twin_changed_by_hand_is_found_and_mended(site: Harness, harm: object) -> None:
    assert callable(harm)
    before = site.files()
    look = bootstrap.verify
    assert look(site.settings, deep=True).marked == ()
    harm(_twin(site.settings.site_dir / PAGE))
    assert len(look(site.settings, deep=True).marked) == 1
    site.writer.drain()
    assert site.files() == before
    _need_right_twins(site)
    assert look(site.settings, deep=True).marked == ()


def test_a_page_only_touched_gets_its_twin_beside_it_again(site: Harness) -> None:
    os.utime(site.settings.site_dir / PAGE, ns=(1, 1))
    for _ in range(2):
        bootstrap.verify(site.settings, deep=False)
        site.writer.drain()
    _need_right_twins(site)
    assert bootstrap.verify(site.settings, deep=False).marked == ()


def test_without_the_setting_no_twin_stays(site: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BANTIN_RENDER_PRECOMPRESS", "false")
    plain = Settings(
        data_dir=site.settings.data_dir, database=site.settings.database, _env_file=None
    )
    writer = Writer(plain, site.database)
    try:
        writer.prepare()
        writer.drain()
    finally:
        writer.close()
    assert not list(site.settings.site_dir.rglob(f"*{TWIN}"))
    assert bootstrap.verify(plain, deep=True).marked == ()
