"""Vehicles from the side: forward is u, the ground is v = 0 and the length is 1 (-0.5 to 0.5)."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from rmpl.synthetic.images.canvas import Colour, Frame, Point, shade

GLASS = (168, 204, 222)
TYRE = (30, 30, 32)


@dataclasses.dataclass(frozen=True)
class Build:
    """The layout of a vehicle, in its own units.

    Parameters
    ----------
    height
        Its height.
    window
        Lower middle of the driver's window and how high the window is: (u, v, height).
    door
        Foot of the passengers' door.
    door_size
        Width and height of the door.
    """

    height: float
    window: tuple[float, float, float]
    door: Point
    door_size: Point


BUILDS: dict[str, Build] = {
    "car": Build(0.42, (0.03, 0.235, 0.165), (-0.12, 0.1), (0.15, 0.16)),
    "truck": Build(0.52, (0.315, 0.26, 0.19), (-0.47, 0.16), (0.16, 0.3)),
    "bus": Build(0.46, (0.37, 0.215, 0.175), (0.2, 0.07), (0.13, 0.32)),
    "boat": Build(0.42, (0.0, 0.16, 0.2), (-0.36, 0.13), (0.14, 0.1)),
    "helicopter": Build(0.5, (0.2, 0.2, 0.17), (0.0, 0.1), (0.15, 0.26)),
}


def draw_vehicle(frame: Frame, kind: str, colour: Colour, *, door_open: bool = False) -> None:
    """Draw a vehicle; with ``door_open`` its interior is visible at the door."""
    _DRAWERS[kind](frame, colour)
    build = BUILDS[kind]
    (u, v), (wide, high) = build.door, build.door_size
    if door_open:
        frame.rect(u - wide / 2, v, u + wide / 2, v + high, (24, 22, 26))
    elif kind in {"bus", "helicopter"}:
        frame.rect(u - wide / 2, v, u + wide / 2, v + high, shade(colour, 0.8))


def _wheel(frame: Frame, u: float, radius: float) -> None:
    frame.disc(u, radius, radius, TYRE)
    frame.disc(u, radius, radius * 0.5, (176, 178, 182))


def _car(frame: Frame, colour: Colour) -> None:
    frame.polygon([(-0.3, 0.22), (-0.2, 0.42), (0.13, 0.42), (0.27, 0.22)], colour)
    frame.polygon([(-0.235, 0.235), (-0.17, 0.395), (-0.06, 0.395), (-0.06, 0.235)], GLASS)
    frame.polygon([(-0.035, 0.235), (-0.035, 0.395), (0.115, 0.395), (0.215, 0.235)], GLASS)
    frame.polygon(
        [(-0.5, 0.07), (-0.49, 0.22), (-0.3, 0.245), (0.28, 0.235), (0.47, 0.2), (0.5, 0.07)],
        colour,
    )
    frame.disc(0.465, 0.165, 0.022, (252, 240, 170))
    frame.line([(-0.05, 0.08), (-0.05, 0.23)], 0.008, shade(colour, 0.5))
    for u in (-0.29, 0.3):
        _wheel(frame, u, 0.09)


def _truck(frame: Frame, colour: Colour) -> None:
    frame.rect(-0.5, 0.12, 0.16, 0.52, shade(colour, 1.25))
    for u in (-0.34, -0.17, 0.0):
        frame.line([(u, 0.13), (u, 0.51)], 0.01, shade(colour, 0.7))
    frame.polygon([(0.18, 0.08), (0.18, 0.47), (0.4, 0.47), (0.48, 0.26), (0.5, 0.08)], colour)
    frame.polygon([(0.22, 0.26), (0.22, 0.44), (0.385, 0.44), (0.45, 0.26)], GLASS)
    frame.rect(-0.5, 0.07, 0.5, 0.13, (58, 58, 62))
    frame.disc(0.47, 0.17, 0.022, (252, 240, 170))
    for u in (-0.36, -0.16, 0.34):
        _wheel(frame, u, 0.085)


def _bus(frame: Frame, colour: Colour) -> None:
    frame.polygon([(-0.5, 0.06), (-0.5, 0.46), (0.46, 0.46), (0.5, 0.36), (0.5, 0.06)], colour)
    for u in (-0.4, -0.25, -0.1, 0.05):
        frame.rect(u - 0.06, 0.24, u + 0.06, 0.39, GLASS)
    frame.polygon([(0.29, 0.215), (0.29, 0.4), (0.45, 0.4), (0.49, 0.35), (0.49, 0.215)], GLASS)
    frame.line([(-0.49, 0.19), (0.49, 0.19)], 0.02, shade(colour, 0.6))
    frame.disc(0.475, 0.12, 0.02, (252, 240, 170))
    for u in (-0.32, 0.33):
        _wheel(frame, u, 0.07)


def _boat(frame: Frame, colour: Colour) -> None:
    frame.polygon([(-0.18, 0.16), (-0.18, 0.4), (0.16, 0.4), (0.22, 0.16)], (222, 218, 206))
    frame.rect(-0.14, 0.2, 0.14, 0.37, GLASS)
    frame.line([(-0.3, 0.15), (-0.3, 0.42)], 0.014, (110, 84, 60))
    draw_hull(frame, colour)


def draw_hull(frame: Frame, colour: Colour) -> None:
    """Draw the hull alone, so that it covers the legs of somebody on board."""
    frame.polygon([(-0.46, 0.17), (0.5, 0.19), (0.36, 0.0), (-0.38, 0.0)], colour)
    frame.line([(-0.45, 0.155), (0.47, 0.165)], 0.02, shade(colour, 0.6))
    frame.polygon([(-0.52, 0.0), (0.52, 0.0), (0.5, 0.03), (-0.5, 0.03)], (120, 170, 200))


def _helicopter(frame: Frame, colour: Colour) -> None:
    frame.polygon([(-0.5, 0.26), (-0.48, 0.34), (-0.05, 0.34), (-0.05, 0.2)], shade(colour, 0.85))
    frame.polygon([(-0.52, 0.24), (-0.44, 0.46), (-0.4, 0.46), (-0.44, 0.26)], colour)
    frame.polygon(
        [
            (-0.14, 0.1),
            (-0.16, 0.3),
            (-0.04, 0.4),
            (0.2, 0.4),
            (0.34, 0.28),
            (0.36, 0.16),
            (0.26, 0.09),
        ],
        colour,
    )
    frame.polygon([(0.12, 0.2), (0.12, 0.37), (0.2, 0.37), (0.32, 0.27), (0.335, 0.2)], GLASS)
    frame.line([(0.06, 0.4), (0.06, 0.47)], 0.03, (60, 60, 64))
    frame.line([(-0.36, 0.48), (0.48, 0.48)], 0.02, (60, 60, 64))
    frame.line([(-0.16, 0.015), (0.34, 0.015)], 0.025, (60, 60, 64))
    for u in (-0.06, 0.22):
        frame.line([(u, 0.02), (u, 0.12)], 0.02, (60, 60, 64))


_DRAWERS: dict[str, Callable[[Frame, Colour], None]] = {
    "car": _car,
    "truck": _truck,
    "bus": _bus,
    "boat": _boat,
    "helicopter": _helicopter,
}
