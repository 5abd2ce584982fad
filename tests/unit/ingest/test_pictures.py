"""Pictures: sniffed, cleaned, resized; kept for ever under their address."""

import io
import resource
from typing import Any

import pytest
from PIL import Image
from werkzeug.test import TestResponse

from services.ingest.media import save_media
from services.ingest.pictures import TooManyPixelsError, make_files
from services.ingest.store.files import Files
from shared.contracts.events import ArticlePublished
from tests.factories import an_id
from tests.unit.ingest.newsroom import Newsroom

M = an_id(50)
LIMIT = 50_000_000
EXIF = Image.Exif()
EXIF[0x010F] = "Máy ảnh của Lan"
TURNED = Image.Exif()
TURNED[0x0112] = 6


def picture(kind: str = "JPEG", size: tuple[int, int] = (60, 40), **options: Any) -> bytes:
    output = io.BytesIO()
    Image.effect_noise(size, 40).convert("RGB").save(output, kind, **options)
    return output.getvalue()


def animated(kind: str, **options: Any) -> bytes:
    output = io.BytesIO()
    frames = [Image.new("RGB", (30, 20), (shade, 0, 0)) for shade in (0, 90, 180)]
    frames[0].save(output, kind, save_all=True, append_images=frames[1:], duration=80, **options)
    return output.getvalue()


def _send(newsroom: Newsroom, data: bytes, **request: Any) -> TestResponse:
    return newsroom.call("PUT", f"/v1/media/{M}", data=data, **request)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "AVIF"])
def test_a_picture_without_metadata_keeps_its_bytes_and_gets_renditions(kind: str) -> None:
    data = picture(kind, (1600, 800))
    original, web, thumb = make_files(data, pixels=LIMIT)
    assert (original.data, original.media_type) == (data, f"image/{kind.lower()}")
    assert [(f.name, f.width, f.height) for f in (web, thumb)] == [
        ("web", 1280, 640),
        ("thumb", 400, 200),
    ]
    assert {f.media_type for f in (web, thumb)} == {"image/webp"}


@pytest.mark.parametrize(
    "data",
    [
        picture("JPEG", exif=EXIF),
        picture("JPEG", exif=TURNED),
        picture("JPEG", comment="Nhà của Lan"),
        picture("PNG", exif=EXIF),
        picture("WEBP", exif=EXIF),
        picture("WEBP", xmp=b"<x/>"),
        picture("AVIF", exif=EXIF),
        picture("GIF", comment=b"Lan"),
        animated("GIF", comment=b"Lan"),
        animated("WEBP", exif=EXIF),
    ],
)
def test_metadata_goes_from_every_file(data: bytes) -> None:
    for file in make_files(data, pixels=LIMIT):
        assert b"Lan" not in file.data
        with Image.open(io.BytesIO(file.data)) as image:
            image.load()
            assert not image.getexif()
            assert not image.info.keys() & {"exif", "xmp", "comment"}


def test_a_picture_that_lies_on_its_side_is_turned_up() -> None:
    files = make_files(picture("JPEG", (60, 40), exif=TURNED), pixels=LIMIT)
    assert {(f.width, f.height) for f in files} == {(40, 60)}


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_an_animation_still_moves_without_its_metadata(kind: str) -> None:
    secret: dict[str, Any] = {"comment": b"Lan"} if kind == "GIF" else {"exif": EXIF}
    original = make_files(animated(kind, **secret), pixels=LIMIT)[0]
    with Image.open(io.BytesIO(original.data)) as image:
        assert getattr(image, "n_frames", 1) == 3


def test_a_small_picture_is_never_enlarged_and_a_tall_one_fits() -> None:
    assert {(f.width, f.height) for f in make_files(picture("PNG", (9, 7)), pixels=LIMIT)} == {
        (9, 7)
    }
    tall = make_files(picture("PNG", (2, 20_000)), pixels=LIMIT)
    assert tall[1].height <= 16_383


def test_a_bomb_is_refused_before_it_is_decoded() -> None:
    output = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(output, "PNG")
    assert len(output.getvalue()) < 100_000
    with pytest.raises(TooManyPixelsError):
        make_files(output.getvalue(), pixels=LIMIT)
    with pytest.raises(TooManyPixelsError):
        make_files(animated("GIF", comment=b"x"), pixels=30 * 20 * 2)


def test_a_picture_is_taken_served_and_known_to_articles(newsroom: Newsroom) -> None:
    answer = _send(newsroom, picture("JPEG", (1600, 800)))
    assert answer.status_code == 201
    shown = answer.get_json()
    assert (shown["id"], shown["href"]) == (str(M), f"/media/{M}")
    assert (shown["width"], shown["height"]) == (1600, 800)
    hrefs = {r["name"]: r["href"] for r in shown["renditions"]}
    assert hrefs == {
        "original": f"/media/{M}",
        "web": f"/media/{M}/web",
        "thumb": f"/media/{M}/thumb",
    }
    beside = {
        "type": "picture",
        "renditions": [{"href": f"/media/{M}"}],
        "descriptions": [{"value": "Chú thích"}],
        "by": "Lan",
    }
    html = f'<figure><img src="/media/{M}" alt="Cầu"><figcaption>Cầu mới</figcaption></figure>'
    newsroom.put(
        an_id(1),
        associations=[beside],
        bodies=[{"contentType": "text/html", "value": html}],
    )
    newsroom.publish(an_id(1))
    event = newsroom.sent()[-1].data
    assert isinstance(event, ArticlePublished)
    lead, inside = event.article.pictures[0], event.article.body_pictures[0]
    assert (lead.caption, lead.alt, lead.credit) == ("Chú thích", "Chú thích", "Lan")
    assert (inside.caption, inside.alt) == ("Cầu mới", "Cầu")
    assert [(r.name, r.width, r.height) for r in lead.renditions] == [
        ("original", 1600, 800),
        ("web", 1280, 640),
        ("thumb", 400, 200),
    ]


def test_readers_get_files_that_they_may_keep(newsroom: Newsroom) -> None:
    data = picture("PNG")
    _send(newsroom, data)
    with newsroom.http.get(f"/media/{M}") as answer:
        assert (answer.status_code, answer.data) == (200, data)
        assert answer.content_type == "image/png"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "immutable" in answer.headers["Cache-Control"]
        etag = answer.headers["ETag"]
    with newsroom.http.get(f"/media/{M}/web", headers={"If-None-Match": etag}) as web:
        assert (web.status_code, web.content_type) == (200, "image/webp")
    with newsroom.http.get(f"/media/{M}", headers={"If-None-Match": etag}) as same:
        assert (same.status_code, same.data) == (304, b"")
    with newsroom.http.head(f"/media/{M}") as head:
        assert (head.status_code, head.data) == (200, b"")
    for path in (f"/media/{an_id(9)}", f"/media/{M}/huge", f"/media/{M}/../x", "/media/x"):
        assert newsroom.http.get(path).status_code == 404


def test_the_same_bytes_again_change_nothing_and_others_are_refused(newsroom: Newsroom) -> None:
    data = picture()
    first = _send(newsroom, data)
    again = _send(newsroom, data)
    assert (again.status_code, again.get_json()) == (200, first.get_json())
    other = _send(newsroom, picture("PNG"))
    assert other.status_code == 409
    with newsroom.http.get(f"/media/{M}") as answer:
        assert answer.data == data


def test_files_that_were_lost_are_mended_by_sending_the_picture_again(newsroom: Newsroom) -> None:
    data = picture()
    _send(newsroom, data)
    media = newsroom.store.media(M)
    assert media is not None
    files = Files(newsroom.settings.media_dir)
    files.path(media.digest, "web").unlink()
    assert _send(newsroom, data).status_code == 200
    assert files.has(media.digest, ["original", "web", "thumb"])


BAD: dict[str, tuple[bytes, int]] = {
    "no picture": (b"<svg xmlns='x'/>", 415),
    "nothing": (b"", 415),
    "a bitmap": (picture("BMP"), 415),
    "half a picture": (picture(size=(500, 500))[:9000], 422),
    "more than 20 MiB": (b"\xff\xd8\xff" + bytes(20 * 1024 * 1024), 413),
}


@pytest.mark.parametrize(("data", "status"), BAD.values(), ids=BAD.keys())
def test_what_is_no_good_picture_is_refused_and_not_kept(
    newsroom: Newsroom, data: bytes, status: int
) -> None:
    answer = _send(newsroom, data)
    assert answer.status_code == status, answer.get_data(as_text=True)
    assert answer.content_type == "application/problem+json"
    assert newsroom.store.media(M) is None
    assert not list(newsroom.settings.media_dir.rglob("*.*"))


def test_a_form_is_not_a_picture(newsroom: Newsroom) -> None:
    for kind in ("multipart/form-data; boundary=x", "application/json", "text/html"):
        assert _send(newsroom, picture(), content_type=kind).status_code == 415
    for kind in ("", "image/png", "application/octet-stream", "application/x-www-form-urlencoded"):
        assert _send(newsroom, picture("GIF", (5, 5)), content_type=kind).is_json


def test_an_article_cannot_name_a_picture_that_is_not_there(newsroom: Newsroom) -> None:
    html = f'<p>a</p><img src="/media/{M}">'
    answer = newsroom.put(
        an_id(1),
        associations=[{"renditions": [{"href": f"/media/{an_id(51)}"}]}],
        bodies=[{"contentType": "text/html", "value": html}],
    )
    assert answer.status_code == 422
    assert [e["pointer"] for e in answer.get_json()["errors"]] == [
        "/associations/0/renditions/0/href",
        "/bodies/0/value",
    ]


def test_a_disk_that_is_full_leaves_no_half_file_and_no_row(newsroom: Newsroom) -> None:
    data = picture(size=(500, 500))
    files = Files(newsroom.settings.media_dir)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5_000, before[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            save_media(newsroom.store, files, M, data, LIMIT)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert newsroom.store.media(M) is None
    assert [p for p in newsroom.settings.media_dir.rglob("*") if p.is_file()] == []
    assert save_media(newsroom.store, files, M, data, LIMIT).created
