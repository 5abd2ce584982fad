import io

import pytest
from PIL import Image

from samples.canvas import Canvas, mix
from samples.pictures import PICTURES, draw


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_a_jpeg_of_the_agreed_size(name: str) -> None:
    with Image.open(io.BytesIO(draw(name))) as picture:
        assert picture.format == "JPEG"
        assert picture.size == (1600, 1000)
        assert len(set(picture.resize((40, 25)).tobytes())) > 50, "it is not a plain area"


def test_a_picture_is_the_same_every_time() -> None:
    assert draw("binh-minh") == draw("binh-minh")


def test_pictures_differ_from_each_other() -> None:
    assert len(PICTURES) >= 14
    assert len(set(PICTURES.values())) == len(PICTURES)
    assert draw("doi-che") != draw("ruong-lua")


def test_a_name_that_is_not_known_is_refused() -> None:
    with pytest.raises(KeyError):
        draw("khong-co")


def test_mixing_colors_goes_from_one_to_the_other() -> None:
    assert mix("000000", "ffffff", 0) == "000000"
    assert mix("000000", "ffffff", 0.5) == "808080"
    assert mix("000000", "ffffff", 1) == "ffffff"


def test_a_half_transparent_shape_lets_the_ground_through() -> None:
    canvas = Canvas("thử")
    canvas.shade(0, 1000, "ff0000")
    canvas.box(0, 0, 1600, 1000, "0000ff", alpha=0.5)
    with Image.open(io.BytesIO(canvas.jpeg())) as picture:
        pixel = picture.getpixel((800, 500))
    assert isinstance(pixel, tuple)
    assert 110 < pixel[0] < 145
    assert 110 < pixel[2] < 145
