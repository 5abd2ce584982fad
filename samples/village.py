"""Scenes of village life: the market, the road at dusk, the orchard, the football field."""

import math

from samples import things
from samples.canvas import HEIGHT, WIDTH, Canvas

_FRUITS = ("e2502f", "f0a52f", "7fb23f", "f4d04a", "a84f8a", "4f9a4b")


def market(canvas: Canvas) -> None:
    things.day(canvas, "86cbe8", "d3ebe6", "fff0c9")
    canvas.shade(620, HEIGHT, "e3c796", "cfa970", "b98f58")
    for foot, tall in ((180, 520), (1430, 560), (820, 420)):
        things.tree(canvas, foot, 700, tall, "3f8a48")
    awnings = ("d9534a", "e8a13a", "3f9a8a", "4a7fbf", "b5629a")
    for row, (y, scale) in enumerate(((690, 0.8), (870, 1.15))):
        for stall in range(6 - row):
            x = -40 + stall * 300 * scale + row * 60
            code = awnings[(stall * 2 + row) % 5]
            _stall(canvas, x, y, scale, code)
    for x, y, shirt in (
        (190, 830, "5a8f4f"), (470, 800, "b64c7d"), (760, 815, "3d6fb0"), (1040, 800, "7b5aa0"),
        (1330, 825, "d9822b"), (330, 985, "d8694a"), (980, 980, "3f8a9a"), (1440, 985, "b64c4c"),
    ):  # fmt: skip
        things.person(canvas, x, y, 130 if y < 900 else 170, shirt)


def _stall(canvas: Canvas, x: float, y: float, scale: float, code: str) -> None:
    w, h = 220 * scale, 190 * scale
    for post in (0.04, 0.94):
        canvas.box(x + w * post, y - h, 7, h, "7a5a3c")
    strips = 8
    for strip in range(strips):
        a, b = (x - 14 + (w + 28) * (strip + s) / strips for s in (0, 1))
        tone = code if strip % 2 else "fff6e6"
        canvas.shape(
            [
                (a + 10, y - h - 44 * scale),
                (b + 10 - 20 * strip / strips, y - h - 44 * scale),
                (b, y - h),
                (a, y - h),
            ],
            tone,
        )
        canvas.oval((a + b) / 2, y - h, (b - a) / 2, 12 * scale, tone)
    canvas.box(x, y - 66 * scale, w, 66 * scale, "a8774a", "8a5c36")
    for basket in range(4):
        bx = x + w * (0.14 + basket * 0.24)
        fruit = _FRUITS[(basket + int(x)) % len(_FRUITS)]
        for dx, dy in ((-14, 0), (0, 0), (14, 0), (-7, -11), (7, -11), (0, -21)):
            canvas.oval(bx + dx * scale, y - 76 * scale + dy * scale, 9 * scale, 9 * scale, fruit)
        canvas.shape(
            [
                (bx - 27 * scale, y - 74 * scale),
                (bx + 27 * scale, y - 74 * scale),
                (bx + 20 * scale, y - 50 * scale),
                (bx - 20 * scale, y - 50 * scale),
            ],
            "d9b36c",
        )


def evening_road(canvas: Canvas) -> None:
    canvas.shade(0, 620, "1f2f5f", "5a4f86", "c9798a", "f7b588")
    _stars_and_moon(canvas)
    canvas.ridge(590, 190, "4f4a7a", "7f6288")
    canvas.ridge(620, 90, "3a4066", "4f5a70")
    canvas.shade(610, HEIGHT, "4a6a5a", "36584c", "22403a")
    canvas.shape([(770, 610), (830, 610), (1330, 1000), (270, 1000)], "8f8a90", "6a6874")
    for step in range(7):
        near = (step / 7) ** 2
        canvas.shape(
            [
                (797 - near * 8, 625 + near * 380),
                (803 + near * 8, 625 + near * 380),
                (806 + near * 12, 645 + near * 430),
                (794 - near * 12, 645 + near * 430),
            ],
            "f0e2c0",
        )
    for x, y, w in (
        (90, 690, 210),
        (350, 650, 150),
        (1130, 655, 160),
        (1360, 700, 220),
        (560, 632, 90),
        (960, 634, 90),
    ):
        things.house(canvas, x, y, w, "c9a98a", roof="6f4048")
        canvas.box(x + w * 0.12, y - w * 0.286, w * 0.16, w * 0.143, "ffd983")
        canvas.box(x + w * 0.72, y - w * 0.286, w * 0.16, w * 0.143, "ffd983")
    for x, y, tall in ((40, 720, 260), (310, 680, 170), (1110, 680, 170), (1590, 740, 280)):
        things.tree(canvas, x, y, tall, "2f5f4f")
    _lamps(canvas)
    things.person(canvas, 730, 800, 96, "d9822b")
    things.person(canvas, 790, 806, 84, "7ba7d9")


def _stars_and_moon(canvas: Canvas) -> None:
    for _ in range(70):
        canvas.oval(
            canvas.chance.uniform(0, WIDTH), canvas.chance.uniform(0, 260), 1.7, 1.7, "fff4d8"
        )
    turns = [math.radians(angle) for angle in range(-110, 71, 5)]
    outer = [(1290 + 44 * math.cos(t), 160 + 44 * math.sin(t)) for t in turns]
    inner = [(1276 + 36 * math.cos(t), 160 + 42 * math.sin(t)) for t in reversed(turns)]
    canvas.shape([*outer, *inner], "fff3cf")


def _lamps(canvas: Canvas) -> None:
    for step in range(6):
        near = (step / 5) ** 1.8
        for side in (-1, 1):
            x, y, tall = 800 + side * (52 + near * 560), 625 + near * 330, 70 + near * 380
            canvas.line(
                [(x, y), (x, y - tall), (x - side * tall * 0.16, y - tall)], "2b2f44", 3 + near * 7
            )
            lamp = (x - side * tall * 0.16, y - tall + 4)
            canvas.glow(*lamp, tall * 0.7, "ffdf94", 0.75)
            canvas.oval(*lamp, 5 + near * 15, 3 + near * 7, "fff6d0")
            canvas.oval(lamp[0], y, tall * 0.4, tall * 0.07, "ffdf94", alpha=0.22)


def orchard(canvas: Canvas) -> None:
    things.day(canvas, "7cc7ea", "cdeaea", "fff2cc")
    canvas.glow(1300, 170, 420, "fff6c8", 0.8)
    canvas.shade(630, HEIGHT, "a4c962", "7fb04a", "5a8f3a")
    for y, tall, count, shift in ((660, 180, 11, 0), (740, 280, 7, 70), (900, 430, 5, -60)):
        for step in range(count):
            x = shift + (step + 0.5) * WIDTH / count
            canvas.oval(x, y + 4, tall * 0.42, tall * 0.06, "2f5f2f", alpha=0.35)
            things.tree(canvas, x, y, tall, "4a9440")
            for _ in range(13):
                turn, far = canvas.chance.uniform(0, 7), canvas.chance.uniform(0.05, 0.3) * tall
                fx, fy = x + far * math.cos(turn), y - tall * 0.6 + far * math.sin(turn) * 0.85
                canvas.oval(fx, fy, tall * 0.035, tall * 0.04, "f7e27a", "d3b83a")
    for x, y in ((420, 930), (1130, 945), (760, 900)):
        for dx, dy in ((-34, -52), (0, -54), (34, -52), (-17, -76), (17, -76), (0, -98)):
            canvas.oval(x + dx, y + dy, 20, 21, "f9e68a", "d8bc3f")
        canvas.shape(
            [(x - 66, y - 50), (x + 66, y - 50), (x + 50, y + 14), (x - 50, y + 14)],
            "cf9f5a",
            "a8773a",
        )
        canvas.line([(x - 62, y - 30), (x + 62, y - 30)], "8f6430", 4)
    for x, y, shirt in ((560, 900, "3d6fb0"), (900, 930, "b64c7d"), (1290, 880, "d8694a")):
        things.person(canvas, x, y, 160, shirt)


def football_field(canvas: Canvas) -> None:
    things.day(canvas, "5fb8e8", "bfe5f0", "fbf3d4")
    for step in range(15):
        things.bamboo(canvas, step * 115, 650, canvas.chance.uniform(110, 170), "5a9f50")
    _pitch(canvas)
    for side in (-1, 1):
        x = 800 + side * 690
        posts = [(x, 800), (x, 660), (x + side * 70, 700), (x + side * 70, 850)]
        canvas.shape(posts, "ffffff", alpha=0.3)
        canvas.line([*posts, posts[0]], "ffffff", 7)
    for index in range(26):
        x = 210 + index * 47
        code = canvas.chance.choice(("d8694a", "e8c65a", "3d6fb0", "b64c7d", "ffffff", "5a8f9f"))
        canvas.box(x - 10, 634, 20, 32, code)
        canvas.oval(x, 625, 9, 10, "dfae84")
    for x, y, shirt in (
        (520, 780, "e2492f"),
        (660, 880, "e2492f"),
        (420, 900, "e2492f"),
        (1010, 790, "2f6fc0"),
        (930, 900, "2f6fc0"),
        (1200, 860, "2f6fc0"),
        (740, 760, "2f6fc0"),
    ):
        _player(canvas, x, y, shirt)
    canvas.oval(826, 846, 34, 6, "2f6f38", alpha=0.4)
    canvas.oval(826, 826, 19, 19, "ffffff", "d5dbe0")
    canvas.shape([(826, 816), (835, 823), (831, 833), (821, 833), (817, 823)], "2b2f38")


def _pitch(canvas: Canvas) -> None:
    canvas.shade(640, HEIGHT, "7cc25a", "4f9f46")
    for stripe in range(0, 12, 2):
        a, b, c, d = (
            200 + stripe * 100,
            300 + stripe * 100,
            -500 + (stripe + 1) * 217,
            -500 + stripe * 217,
        )
        canvas.shape([(a, 660), (b, 660), (c, 1000), (d, 1000)], "8ed068", "5fb04f", alpha=0.6)
    canvas.line([(180, 668), (1420, 668), (1800, 1010)], "ffffff", 4)
    canvas.line([(180, 668), (-200, 1010)], "ffffff", 4)
    canvas.line([(800, 668), (800, 1000)], "ffffff", 5)
    turns = [step * math.pi / 40 for step in range(81)]
    canvas.line([(800 + 210 * math.cos(t), 810 + 72 * math.sin(t)) for t in turns], "ffffff", 5)


def _player(canvas: Canvas, x: float, y: float, shirt: str) -> None:
    canvas.oval(x + 6, y + 2, 36, 7, "2f6f38", alpha=0.4)
    canvas.line([(x - 4, y - 46), (x - 22, y - 22), (x - 34, y)], "dfae84", 11)
    canvas.line([(x + 6, y - 46), (x + 22, y - 26), (x + 18, y)], "dfae84", 11)
    canvas.shape([(x - 18, y - 64), (x + 18, y - 64), (x + 20, y - 40), (x - 18, y - 40)], "ffffff")
    canvas.line([(x - 14, y - 100), (x - 36, y - 78)], shirt, 11)
    canvas.line([(x + 14, y - 100), (x + 38, y - 90)], shirt, 11)
    canvas.shape([(x - 18, y - 108), (x + 18, y - 108), (x + 16, y - 60), (x - 16, y - 60)], shirt)
    canvas.oval(x, y - 124, 15, 17, "dfae84")
    canvas.shape(
        [(x - 16, y - 124), (x - 12, y - 142), (x + 12, y - 142), (x + 16, y - 124), (x, y - 132)],
        "2b2320",
    )
