"""Drawing objects, each in a frame of its own.

Sizes: a frame's size is the object's height, except for rifle, knife, club and handcuffs, whose
size is their length along u.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable

from rmpl.synthetic.images.canvas import INK, Colour, Frame, shade

WOOD = (142, 98, 58)
STEEL = (176, 182, 190)


def draw_rifle(frame: Frame) -> None:
    """Barrel along u, stock behind; held at the origin."""
    frame.polygon([(-0.34, -0.13), (-0.34, 0.02), (0.02, 0.045), (0.02, -0.045)], (104, 66, 36))
    frame.polygon([(-0.02, -0.05), (0.34, -0.04), (0.34, 0.05), (-0.02, 0.055)], (40, 42, 46))
    frame.polygon([(0.34, -0.012), (0.66, -0.012), (0.66, 0.03), (0.34, 0.03)], (26, 28, 30))
    frame.polygon([(0.08, -0.03), (0.17, -0.03), (0.22, -0.17), (0.13, -0.18)], (30, 32, 36))
    frame.line([(0.06, 0.075), (0.26, 0.075)], 0.03, (26, 28, 30))


def draw_knife(frame: Frame) -> None:
    """Handle at the origin, blade along u."""
    frame.polygon([(0.3, -0.09), (0.3, 0.11), (0.74, 0.1), (1.0, -0.06)], (226, 230, 236))
    frame.polygon([(-0.12, -0.07), (-0.12, 0.08), (0.27, 0.09), (0.27, -0.08)], (60, 34, 26))
    frame.line([(0.29, -0.16), (0.29, 0.16)], 0.06, (48, 46, 46))


def draw_club(frame: Frame) -> None:
    """Thin end at the origin, thick end along u."""
    frame.polygon(
        [
            (-0.08, -0.04),
            (-0.08, 0.04),
            (0.75, 0.12),
            (0.93, 0.1),
            (1.0, 0.0),
            (0.93, -0.1),
            (0.75, -0.12),
        ],
        (128, 78, 38),
    )
    frame.line([(0.0, -0.05), (0.2, 0.05)], 0.03, (60, 38, 24))


def draw_phone(frame: Frame) -> None:
    """Draw a telephone upright on the origin."""
    frame.rect(-0.27, 0.0, 0.27, 1.0, (22, 24, 30))
    frame.rect(-0.19, 0.16, 0.19, 0.88, (120, 220, 235), outline=False)


def draw_letter(frame: Frame, *, pen: bool = False) -> None:
    """Lay a written sheet on a table, seen at a slant; with ``pen`` it is being written."""
    frame.polygon([(-0.75, 0.0), (0.55, 0.0), (0.75, 0.8), (-0.5, 0.8)], (250, 248, 238))
    for v in (0.18, 0.36, 0.54):
        frame.line([(-0.5 + 0.2 * v, v), (0.45 + 0.2 * v, v)], 0.05, (110, 116, 150))
    if pen:
        frame.line([(0.3, 0.3), (0.62, 1.1)], 0.12, (30, 40, 150))


def draw_money(frame: Frame) -> None:
    """Fan three bank notes."""
    for turn in (-0.35, 0.05, 0.45):
        cos, sin = math.cos(turn), math.sin(turn)
        corners = [(-0.62, 0.0), (0.62, 0.0), (0.62, 0.62), (-0.62, 0.62)]
        points = [(u * cos - v * sin, 0.1 + u * sin + v * cos) for u, v in corners]
        frame.polygon(points, (122, 190, 116), edge=0.4)
        frame.disc(-0.31 * sin, 0.1 + 0.31 * cos, 0.18, (224, 240, 208))


def draw_handcuffs(frame: Frame) -> None:
    """Two steel rings side by side and the chain between them."""
    radius = 0.24 * frame.size
    for u in (-0.26, 0.26):
        frame.canvas.ring(frame.at(u, 0.0), radius + 0.03 * frame.size, 0.15 * frame.size, INK)
        frame.canvas.ring(frame.at(u, 0.0), radius, 0.09 * frame.size, (214, 220, 228))
    frame.line([(-0.08, 0.02), (0.08, 0.02)], 0.1, (150, 156, 164))


def draw_flames(frame: Frame, rng: random.Random) -> None:
    """Tongues of fire on the origin, as wide as high."""
    for scale, colour in ((1.0, (214, 62, 24)), (0.74, (246, 138, 28)), (0.44, (254, 222, 84))):
        points = [(-0.42 * scale, 0.0)]
        for n in range(5):
            u = (-0.36 + 0.18 * n) * scale
            high = (1.0 - abs(n - 2) * 0.22) * scale * rng.uniform(0.82, 1.0)
            points += [(u - 0.09 * scale, high * 0.42), (u + 0.03, high)]
        points += [(0.46 * scale, 0.4 * scale), (0.42 * scale, 0.0)]
        frame.polygon(points, colour, outline=scale == 1.0)


def draw_sheet(frame: Frame) -> None:
    """Spread a cloth of length 1 along u over something that lies on the ground."""
    frame.polygon(
        [
            (0.0, -0.02),
            (0.03, 0.2),
            (0.2, 0.27),
            (0.5, 0.24),
            (0.8, 0.28),
            (0.97, 0.2),
            (1.0, -0.02),
        ],
        (226, 228, 232),
    )
    for u in (0.22, 0.45, 0.7):
        frame.line([(u, 0.03), (u + 0.06, 0.2)], 0.02, (176, 180, 190))


def draw_table(frame: Frame, colour: Colour = WOOD) -> None:
    """Set up a table of height 1 that reaches 1.25 to either side."""
    for u in (-1.05, 1.05):
        frame.rect(u - 0.08, 0.0, u + 0.08, 0.9, shade(colour, 0.7))
    frame.polygon([(-1.25, 0.84), (1.25, 0.84), (1.1, 1.12), (-1.1, 1.12)], colour)
    frame.rect(-1.25, 0.7, 1.25, 0.85, shade(colour, 0.78))


def draw_bench(frame: Frame) -> None:
    """Draw a park bench: seat at height 1, 2.6 to either side."""
    for u in (-2.3, 2.3):
        frame.rect(u - 0.12, 0.0, u + 0.12, 0.9, (70, 70, 74))
    frame.rect(-2.6, 0.75, 2.6, 1.0, (126, 92, 60))
    frame.rect(-2.6, 1.6, 2.6, 1.85, (126, 92, 60))
    frame.rect(-2.6, 1.2, 2.6, 1.42, (112, 82, 54))


def draw_tree(frame: Frame, rng: random.Random) -> None:
    """Draw a tree of height 1."""
    frame.polygon([(-0.05, 0.0), (0.05, 0.0), (0.03, 0.5), (-0.03, 0.5)], (92, 66, 44))
    green = rng.choice(((72, 110, 58), (92, 120, 60), (60, 92, 66)))
    for u, v, r in ((-0.14, 0.58, 0.16), (0.15, 0.6, 0.16), (0.0, 0.8, 0.19)):
        frame.disc(u, v, r, green)


def draw_fence(frame: Frame) -> None:
    """Draw a fence of height 1 that reaches 2 to either side."""
    for v in (0.3, 0.75):
        frame.line([(-2.0, v), (2.0, v)], 0.1, (150, 140, 124))
    for n in range(9):
        u = -2.0 + n * 0.5
        frame.rect(u - 0.07, 0.0, u + 0.07, 1.0, (176, 166, 148))


def draw_lamp(frame: Frame) -> None:
    """Draw a street lamp of height 1."""
    frame.line([(0.0, 0.0), (0.0, 0.94), (0.14, 0.98)], 0.03, (74, 76, 80))
    frame.rect(0.1, 0.92, 0.22, 0.97, (250, 240, 180))
    frame.rect(-0.04, 0.0, 0.04, 0.05, (74, 76, 80))


def draw_dog(frame: Frame, rng: random.Random) -> None:
    """Draw a dog of height 1 looking along u."""
    fur = rng.choice(((120, 84, 52), (70, 60, 54), (196, 168, 124)))
    for u in (-0.5, -0.36, 0.3, 0.44):
        frame.line([(u, 0.5), (u, 0.0)], 0.12, shade(fur, 0.8))
    frame.polygon([(-0.6, 0.42), (-0.55, 0.78), (0.5, 0.78), (0.55, 0.4)], fur)
    frame.disc(0.62, 0.85, 0.22, fur)
    frame.polygon([(0.7, 0.72), (1.02, 0.74), (1.0, 0.86), (0.72, 0.94)], fur)
    frame.line([(-0.58, 0.74), (-0.85, 1.0)], 0.1, fur)


def draw_placard(frame: Frame, colour: Colour, *, stick: float = 0.75) -> None:
    """Draw a written board of height 1 above a stick; the stick's lower end is at the origin."""
    frame.line([(0.0, 0.0), (0.0, stick + 0.2)], 0.09, WOOD)
    frame.rect(-0.68, stick, 0.68, stick + 1.0, colour)
    text = (240, 240, 236) if sum(colour) < 330 else (34, 34, 40)
    for v, u1, u2 in ((0.74, -0.48, 0.46), (0.48, -0.5, 0.5), (0.24, -0.36, 0.3)):
        frame.line([(u1, stick + v), (u2, stick + v)], 0.1, text)


def draw_crate(frame: Frame, colour: Colour) -> None:
    """Draw a crate of height 1, a little wider than high."""
    frame.rect(-0.58, 0.0, 0.58, 1.0, colour)
    dark = shade(colour, 0.6) if sum(colour) > 200 else shade(colour, 1.4)
    frame.line([(-0.5, 0.08), (0.5, 0.92)], 0.08, dark)
    frame.line([(-0.5, 0.92), (0.5, 0.08)], 0.08, dark)
    for v in (0.05, 0.95):
        frame.line([(-0.56, v), (0.56, v)], 0.09, dark)


def draw_bag(frame: Frame, colour: Colour) -> None:
    """Draw a bag of height 1 with its handle."""
    frame.line([(-0.24, 0.66), (-0.18, 0.96), (0.18, 0.96), (0.24, 0.66)], 0.08, shade(colour, 0.5))
    frame.polygon([(-0.55, 0.04), (0.55, 0.04), (0.44, 0.72), (-0.44, 0.72)], colour)
    frame.line([(-0.46, 0.5), (0.46, 0.5)], 0.05, shade(colour, 0.6))


def draw_building(frame: Frame, colour: Colour, rng: random.Random) -> None:
    """Draw a house front of height 1, about as wide as high."""
    half = 0.42
    frame.rect(-half, 0.0, half, 0.84, colour)
    if rng.random() < 0.5:
        frame.polygon([(-half - 0.05, 0.84), (half + 0.05, 0.84), (0.0, 1.0)], shade(colour, 0.6))
    else:
        frame.rect(-half - 0.03, 0.84, half + 0.03, 0.93, shade(colour, 0.65))
        frame.rect(-0.2, 0.93, 0.2, 1.0, shade(colour, 0.8))
    glass = rng.choice(((150, 190, 214), (90, 110, 130), (236, 222, 160)))
    for v in (0.34, 0.6):
        for u in (-0.29, 0.0, 0.29):
            frame.rect(u - 0.075, v, u + 0.075, v + 0.16, glass)
    frame.rect(-0.09, 0.0, 0.09, 0.25, (84, 58, 42))


def draw_tent(frame: Frame, colour: Colour) -> None:
    """Draw a tent of height 1, twice as wide."""
    frame.polygon([(-0.95, 0.0), (0.95, 0.0), (0.12, 1.0), (-0.12, 1.0)], colour)
    frame.polygon([(-0.28, 0.0), (0.28, 0.0), (0.0, 0.72)], shade(colour, 0.42))
    frame.line([(0.0, 1.0), (0.0, 1.12)], 0.04, (70, 60, 50))


COLOURED_DRAWERS: dict[str, Callable[[Frame, Colour], None]] = {
    "placard": draw_placard,
    "crate": draw_crate,
    "bag": draw_bag,
    "tent": draw_tent,
}
PLAIN_DRAWERS: dict[str, Callable[[Frame], None]] = {
    "rifle": draw_rifle,
    "knife": draw_knife,
    "club": draw_club,
    "phone": draw_phone,
    "letter": draw_letter,
    "money": draw_money,
    "handcuffs": draw_handcuffs,
    "sheet": draw_sheet,
    "table": draw_table,
    "fence": draw_fence,
    "lamp": draw_lamp,
}
