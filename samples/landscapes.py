"""Scenes of land and water: hills, fields, the river and its mouth, salt pans, rain."""

import math
from collections.abc import Sequence
from itertools import pairwise

from samples import things
from samples.canvas import HEIGHT, WIDTH, Canvas, Point, mix


def tea_hills(canvas: Canvas) -> None:
    canvas.shade(0, 620, "9fd3e6", "e9f3dc", "fbeec6")
    canvas.glow(1180, 250, 420, "fff4c4", 0.9)
    canvas.oval(1180, 250, 58, 58, "fff6d2")
    things.clouds(canvas, 90, 260, 5)
    for base, tall, code in ((520, 210, "a9cdc0"), (580, 190, "86bba2"), (640, 150, "6aa987")):
        canvas.ridge(base, tall, code, mix(code, "f4f3d4", 0.5))
    for layer, (base, code) in enumerate(((740, "5f9f4f"), (860, "4a8a42"), (1010, "3a7638"))):
        line = canvas.ridge(base, 170, code, mix(code, "1f4a28", 0.5), rough=0.5)
        for row in range(1, 14):
            drop = row * (16 + layer * 7)
            points = [(x, y + drop * (1 + 0.15 * math.sin(x / 260 + row))) for x, y in line]
            canvas.line(points, mix(code, "cfe58a" if row % 2 else "1d4526", 0.32), 5 + layer * 3)
    for x, y, shirt in ((520, 800, "b64c7d"), (610, 818, "3d6fb0"), (1010, 792, "d9822b")):
        things.person(canvas, x, y, 74, shirt)
    things.tree(canvas, 1380, 760, 190, "4f8f3f")


def rice_fields(canvas: Canvas) -> None:
    canvas.shade(0, 560, "6fbbe3", "bfe3ef", "fdf1d0")
    things.clouds(canvas, 70, 300, 8)
    canvas.ridge(480, 190, "8fb9c9", "c4dccf")
    canvas.ridge(520, 120, "6fa795", "a9cfa5")
    canvas.shade(520, HEIGHT, "b9d66b", "7fbf4f", "4c9a3f")
    for step in range(9):
        x = step * 210 - 40 + canvas.chance.uniform(-30, 30)
        things.bamboo(canvas, x, 545, canvas.chance.uniform(70, 120), "5f9f56")
    greens = ("9ccc52", "7dbb4a", "b7d968", "68ac48", "8fc65a")
    rows = [540, 585, 650, 745, 870, 1010]
    for index, (top, bottom) in enumerate(pairwise(rows)):
        edges = [-400 + 2400 * part / 6 for part in range(7)]
        for part, (left, right) in enumerate(pairwise(edges)):
            code = greens[(part * 2 + index * 3) % 5]
            a, b = (WIDTH / 2 + (x - WIDTH / 2) * (0.6 + index * 0.22) for x in (left, right))
            c, d = (WIDTH / 2 + (x - WIDTH / 2) * (0.82 + index * 0.22) for x in (right, left))
            gap = 2 + index * 2
            corners = [
                (a + gap, top + gap),
                (b - gap, top + gap),
                (c - gap, bottom),
                (d + gap, bottom),
            ]
            canvas.shape(corners, code, mix(code, "2f7a35", 0.35))
            _seedlings(canvas, corners, mix(code, "24622f", 0.55), index)
    for x, y, tall, shirt in (
        (640, 742, 84, "3d6fb0"),
        (730, 756, 88, "b64c4c"),
        (1120, 690, 64, "7b5aa0"),
    ):
        things.person(canvas, x, y, tall, shirt)
    things.palm(canvas, 1400, 600, 250, 0.12)
    things.palm(canvas, 1480, 610, 200, -0.1)


def _seedlings(canvas: Canvas, corners: Sequence[Point], code: str, size: int) -> None:
    (ax, top), (bx, _), (cx, bottom), (dx, _) = corners
    for row in range(1, 5):
        share = row / 5
        left, right = ax + (dx - ax) * share, bx + (cx - bx) * share
        y = top + (bottom - top) * share
        for column in range(1, 16):
            x = left + (right - left) * column / 16
            canvas.line([(x, y), (x + 2, y - 5 - size * 3)], code, 1.2 + size * 0.5)


def bridge(canvas: Canvas) -> None:
    canvas.shade(0, 560, "5fb3df", "a9daea", "fdebc8")
    canvas.glow(330, 210, 380, "fff3c8", 0.8)
    things.clouds(canvas, 60, 260, 7)
    canvas.ridge(520, 230, "86b3c4", "b9d5cc")
    canvas.ridge(555, 130, "5f9f8a", "8fc39a")
    canvas.shade(560, HEIGHT, "9fd6e0", "4fa6c4", "2a7ba3")
    canvas.shape([(0, 545), (420, 560), (250, 600), (0, 640)], "79b861", "4f9448")
    canvas.shape([(WIDTH, 540), (1130, 560), (1340, 606), (WIDTH, 660)], "79b861", "4f9448")
    for foot in (40, 110, 190, 270, 1330, 1420, 1500, 1570):
        things.tree(canvas, foot, 575, canvas.chance.uniform(80, 130), "4f9a4b")
    deck = [(x, 500 - 62 * math.sin(math.pi * x / WIDTH)) for x in range(0, WIDTH + 20, 20)]
    for pier in range(1, 8):
        x = pier * WIDTH / 8
        top = 500 - 62 * math.sin(math.pi * x / WIDTH)
        canvas.box(x - 17, top, 34, 650 - top, "e6e0d2", "b9b3a6")
        canvas.oval(x, 652, 40, 9, "2b6f8c", alpha=0.5)
        canvas.box(x - 14, 656, 28, 110, "d8e6e4", alpha=0.22)
    under = [(x, y + 30) for x, y in reversed(deck)]
    canvas.shape([*deck, *under], "f5efe0", "cfc7b5")
    canvas.line([(x, y - 20) for x, y in deck], "d8694a", 4)
    for x, y in deck[::2]:
        canvas.line([(x, y - 20), (x, y)], "d8694a", 2.5)
    for x, shirt in ((520, "b64c7d"), (575, "3d6fb0"), (900, "d9822b"), (960, "5a8f4f")):
        things.person(canvas, x, 502 - 62 * math.sin(math.pi * x / WIDTH), 46, shirt)
    things.ripples(canvas, 600, 990, 150)
    things.boat(canvas, 460, 790, 200, "a8553a")
    things.boat(canvas, 1120, 880, 270, "2f7f8f")


def sunrise(canvas: Canvas) -> None:
    canvas.shade(0, 600, "2d4a7c", "9b6a93", "f0996b", "ffd98a")
    canvas.glow(800, 590, 620, "ffe9a8", 0.95)
    things.clouds(canvas, 120, 380, 9, "f7b58c")
    canvas.oval(800, 575, 92, 92, "fff3c4", "ffd36b")
    canvas.ridge(640, 110, "7a5a80", "a86f7a")
    canvas.shade(600, HEIGHT, "ffcf86", "d98472", "5a4a7a", "2b3560")
    for step in range(26):
        y = 610 + step * 15
        half = 46 + step * 5 + canvas.chance.uniform(-24, 24)
        canvas.oval(
            800 + canvas.chance.uniform(-14, 14), y, half, 2.6 + step * 0.15, "fff0bd", alpha=0.6
        )
    things.ripples(canvas, 640, 990, 130, "ffe2b0", alpha=0.22)
    canvas.shape([(0, 585), (330, 604), (210, 640), (0, 680)], "43365c", "2a2547")
    canvas.shape([(WIDTH, 580), (1300, 602), (1430, 642), (WIDTH, 690)], "43365c", "2a2547")
    for x, tall, lean in ((60, 250, 0.15), (150, 190, 0.25), (1520, 240, -0.2), (1430, 170, -0.12)):
        things.palm(canvas, x, 622, tall, lean)
    things.boat(canvas, 520, 720, 170, "4a3a5c")
    things.boat(canvas, 1130, 800, 230, "5a3446")


def fishing_boats(canvas: Canvas) -> None:
    canvas.shade(0, 520, "4aa0cf", "9fd5e6", "ffe7bd")
    canvas.glow(1260, 420, 520, "ffeab0", 0.9)
    canvas.oval(1260, 420, 62, 62, "fff2c8")
    things.clouds(canvas, 60, 280, 8)
    canvas.ridge(530, 130, "7fa9bd", "a9c7c9")
    canvas.ridge(540, 60, "5b8f93", "86b3a6")
    canvas.shade(520, HEIGHT, "a5dde0", "3fa0bd", "1c6a94", "134f78")
    things.ripples(canvas, 540, 985, 240)
    for x, y, w, hull in (
        (300, 590, 120, "8f4f3a"),
        (760, 612, 140, "2f7f6f"),
        (1130, 600, 110, "a8553a"),
        (480, 720, 300, "2f6f9f"),
        (1200, 770, 360, "b5503c"),
        (760, 890, 420, "2a7f73"),
    ):
        things.boat(canvas, x, y, w, hull)
        things.flag(canvas, x - w * 0.3, y - w * 0.32, w * 0.36)
    for x, y in ((250, 240), (330, 200), (420, 260), (960, 180), (1040, 230)):
        canvas.line([(x - 22, y - 8), (x, y), (x + 22, y - 10)], "f8fbfc", 4)


def storm_river(canvas: Canvas) -> None:
    canvas.shade(0, 600, "3a4658", "5d6b7c", "9aa6ac")
    things.clouds(canvas, 20, 240, 18, "2f3947")
    things.clouds(canvas, 100, 320, 10, "8b97a3")
    canvas.ridge(560, 180, "60737d", "7f9196")
    canvas.ridge(590, 90, "4b6464", "6a8280")
    canvas.shade(590, HEIGHT, "9c9079", "84745b", "5f5344")
    things.ripples(canvas, 610, 985, 220, "cfc3a8", alpha=0.3)
    for x in (180, 420, 1180):
        for leg in (0.1, 0.5, 0.86):
            canvas.box(x + 170 * leg, 600, 9, 110, "4a3a2c")
        things.house(canvas, x, 640, 170, "c9b792", roof="7d4a3c")
    for x, tall in ((90, 250), (660, 210), (760, 290), (1080, 240), (1480, 300)):
        things.palm(canvas, x, 660, tall, 0.42)
    things.boat(canvas, 880, 800, 250, "3d5f6b")
    things.person(canvas, 830, 768, 84, "e07b2f")
    for _ in range(420):
        left, top = canvas.chance.uniform(-60, WIDTH), canvas.chance.uniform(-40, HEIGHT)
        length = canvas.chance.uniform(24, 60)
        right, bottom = left + length * 0.4, top + length
        drop = [(left, top), (left + 2, top), (right + 2, bottom), (right, bottom)]
        canvas.shape(drop, "dfe8ee", alpha=0.3)


def salt_pans(canvas: Canvas) -> None:
    canvas.shade(0, 480, "4a86bf", "f2b48a", "ffe0a4")
    canvas.glow(420, 450, 520, "fff0bf", 0.95)
    canvas.oval(420, 440, 66, 66, "fff6d6")
    things.clouds(canvas, 60, 300, 9, "fde3cf")
    canvas.ridge(490, 120, "7a83a6", "b59aa6")
    canvas.shade(480, HEIGHT, "8f7f6d", "7a6a5a")
    rows = [486, 528, 590, 680, 810, 1000]
    for index, (top, bottom) in enumerate(pairwise(rows)):
        for part in range(-3, 4):
            near, far = 0.5 + index * 0.27, 0.32 + index * 0.27
            a, b = (800 + (part * 330 + dx) * far for dx in (-150, 150))
            c, d = (800 + (part * 330 + dx) * near for dx in (150, -150))
            sky = mix("ffd9a8", "5f9cc9", index / 5)
            canvas.shape(
                [(a, top + 5), (b, top + 5), (c, bottom - 6), (d, bottom - 6)],
                sky,
                mix(sky, "fff6e6", 0.45),
            )
            size = 10 + index * 13
            for heap in (-0.22, 0.2):
                x = (a + b) / 2 + (b - a) * heap
                y = bottom - (bottom - top) * 0.25
                canvas.oval(x + size * 0.4, y, size * 1.5, size * 0.22, "6f7f95", alpha=0.35)
                canvas.shape([(x - size, y), (x, y - size * 1.25), (x + size, y)], "ffffff")
                canvas.shape([(x, y - size * 1.25), (x + size, y), (x + size * 0.2, y)], "d3dbe6")
    for x, y, tall, shirt in (
        (640, 660, 90, "3d6fb0"),
        (1090, 770, 120, "b64c7d"),
        (300, 585, 62, "5a8f4f"),
    ):
        things.person(canvas, x, y, tall, shirt)
        canvas.line([(x + tall * 0.14, y - tall * 0.5), (x + tall * 0.7, y)], "7a5a3c", 3)


def riverside_trees(canvas: Canvas) -> None:
    canvas.shade(0, 520, "8ecdea", "d7eedd", "fff3cf")
    canvas.glow(1050, 180, 480, "fff8d2", 0.85)
    things.clouds(canvas, 60, 220, 5)
    canvas.ridge(500, 200, "8fbf9f", "b9d9a9")
    canvas.shade(520, HEIGHT, "8cc066", "5f9f4b", "3f7f3c")
    canvas.shape(
        [(1600, 560), (1150, 580), (1010, 690), (1180, 850), (1130, 1000), (1600, 1000)],
        "9fdbe4",
        "3b93b4",
    )
    for y, low, high, count in ((560, 130, 210, 22), (620, 190, 290, 13)):
        for step in range(count):
            x = step * 1150 / count + canvas.chance.uniform(-20, 20)
            things.tree(
                canvas,
                x,
                y,
                canvas.chance.uniform(low, high),
                mix("3f8f4f", "a8b84a", canvas.chance.random()),
            )
    path = [(step / 24, 640 + 360 * (step / 24) ** 1.4) for step in range(25)]
    bend = [(615 - 95 * math.sin(s * 4.2) * (1 - s * 0.4), 12 + 150 * s * s, y) for s, y in path]
    left = [(x - half, y) for x, half, y in bend]
    right = [(x + half, y) for x, half, y in reversed(bend)]
    canvas.shape([*left, *right], "e6cf9d", "d1b27a")
    _saplings(canvas)
    for x, y, shirt in ((760, 800, "3d6fb0"), (900, 880, "d9822b"), (390, 820, "b64c7d")):
        things.person(canvas, x, y, 110, shirt)
    for x, y in ((1240, 700), (1400, 760), (1300, 860), (1480, 920), (1380, 650), (1510, 830)):
        canvas.oval(x, y, 60, 3, "ffffff", alpha=0.4)


def _saplings(canvas: Canvas) -> None:
    for x, y in (
        (860, 690),
        (930, 750),
        (820, 800),
        (960, 860),
        (860, 930),
        (1020, 960),
        (250, 800),
        (330, 900),
        (150, 920),
    ):
        canvas.line([(x + 14, y + 6), (x + 14, y - 74)], "8a6a45", 4)
        things.tree(canvas, x, y + 6, 96, "6fb23f")
