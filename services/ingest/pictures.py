"""Pictures: what the bytes are, without their metadata, in the sizes that pages need. Pure."""

import io
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from PIL import Image, ImageOps, ImageSequence, UnidentifiedImageError

_TYPES: Final = {
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "GIF": "image/gif",
    "AVIF": "image/avif",
}
_WIDTHS: Final = {"web": 1280, "thumb": 400}
"""The widest that each rendition may be, in pixels; a smaller picture is never enlarged."""
_TALLEST: Final = 16_383
"""WebP can hold no more rows (RFC 9649)."""
_FRAMES: Final = 2_000
_METADATA: Final = {"exif", "xmp", "comment", "photoshop", "XML:com.adobe.xmp", "mp"}
_KEPT: Final = {"icc_profile", "transparency", "gamma", "duration", "loop", "background"}
_PLAIN_SEGMENTS: Final = {"APP0", "APP2", "APP14"}
"""JPEG segments that are no metadata about people and places: JFIF, ICC profile, Adobe colour."""
_ORIENTATION: Final = 0x0112
_ONE_AT_A_TIME: Final = threading.Lock()
"""A decoded picture may take 200 MB; two at once would be too much for a small machine."""


class NotAPictureError(ValueError):
    """The bytes are of none of the five types."""


class BrokenPictureError(ValueError):
    """The bytes begin like a picture and cannot be decoded."""


class TooManyPixelsError(ValueError):
    """Decoding it would take too much memory."""


@dataclass(frozen=True, slots=True)
class File:
    """One file of a picture; sizes in pixels."""

    name: str
    data: bytes
    media_type: str
    width: int
    height: int


def make_files(data: bytes, *, pixels: int) -> tuple[File, ...]:
    """Return the original without metadata, and its renditions (WebP).

    The original's bytes stay as they are where they carry no metadata. Raises NotAPictureError,
    BrokenPictureError, TooManyPixelsError (more than ``pixels`` in all frames together).
    """
    with _ONE_AT_A_TIME, _opened(data, pixels) as image:
        try:
            image.load()
            original = _original(image, data, pixels)
            upright = ImageOps.exif_transpose(image)
            renditions = [_rendition(upright, name, width) for name, width in _WIDTHS.items()]
        except TooManyPixelsError:
            raise
        except Exception as error:
            raise BrokenPictureError(f"the picture cannot be decoded: {error}") from error
    return (original, *renditions)


def _opened(data: bytes, pixels: int) -> Image.Image:
    try:
        image = Image.open(io.BytesIO(data), formats=("JPEG", "PNG", "WEBP", "GIF", "AVIF"))
    except UnidentifiedImageError as error:
        raise NotAPictureError("a picture is a JPEG, PNG, WebP, GIF or AVIF file") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise TooManyPixelsError(f"a picture has at most {pixels} pixels") from error
    except Exception as error:
        raise BrokenPictureError(f"the picture cannot be read: {error}") from error
    if image.width * image.height > pixels:
        raise TooManyPixelsError(f"a picture has at most {pixels} pixels")
    return image


def _original(image: Image.Image, data: bytes, pixels: int) -> File:
    width, height = image.size
    if _carries_metadata(image):
        data, (width, height) = _without_metadata(image, pixels)
    return File("original", data, _TYPES[image.format or ""], width, height)


def _carries_metadata(image: Image.Image) -> bool:
    segments = {name for name, _ in getattr(image, "applist", ())}
    return bool(
        image.format == "MPO"
        or image.info.keys() & _METADATA
        or getattr(image, "text", None)
        or image.getexif()
        or segments - _PLAIN_SEGMENTS
    )


def _without_metadata(image: Image.Image, pixels: int) -> tuple[bytes, tuple[int, int]]:
    """Encode the picture again, upright. One that need not be turned keeps its JPEG tables."""
    kind = "JPEG" if image.format == "MPO" else image.format
    options: dict[str, Any] = {"icc_profile": image.info.get("icc_profile")}
    frames: list[Image.Image] = [image]
    if kind == "JPEG":
        turned = image.getexif().get(_ORIENTATION, 1) != 1 or image.format == "MPO"
        if turned:
            frames = [ImageOps.exif_transpose(image)]
        options |= {"quality": 92} if turned else {"quality": "keep"}
    elif getattr(image, "is_animated", False):
        frames = list(_frames(image, pixels))
        options |= {"save_all": True, "append_images": frames[1:]}
        options |= {key: image.info[key] for key in ("loop", "duration") if key in image.info}
    else:
        frames = [ImageOps.exif_transpose(image)]
        options |= {"WEBP": {"quality": 90}, "AVIF": {"quality": 80}}.get(kind or "", {})
    for frame in frames:
        frame.info = {key: value for key, value in frame.info.items() if key in _KEPT}
    output = io.BytesIO()
    frames[0].save(output, kind, **options)
    return output.getvalue(), frames[0].size


def _frames(image: Image.Image, pixels: int) -> Iterator[Image.Image]:
    each = image.width * image.height
    for count, frame in enumerate(ImageSequence.Iterator(image), start=1):
        if count > _FRAMES or count * each > pixels:
            raise TooManyPixelsError(f"at most {_FRAMES} frames of {pixels} pixels in all")
        yield frame.copy()
    image.seek(0)


def _rendition(image: Image.Image, name: str, width: int) -> File:
    transparent = image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info
    small = image.convert("RGBA" if transparent else "RGB")
    small.thumbnail((width, _TALLEST))
    output = io.BytesIO()
    profile = image.info.get("icc_profile")
    small.save(output, "WEBP", quality=80, method=4, icc_profile=profile, exif=b"", xmp=b"")
    return File(name, output.getvalue(), "image/webp", small.width, small.height)
