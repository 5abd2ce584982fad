"""Scenes of the commune's places: school, library, office, clinic, communal house."""

import math

from samples import things
from samples.canvas import HEIGHT, Canvas, mix


def _windows(
    canvas: Canvas, x: float, y: float, columns: int, step: float, *, size: tuple[float, float]
) -> None:
    for column in range(columns):
        left = x + column * step
        canvas.box(left - 5, y - 5, size[0] + 10, size[1] + 10, "ffffff")
        canvas.box(left, y, *size, "5f9fb8", "a9d3dc")
        canvas.line([(left + size[0] / 2, y), (left + size[0] / 2, y + size[1])], "ffffff", 3)


def school(canvas: Canvas) -> None:
    things.day(canvas, "6fc0e8", "c4e7f0", "fdf3d8")
    canvas.shade(640, HEIGHT, "e9d3a4", "d8b981", "c9a56c")
    canvas.box(250, 380, 1100, 300, "ffe9b8", "f3cf8c")
    canvas.box(250, 522, 1100, 16, "d98a4f")
    canvas.shape([(215, 384), (285, 300), (1315, 300), (1385, 384)], "cf6244", "a8442f")
    _windows(canvas, 300, 420, 9, 117, size=(62, 70))
    _windows(canvas, 300, 565, 4, 117, size=(62, 70))
    _windows(canvas, 885, 565, 4, 117, size=(62, 70))
    canvas.box(735, 330, 130, 350, "f6d79a")
    canvas.shape([(715, 334), (800, 250), (885, 334)], "b5503c")
    canvas.oval(800, 400, 34, 34, "ffffff")
    canvas.line([(800, 400), (800, 378)], "5a4636", 4)
    canvas.line([(800, 400), (816, 408)], "5a4636", 4)
    canvas.box(765, 560, 70, 120, "7a4a33")
    things.flag(canvas, 560, 860, 420)
    for x, tall in ((120, 330), (1480, 350), (1590, 280), (20, 270)):
        things.tree(canvas, x, 760, tall, "4f9a4b")
        for _ in range(16):
            dx, dy = canvas.chance.uniform(-0.3, 0.3), canvas.chance.uniform(0.5, 0.9)
            canvas.oval(x + dx * tall, 760 - dy * tall, 7, 7, "e2492f")
    shirts = ("ffffff", "f2f6ff", "ffe4e1", "e8f4ff")
    for index in range(16):
        left = 300 + index * 68 + canvas.chance.uniform(-18, 18)
        y = 800 + canvas.chance.uniform(-40, 90)
        if abs(left - 560) > 40:
            _pupil(canvas, left, y, shirts[index % 4])


def _pupil(canvas: Canvas, x: float, y: float, shirt: str) -> None:
    canvas.oval(x, y + 2, 22, 5, "8a6a45", alpha=0.35)
    canvas.box(x - 11, y - 30, 9, 30, "2f3f66")
    canvas.box(x + 2, y - 30, 9, 30, "2f3f66")
    canvas.shape([(x - 14, y - 66), (x + 14, y - 66), (x + 16, y - 28), (x - 16, y - 28)], shirt)
    canvas.shape([(x - 6, y - 66), (x + 6, y - 66), (x, y - 50)], "d8342c")
    canvas.oval(x, y - 78, 13, 14, "dfae84")
    canvas.shape([(x - 14, y - 79), (x - 10, y - 93), (x + 10, y - 93), (x + 14, y - 79)], "2b2320")


def library(canvas: Canvas) -> None:
    canvas.shade(0, HEIGHT, "5a4034", "7a5842", "6b4a38")
    _shelves(canvas)
    _night_window(canvas)
    canvas.shade(760, HEIGHT, "b98a5a", "8f6440")
    for x in (470, 800, 1130):
        canvas.line([(x, 0), (x, 505)], "3a2a20", 4)
        canvas.glow(x, 580, 330, "ffdf94", 0.6)
        canvas.shape(
            [(x - 22, 500), (x + 22, 500), (x + 62, 560), (x - 62, 560)], "e8a13a", "c97a2a"
        )
        canvas.oval(x, 562, 40, 10, "fff6d0")
    for x, shirt in ((420, "3f8f7f"), (700, "d8694a"), (950, "4a6fb0"), (1210, "b0609a")):
        _reader(canvas, x, 800, shirt)
    canvas.shape([(200, 800), (1400, 800), (1500, 850), (100, 850)], "c9935a", "b57f48")
    canvas.box(100, 850, 1400, 26, "8f5f34")
    for x in (160, 1400):
        canvas.box(x, 876, 40, 124, "7a4f2b")
    for x in (420, 700, 950, 1210):
        canvas.shape([(x - 60, 826), (x, 814), (x, 838), (x - 66, 846)], "fffdf2")
        canvas.shape([(x + 60, 826), (x, 814), (x, 838), (x + 66, 846)], "efe8d4")


def _shelves(canvas: Canvas) -> None:
    spines = (
        "b5503c",
        "d98a3f",
        "e8c65a",
        "5f8f5a",
        "3f7f8f",
        "4a5f9a",
        "8f5a8a",
        "d8cfb8",
        "a83f4a",
    )
    for left in (40, 1090):
        canvas.box(left, 60, 470, 700, "8f643f", "6f4a2e")
        for shelf in range(5):
            y = 195 + shelf * 136
            canvas.box(left + 14, y - 122, 442, 122, "4a3222")
            x = left + 20.0
            while x < left + 430:
                w, h = canvas.chance.uniform(15, 34), canvas.chance.uniform(74, 112)
                code = canvas.chance.choice(spines)
                canvas.box(x, y - h, w, h, mix(code, "ffffff", 0.12), mix(code, "201008", 0.2))
                canvas.box(x, y - h * 0.8, w, 5, mix(code, "fff0c0", 0.6))
                x += w + canvas.chance.choice((1, 1, 1, 2, 14))
            canvas.box(left, y, 470, 14, "a87a4c")


def _night_window(canvas: Canvas) -> None:
    canvas.box(560, 90, 480, 400, "d8b98a")
    canvas.box(580, 110, 440, 360, "1f2f5a", "4a4f86", "c98a7a")
    for _ in range(40):
        canvas.oval(
            canvas.chance.uniform(585, 1015), canvas.chance.uniform(115, 300), 1.8, 1.8, "fff6d8"
        )
    canvas.oval(930, 190, 36, 36, "fff1c9")
    canvas.shape(
        [(580, 470), (580, 420), (690, 380), (800, 425), (900, 390), (1020, 430), (1020, 470)],
        "2f3a5c",
    )
    canvas.box(793, 110, 14, 360, "d8b98a")
    canvas.box(580, 280, 440, 12, "d8b98a")


def _reader(canvas: Canvas, x: float, y: float, shirt: str) -> None:
    canvas.shape(
        [
            (x - 62, y + 10),
            (x - 50, y - 70),
            (x - 20, y - 92),
            (x + 20, y - 92),
            (x + 50, y - 70),
            (x + 62, y + 10),
        ],
        shirt,
        mix(shirt, "202030", 0.3),
    )
    canvas.box(x - 11, y - 106, 22, 24, "d09a70")
    canvas.oval(x, y - 130, 33, 38, "dfae84")
    canvas.shape(
        [
            (x - 36, y - 122),
            (x - 34, y - 156),
            (x - 14, y - 174),
            (x + 16, y - 174),
            (x + 35, y - 154),
            (x + 36, y - 122),
            (x + 24, y - 146),
            (x - 24, y - 146),
        ],
        "2b2320",
    )


def office(canvas: Canvas) -> None:
    things.day(canvas, "5fb0e0", "bfe2ef", "fdf2d6")
    canvas.shade(640, HEIGHT, "d9d4c6", "c4bca9", "a99f8a")
    canvas.box(220, 400, 1160, 300, "fff4d6", "f0d9a4")
    canvas.box(600, 330, 400, 370, "fff8e4", "f3dfb0")
    canvas.shape([(185, 404), (250, 330), (1350, 330), (1415, 404)], "c65a44", "9f4030")
    canvas.shape([(565, 336), (800, 230), (1035, 336)], "c65a44", "a8442f")
    canvas.oval(800, 300, 26, 26, "e8c65a")
    _windows(canvas, 262, 436, 4, 84, size=(52, 74))
    _windows(canvas, 1030, 436, 4, 84, size=(52, 74))
    _windows(canvas, 262, 574, 4, 84, size=(52, 74))
    _windows(canvas, 1030, 574, 4, 84, size=(52, 74))
    _windows(canvas, 640, 410, 4, 90, size=(54, 80))
    canvas.box(700, 560, 200, 140, "6d94a0", "b4d4d8")
    for x in (610, 690, 900, 972):
        canvas.box(x, 530, 18, 170, "ffffff", "e3d9c4")
    canvas.box(590, 516, 420, 18, "d98a4f")
    for step in range(3):
        canvas.box(
            580 - step * 22,
            700 + step * 14,
            440 + step * 44,
            14,
            mix("f4efe2", "a99f8a", step * 0.2),
        )
    things.flag(canvas, 800, 890, 360)
    _flower_bed(canvas)
    for x, tall in ((110, 360), (1490, 370), (330, 190), (1270, 190)):
        things.tree(canvas, x, 770, tall, "4a9450")
    for x, y, shirt in (
        (420, 880, "3d6fb0"),
        (500, 905, "d8694a"),
        (1130, 890, "5a8f4f"),
        (1230, 940, "7b5aa0"),
    ):
        things.person(canvas, x, y, 120, shirt)


def _flower_bed(canvas: Canvas) -> None:
    canvas.oval(800, 895, 190, 34, "7fb861", "4f9448")
    for _ in range(46):
        turn, far = canvas.chance.uniform(0, 7), canvas.chance.uniform(0.2, 0.9)
        left, y = 800 + 180 * far * math.cos(turn), 892 + 28 * far * math.sin(turn)
        canvas.oval(left, y, 7, 7, canvas.chance.choice(("e2492f", "f4d04a", "f08ab0")))


def clinic(canvas: Canvas) -> None:
    things.day(canvas, "8fd3ea", "d4efe9", "fbf4d8")
    canvas.shade(640, HEIGHT, "a9cf7f", "7fb861", "5a9a4b")
    canvas.shape([(640, 690), (960, 690), (1160, 1000), (440, 1000)], "f0dfb8", "dcc390")
    canvas.box(330, 430, 940, 270, "ffffff", "e6eeec")
    canvas.shape([(290, 436), (370, 340), (1230, 340), (1310, 436)], "4a9fa0", "2f7f86")
    canvas.box(640, 390, 320, 310, "f7fbfa", "dfeae8")
    canvas.shape([(615, 394), (800, 290), (985, 394)], "3f8f94", "2a7078")
    canvas.box(782, 424, 36, 100, "d8423a")
    canvas.box(750, 456, 100, 36, "d8423a")
    canvas.box(735, 560, 130, 140, "7fb4c0", "b9dbe0")
    canvas.line([(800, 560), (800, 700)], "ffffff", 5)
    _windows(canvas, 375, 500, 3, 88, size=(56, 84))
    _windows(canvas, 1000, 500, 3, 88, size=(56, 84))
    for x, tall in ((150, 380), (1450, 400), (1570, 300), (40, 280)):
        things.tree(canvas, x, 760, tall, "4f9f58")
    for row in range(4):
        for column in range(7):
            for left in (40, 1110):
                x = left + column * 66 + row * (-6 if left < 800 else 10)
                y = 780 + row * 58
                if not (left < 800 and x > 590 - row * 45) and not (
                    left > 800 and x < 1030 + row * 50
                ):
                    canvas.oval(x, y, 30, 17, "4f8f3f")
                    canvas.oval(x - 6, y - 8, 22, 13, ("8fc65a", "6fae5a")[column % 2])
                    canvas.oval(
                        x + 4, y - 14, 6, 6, ("f4d04a", "e88ab0", "ffffff")[(row + column) % 3]
                    )
    for x, y, shirt in ((720, 830, "ffffff"), (790, 845, "b64c7d"), (900, 900, "3d6fb0")):
        things.person(canvas, x, y, 130, shirt)


def communal_house(canvas: Canvas) -> None:
    canvas.shade(0, 660, "3f5a94", "c98a92", "ffd49a")
    canvas.glow(800, 520, 620, "ffe6ae", 0.7)
    things.clouds(canvas, 80, 280, 8, "f7c9b0")
    canvas.ridge(620, 180, "7a6f93", "b08f95")
    canvas.shade(640, HEIGHT, "d9a871", "b98352", "8f6038")
    for x, tall in ((90, 470), (1520, 500)):
        things.tree(canvas, x, 740, tall, "3f7a48")
    canvas.box(380, 520, 840, 190, "8f4a33", "6f3626")
    for index in range(8):
        x = 390 + index * 116
        canvas.box(x, 500, 22, 215, "c98a4a", "8f5a30")
    for index in range(7):
        canvas.box(420 + index * 116, 550, 78, 160, "5a2f22" if index % 2 else "f4c46a")
    _curved_roof(canvas)
    canvas.box(350, 710, 900, 18, "d8c4a0")
    canvas.box(320, 728, 960, 18, "c4ad86")
    for x in (200, 320, 1280, 1400):
        things.flag(canvas, x, 830, 340, ("d8342c", "e8a13a", "3f8a5a", "4a6fb0")[int(x / 100) % 4])
    for index in range(11):
        x = 260 + index * 108
        things.lantern(canvas, x, 596 + 34 * math.sin(index * math.pi / 10), 20)
    for x, y, shirt in (
        (480, 880, "b5402f"),
        (570, 890, "b5402f"),
        (660, 880, "b5402f"),
        (960, 900, "3d6fb0"),
        (1060, 880, "7b5aa0"),
        (1150, 910, "d98a3f"),
    ):
        things.person(canvas, x, y, 130, shirt)


def _curved_roof(canvas: Canvas) -> None:
    steps = [step / 30 for step in range(31)]
    eaves = [(260 + 1080 * s, 530 - 90 * abs(2 * s - 1) ** 3) for s in steps]
    crest = [(430 + 740 * s, 330 - 34 * abs(2 * s - 1) ** 3) for s in reversed(steps)]
    canvas.shape([*eaves, *crest], "8f3f30", "c9694a")
    for part in range(1, 7):
        share = part / 7
        row = [
            (a + (c - a) * share, b + (d - b) * share)
            for (a, b), (c, d) in zip(eaves, reversed(crest), strict=True)
        ]
        canvas.line(row, "7a3428", 3)
    canvas.line(list(reversed(crest)), "e8c65a", 10)
    canvas.oval(800, 312, 26, 26, "f4d06a")
