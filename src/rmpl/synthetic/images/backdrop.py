"""Backgrounds (streets, fields, squares at night, rooms) and the lighting of an image."""

from __future__ import annotations

import random

from PIL import Image, ImageChops, ImageDraw

from rmpl.synthetic.images.canvas import Colour, shade

OUTDOOR: tuple[str, ...] = ("street", "field", "square", "night", "shore")
INDOOR: tuple[str, ...] = ("room", "hall")
BACKDROPS: tuple[str, ...] = OUTDOOR + INDOOR

_SKIES: dict[str, tuple[tuple[Colour, Colour], ...]] = {
    "day": (
        ((128, 174, 222), (214, 228, 238)),
        ((168, 178, 190), (218, 218, 214)),
        ((226, 170, 128), (246, 222, 180)),
        ((104, 140, 190), (236, 214, 196)),
    ),
    "night": (((40, 46, 80), (96, 98, 128)), ((56, 48, 66), (116, 100, 104))),
    "wall": (
        ((206, 196, 178), (188, 176, 156)),
        ((176, 190, 184), (160, 172, 166)),
        ((200, 184, 176), (172, 158, 152)),
        ((168, 172, 184), (196, 198, 204)),
    ),
}
_GROUNDS: dict[str, tuple[tuple[Colour, Colour], ...]] = {
    "street": (((128, 128, 132), (100, 100, 106)), ((150, 144, 136), (118, 112, 106))),
    "field": (((132, 148, 88), (94, 116, 66)), ((190, 170, 122), (156, 136, 94))),
    "square": (((186, 178, 164), (150, 142, 128)), ((164, 150, 140), (128, 116, 108))),
    "night": (((98, 96, 108), (70, 70, 82)),),
    "shore": (((206, 190, 148), (176, 158, 118)),),
    "room": (((150, 116, 84), (118, 88, 62)), ((120, 122, 128), (94, 96, 102))),
    "hall": (((172, 166, 158), (132, 128, 122)),),
}


def _gradient(top: Colour, bottom: Colour, width: int, height: int) -> Image.Image:
    pair = Image.new("RGB", (1, 2))
    pair.putpixel((0, 0), top)
    pair.putpixel((0, 1), bottom)
    return pair.resize((width, height), Image.Resampling.BILINEAR)


def draw_backdrop(
    kind: str, width: int, height: int, horizon: int, rng: random.Random
) -> Image.Image:
    """Return an RGB image of ``width`` x ``height`` with the ground beginning at ``horizon``."""
    lit = "night" if kind == "night" else "wall" if kind in INDOOR else "day"
    sky = rng.choice(_SKIES[lit])
    ground = rng.choice(_GROUNDS[kind])
    image = Image.new("RGB", (width, height))
    image.paste(_gradient(*sky, width, horizon), (0, 0))
    image.paste(_gradient(*ground, width, height - horizon), (0, horizon))
    pen = ImageDraw.Draw(image)
    if kind in INDOOR:
        _furnish(pen, sky[1], width, horizon, rng)
    elif kind in {"street", "night", "square"}:
        _skyline(pen, shade(sky[1], 0.85), width, horizon, rng)
    elif kind == "field":
        _hills(pen, shade(ground[0], 0.9), width, horizon, rng)
    else:
        pen.rectangle((0, horizon - height // 12, width, horizon), fill=(112, 150, 176))
    if kind in {"street", "night"}:
        y = horizon + (height - horizon) * rng.uniform(0.35, 0.8)
        for n in range(7):
            x = (n - rng.random() * 0.2) * width / 6
            pen.line((x, y, x + width / 14, y), fill=shade(ground[0], 1.3), width=3)
    for _ in range(rng.randint(4, 12)):
        x, y = rng.uniform(0, width), rng.uniform(horizon, height)
        size = rng.uniform(2, 9)
        fill = shade(ground[1], rng.uniform(0.75, 1.2))
        pen.ellipse((x - 2 * size, y - size / 2, x + 2 * size, y + size / 2), fill=fill)
    return image


def _skyline(
    pen: ImageDraw.ImageDraw, colour: Colour, width: int, horizon: int, rng: random.Random
) -> None:
    x = -rng.uniform(0, 40)
    while x < width:
        wide, high = rng.uniform(30, 90), rng.uniform(0.1, 0.6) * horizon
        fill = shade(colour, rng.uniform(0.82, 1.1))
        pen.rectangle((x, horizon - high, x + wide, horizon), fill=fill)
        x += wide + rng.uniform(0, 30)


def _hills(
    pen: ImageDraw.ImageDraw, colour: Colour, width: int, horizon: int, rng: random.Random
) -> None:
    for _ in range(3):
        x, r = rng.uniform(0, width), rng.uniform(0.2, 0.5) * width
        fill = shade(colour, rng.uniform(0.8, 1.15))
        pen.ellipse((x - r, horizon - r * 0.25, x + r, horizon + r * 0.2), fill=fill)


def _furnish(
    pen: ImageDraw.ImageDraw, wall: Colour, width: int, horizon: int, rng: random.Random
) -> None:
    pen.line((0, horizon, width, horizon), fill=shade(wall, 0.6), width=5)
    for _ in range(rng.randint(0, 2)):
        x, y = rng.uniform(0, 0.85) * width, rng.uniform(0.08, 0.35) * horizon
        wide, high = rng.uniform(0.1, 0.2) * width, rng.uniform(0.2, 0.4) * horizon
        fill = rng.choice(((196, 214, 224), shade(wall, 0.8), (120, 128, 120)))
        pen.rectangle((x, y, x + wide, y + high), fill=fill, outline=shade(wall, 0.5), width=3)


def develop(image: Image.Image, rng: random.Random) -> Image.Image:
    """Downscale a drawn image by two and add the lighting, tint and grain of a photograph."""
    half = image.reduce(2)
    light = rng.uniform(0.78, 1.12)
    tables: list[int] = []
    for _ in range(3):
        gain, lift = light * rng.uniform(0.95, 1.05), rng.uniform(0, 14)
        tables += [min(255, int(value * gain + lift)) for value in range(256)]
    half = half.point(tables)
    amplitude = rng.randint(4, 22)
    width, height = half.size
    grain = Image.frombytes("L", half.size, rng.randbytes(width * height))
    grain = grain.point([value * amplitude // 255 for value in range(256)])
    noise = Image.merge("RGB", (grain, grain, grain))
    return ImageChops.add(half, noise, 1.0, -amplitude // 2)
