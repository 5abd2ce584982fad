"""A small flat-illustration toolkit over Pillow: gradients, soft light, layered shapes.

Coordinates are in picture units, 1600 by 1000 with the origin at the top left; everything is
painted at twice that size and reduced at the end, which smooths the edges.
"""

import io
import math
import random
from collections.abc import Sequence
from typing import Final

from PIL import Image, ImageDraw

WIDTH: Final = 1600
HEIGHT: Final = 1000
_SCALE: Final = 2
_QUALITY: Final = 85

Color = tuple[int, int, int]
Point = tuple[float, float]


def rgb(code: str) -> Color:
    """Return the color that is written as ``rrggbb``."""
    return int(code[:2], 16), int(code[2:4], 16), int(code[4:], 16)


def mix(first: str, second: str, share: float) -> str:
    """Return ``first`` with ``share`` (0 to 1) of ``second`` in it, as ``rrggbb``."""
    pairs = zip(rgb(first), rgb(second), strict=True)
    return "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


class Canvas:
    """One picture being painted, back to front, with its own seeded chance."""

    def __init__(self, seed: str) -> None:
        self.chance = random.Random(seed)
        self._image = Image.new("RGB", (WIDTH * _SCALE, HEIGHT * _SCALE))
        self._draw = ImageDraw.Draw(self._image)

    def jpeg(self) -> bytes:
        """Return the finished picture; the same strokes give the same bytes."""
        small = self._image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
        out = io.BytesIO()
        small.save(out, "JPEG", quality=_QUALITY, optimize=True, progressive=True)
        return out.getvalue()

    def shade(self, top: float, bottom: float, *codes: str) -> None:
        """Fill the full width from ``top`` to ``bottom`` with a gradient through the colors."""
        box = (0, round(top * _SCALE), WIDTH * _SCALE, round(bottom * _SCALE))
        self._image.paste(_gradient(codes, box[2], box[3] - box[1]), box[:2])

    def shape(self, points: Sequence[Point], *codes: str, alpha: float = 1.0) -> None:
        """Fill a polygon with one color, or with a gradient from its top to its bottom."""
        scaled = [(x * _SCALE, y * _SCALE) for x, y in points]
        if len(codes) == 1 and alpha >= 1:
            self._draw.polygon(scaled, fill=rgb(codes[0]))
            return
        left, top = (math.floor(min(p[axis] for p in scaled)) for axis in (0, 1))
        right, bottom = (math.ceil(max(p[axis] for p in scaled)) + 1 for axis in (0, 1))
        mask = Image.new("L", (right - left, bottom - top))
        moved = [(x - left, y - top) for x, y in scaled]
        ImageDraw.Draw(mask).polygon(moved, fill=round(255 * alpha))
        self._image.paste(_gradient(codes, *mask.size), (left, top), mask)

    def box(self, x: float, y: float, w: float, h: float, *codes: str, alpha: float = 1.0) -> None:
        self.shape([(x, y), (x + w, y), (x + w, y + h), (x, y + h)], *codes, alpha=alpha)

    def oval(
        self, x: float, y: float, rx: float, ry: float, *codes: str, alpha: float = 1.0
    ) -> None:
        """Fill an ellipse around its middle."""
        if len(codes) == 1 and alpha >= 1:
            corners = [(x - rx) * _SCALE, (y - ry) * _SCALE, (x + rx) * _SCALE, (y + ry) * _SCALE]
            self._draw.ellipse(corners, fill=rgb(codes[0]))
            return
        steps = 72
        turns = (2 * math.pi * step / steps for step in range(steps))
        points = [(x + rx * math.cos(turn), y + ry * math.sin(turn)) for turn in turns]
        self.shape(points, *codes, alpha=alpha)

    def line(self, points: Sequence[Point], code: str, width: float) -> None:
        scaled = [(x * _SCALE, y * _SCALE) for x, y in points]
        self._draw.line(scaled, fill=rgb(code), width=max(1, round(width * _SCALE)), joint="curve")

    def glow(self, x: float, y: float, radius: float, code: str, alpha: float = 0.8) -> None:
        """Lay soft round light over what is there, strongest in the middle."""
        side = round(radius * 2 * _SCALE)
        light = Image.radial_gradient("L").resize((side, side), Image.Resampling.BILINEAR)
        curve = [round(255 * alpha * max(0.0, 1 - value / 180) ** 2) for value in range(256)]
        corner = (round((x - radius) * _SCALE), round((y - radius) * _SCALE))
        self._image.paste(
            rgb(code), (*corner, corner[0] + side, corner[1] + side), light.point(curve)
        )

    def ridge(self, base: float, height: float, *codes: str, rough: float = 1.0) -> list[Point]:
        """Paint a range of hills down to the foot of the picture; return its skyline."""
        waves = [
            (self.chance.uniform(0.6, 1.4) * rough * k, self.chance.uniform(0, 7), 1 / k)
            for k in (1, 2.3, 4.1, 7.7)
        ]
        line: list[Point] = []
        for x in range(0, WIDTH + 10, 10):
            rise = sum(
                part * math.sin(x / WIDTH * 2 * math.pi * often + start)
                for often, start, part in waves
            )
            line.append((x, base - height * (0.5 + rise / 3)))
        self.shape([*line, (WIDTH, HEIGHT), (0, HEIGHT)], *codes)
        return line


def _gradient(codes: Sequence[str], width: int, height: int) -> Image.Image:
    colors = [rgb(code) for code in codes] * (2 if len(codes) == 1 else 1)
    column = Image.new("RGB", (1, max(height, 1)))
    parts = len(colors) - 1
    for y in range(height):
        at = y / max(height - 1, 1) * parts
        index = min(int(at), parts - 1)
        pairs = zip(colors[index], colors[index + 1], strict=True)
        red, green, blue = (round(a + (b - a) * (at - index)) for a, b in pairs)
        column.putpixel((0, y), (red, green, blue))
    return column.resize((width, height))
