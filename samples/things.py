"""What stands in the pictures: clouds, trees, houses, boats, people, lamps, flags."""

import math

from samples.canvas import WIDTH, Canvas, mix


def clouds(canvas: Canvas, top: float, bottom: float, count: int, code: str = "ffffff") -> None:
    """Scatter flat-bottomed clouds over a band of the sky."""
    for _ in range(count):
        x, y = canvas.chance.uniform(0, WIDTH), canvas.chance.uniform(top, bottom)
        size = canvas.chance.uniform(40, 85)
        alpha = canvas.chance.uniform(0.35, 0.75)
        canvas.oval(x, y, size * 2.4, size * 0.32, code, alpha=alpha)
        canvas.oval(x - size * 0.7, y - size * 0.22, size * 1.0, size * 0.34, code, alpha=alpha)
        canvas.oval(x + size * 0.5, y - size * 0.32, size * 1.1, size * 0.46, code, alpha=alpha)


def tree(canvas: Canvas, x: float, y: float, height: float, code: str = "3f8f4f") -> None:
    """Draw a round tree whose foot is at ``x``, ``y``."""
    canvas.box(x - height * 0.035, y - height * 0.45, height * 0.07, height * 0.45, "6b4a33")
    dark, light = mix(code, "123a2a", 0.35), mix(code, "f4f0a0", 0.3)
    for dx, dy, r, tone in (
        (-0.16, 0.5, 0.22, dark),
        (0.17, 0.52, 0.21, dark),
        (0, 0.68, 0.27, code),
        (-0.09, 0.76, 0.15, light),
    ):
        canvas.oval(x + dx * height, y - dy * height, r * height, r * height * 0.95, tone)


def palm(canvas: Canvas, x: float, y: float, height: float, lean: float = 0.1) -> None:
    """Draw a coconut palm; ``lean`` is its tilt to the right as a share of its height."""
    steps = [step / 12 for step in range(13)]
    trunk = [(x + lean * height * s * s, y - height * s) for s in steps]
    canvas.line(trunk, "7a5a3c", max(3, height * 0.035))
    top_x, top_y = trunk[-1]
    for index, angle in enumerate((-170, -145, -115, -65, -35, -10, 20, 160)):
        turn = math.radians(angle)
        reach = height * 0.34
        end = (top_x + reach * math.cos(turn), top_y + reach * math.sin(turn) * 0.75 + reach * 0.3)
        bend = (top_x + reach * 0.55 * math.cos(turn), top_y + reach * 0.75 * math.sin(turn))
        low = (bend[0], bend[1] + reach * 0.2)
        canvas.shape([(top_x, top_y), bend, end, low], "2f7d4a" if index % 2 else "3f9a58")


def bamboo(canvas: Canvas, x: float, y: float, height: float, code: str = "4f9a4b") -> None:
    """Draw a clump of bamboo with arching culms."""
    for index in range(9):
        lean = (index - 4) * 0.075
        tall = height * canvas.chance.uniform(0.75, 1.05)
        steps = [step / 10 for step in range(11)]
        culm = [(x + (index - 4) * 4 + lean * tall * s**2, y - tall * s) for s in steps]
        tone = mix(code, "1d5a36", canvas.chance.uniform(0, 0.6))
        canvas.line(culm, tone, max(2, height * 0.014))
        for cx, cy in culm[4:]:
            size = height * 0.07
            canvas.oval(cx + canvas.chance.uniform(-size, size), cy, size, size * 0.3, tone)


def house(
    canvas: Canvas, x: float, y: float, width: float, wall: str = "f6e7c8", *, roof: str = "b5503c"
) -> None:
    """Draw a small tiled house; ``x``, ``y`` is the lower left corner."""
    tall = width * 0.42
    canvas.box(x, y - tall, width, tall, wall, mix(wall, "a08060", 0.25))
    eaves = y - tall
    canvas.shape(
        [
            (x - width * 0.1, eaves + 4),
            (x + width * 0.12, eaves - width * 0.3),
            (x + width * 0.88, eaves - width * 0.3),
            (x + width * 1.1, eaves + 4),
        ],
        mix(roof, "ffd0a0", 0.2),
        roof,
    )
    door = width * 0.16
    canvas.box(x + width * 0.42, y - tall * 0.72, door, tall * 0.72, "6d4a35")
    for share in (0.12, 0.72):
        canvas.box(x + width * share, y - tall * 0.68, door, tall * 0.34, "7fb4c9")


def flag(canvas: Canvas, x: float, y: float, height: float, code: str = "d8342c") -> None:
    """Draw a plain flag waving on a pole; its foot is at ``x``, ``y``."""
    canvas.box(x - 3, y - height, 6, height, "cfd5d8")
    w, h, top = height * 0.34, height * 0.2, y - height
    steps = [step / 12 for step in range(13)]
    upper = [(x + w * s, top + 5 * math.sin(s * 6)) for s in steps]
    lower = [(x + w * s, top + h + 5 * math.sin(s * 6)) for s in reversed(steps)]
    canvas.shape([*upper, *lower], code)


def boat(canvas: Canvas, x: float, y: float, width: float, hull: str = "2f6f9f") -> None:
    """Draw a wooden fishing boat around ``x`` whose water line is at ``y``."""
    w = width / 2
    canvas.oval(x, y + w * 0.14, w * 0.95, w * 0.1, "1b3a4a", alpha=0.3)
    canvas.box(x - w * 0.5, y - w * 0.62, w * 0.55, w * 0.4, "f4ead2")
    canvas.box(x - w * 0.56, y - w * 0.68, w * 0.67, w * 0.09, mix(hull, "ffffff", 0.35))
    canvas.box(x - w * 0.4, y - w * 0.54, w * 0.13, w * 0.15, "6fa6bd")
    canvas.box(x - w * 0.2, y - w * 0.54, w * 0.13, w * 0.15, "6fa6bd")
    canvas.line([(x + w * 0.3, y - w * 0.25), (x + w * 0.3, y - w * 1.15)], "5a4636", 3)
    canvas.line([(x + w * 0.3, y - w * 1.12), (x + w * 0.98, y - w * 0.36)], "5a4636", 1.5)
    canvas.shape(
        [
            (x - w, y - w * 0.3),
            (x + w * 0.75, y - w * 0.26),
            (x + w * 1.08, y - w * 0.42),
            (x + w * 0.78, y + w * 0.12),
            (x - w * 0.82, y + w * 0.12),
        ],
        mix(hull, "ffffff", 0.15),
        mix(hull, "0a1a2a", 0.35),
    )
    canvas.line([(x - w * 0.98, y - w * 0.24), (x + w * 0.8, y - w * 0.2)], "e8c65a", 3)


def person(canvas: Canvas, x: float, y: float, height: float, shirt: str = "d9822b") -> None:
    """Draw a figure in a conical hat, seen from afar."""
    canvas.shape(
        [
            (x - height * 0.13, y - height * 0.7),
            (x + height * 0.13, y - height * 0.7),
            (x + height * 0.17, y - height * 0.25),
            (x - height * 0.17, y - height * 0.25),
        ],
        shirt,
    )
    canvas.box(x - height * 0.12, y - height * 0.28, height * 0.1, height * 0.28, "38404a")
    canvas.box(x + height * 0.02, y - height * 0.28, height * 0.1, height * 0.28, "38404a")
    canvas.oval(x, y - height * 0.78, height * 0.09, height * 0.1, "d9a679")
    hat = [
        (x - height * 0.24, y - height * 0.78),
        (x, y - height),
        (x + height * 0.24, y - height * 0.78),
    ]
    canvas.shape(hat, "f3dfa2", "dcbf74")


def ripples(
    canvas: Canvas,
    top: float,
    bottom: float,
    count: int,
    code: str = "ffffff",
    *,
    alpha: float = 0.28,
) -> None:
    """Lay short bright strokes on water, longer towards the front."""
    for _ in range(count):
        y = canvas.chance.uniform(top, bottom)
        near = (y - top) / max(bottom - top, 1)
        half = canvas.chance.uniform(12, 40) * (0.4 + 1.3 * near)
        canvas.oval(canvas.chance.uniform(0, WIDTH), y, half, 1 + 1.8 * near, code, alpha=alpha)


def lantern(canvas: Canvas, x: float, y: float, size: float, code: str = "e5502f") -> None:
    """Draw a hanging paper lantern with its glow."""
    canvas.glow(x, y, size * 3, "ffd27a", 0.55)
    canvas.oval(x, y, size * 0.8, size, mix(code, "ffd27a", 0.4), code)
    canvas.box(x - size * 0.35, y - size * 1.12, size * 0.7, size * 0.2, "8a5a20")
    canvas.box(x - size * 0.35, y + size * 0.92, size * 0.7, size * 0.2, "8a5a20")
    canvas.line([(x, y + size), (x, y + size * 1.9)], "e8b23a", 2)


def day(canvas: Canvas, *codes: str) -> None:
    """Paint a clear sky with clouds and two ranges of hills."""
    canvas.shade(0, 640, *codes)
    clouds(canvas, 70, 300, 7)
    canvas.ridge(600, 200, "9cc4bf", "cfe3c4")
    canvas.ridge(630, 100, "74ab86", "a4cc8d")
