"""The canvas of a scene: a colour image at twice the size, and a map of each pixel's owner.

Every shape is drawn twice: in colour on an image of twice the size (downscaled at the end, which
smooths the edges) and as the number of its owner on a map of the final size. The map gives boxes
that are tight around the VISIBLE part of partly occluded things.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from PIL import Image, ImageDraw

from rmpl.synthetic.story.plot import Entity

Colour: TypeAlias = tuple[int, int, int]
Point: TypeAlias = tuple[float, float]
BoxTuple: TypeAlias = tuple[int, int, int, int]

INK = (28, 26, 30)


def shade(colour: Colour, factor: float) -> Colour:
    """Darken (factor < 1) or lighten towards white (factor > 1) a colour."""
    if factor <= 1:
        return (int(colour[0] * factor), int(colour[1] * factor), int(colour[2] * factor))
    keep = 2 - factor
    return (
        int(255 - (255 - colour[0]) * keep),
        int(255 - (255 - colour[1]) * keep),
        int(255 - (255 - colour[2]) * keep),
    )


@dataclasses.dataclass
class Owner:
    """A figure or object on the canvas, whose visible pixels can be measured.

    ``part_of`` is the index of its entity in the scene's cast, shared by the members of a group.
    ``full`` is its number of pixels before occlusion.
    """

    entity: Entity
    role: str | None
    part_of: int
    full: int = 0


class Canvas:
    """An image that is being drawn.

    Parameters
    ----------
    backdrop
        RGB image of twice the final size; modified in place.
    """

    def __init__(self, backdrop: Image.Image) -> None:
        self.image = backdrop
        self.width = backdrop.width // 2
        self.height = backdrop.height // 2
        self.owners: list[Owner] = []
        self._map = Image.new("L", (self.width, self.height), 0)
        self._paint = ImageDraw.Draw(self.image)
        self._mark = ImageDraw.Draw(self._map)
        self._ink = 0
        self._parts = 0

    @property
    def long_side(self) -> int:
        """The longer side of the final image in pixels."""
        return max(self.width, self.height)

    def new_part(self) -> int:
        """Return a number for a new member of the cast, to be shared by a group's members."""
        self._parts += 1
        return self._parts

    def own(self, entity: Entity, role: str | None = None, part_of: int | None = None) -> int:
        """Assign the following shapes to a new owner; return the owner's number."""
        self._measure()
        part = self.new_part() if part_of is None else part_of
        self.owners.append(Owner(entity, role, part))
        self._ink = len(self.owners)
        return self._ink

    def resume(self, ink: int) -> None:
        """Assign the following shapes to an earlier owner; 0 is scenery without an owner."""
        self._measure()
        self._ink = ink

    def _measure(self) -> None:
        if self._ink:
            owner = self.owners[self._ink - 1]
            owner.full = max(owner.full, self._map.histogram()[self._ink])

    def polygon(
        self, points: Sequence[Point], fill: Colour, *, outline: bool = True, edge: float = 0.55
    ) -> None:
        """Fill a polygon (image pixels), with a darker edge."""
        line = shade(fill, edge) if outline else None
        self._paint.polygon([(2 * x, 2 * y) for x, y in points], fill=fill, outline=line)
        self._mark.polygon(list(points), fill=self._ink)

    def ellipse(
        self, centre: Point, rx: float, ry: float, fill: Colour, *, outline: bool = True
    ) -> None:
        """Fill an upright ellipse (image pixels), with a darker edge."""
        x, y = centre
        line = shade(fill, 0.55) if outline else None
        box = (2 * (x - rx), 2 * (y - ry), 2 * (x + rx), 2 * (y + ry))
        self._paint.ellipse(box, fill=fill, outline=line)
        self._mark.ellipse((x - rx, y - ry, x + rx, y + ry), fill=self._ink)

    def line(self, points: Iterable[Point], width: float, fill: Colour) -> None:
        """Draw a line of ``width`` image pixels."""
        dots = list(points)
        thick = max(1, round(2 * width))
        self._paint.line([(2 * x, 2 * y) for x, y in dots], fill=fill, width=thick, joint="curve")
        self._mark.line(dots, fill=self._ink, width=max(1, round(width)))

    def ring(self, centre: Point, radius: float, width: float, fill: Colour) -> None:
        """Draw a ring; it is filled in the owner map."""
        x, y = centre
        box = (2 * (x - radius), 2 * (y - radius), 2 * (x + radius), 2 * (y + radius))
        self._paint.ellipse(box, outline=fill, width=max(1, round(2 * width)))
        self._mark.ellipse((x - radius, y - radius, x + radius, y + radius), fill=self._ink)

    def visible(self) -> list[tuple[Owner, BoxTuple | None, float]]:
        """Return every owner with the box and the share of its visible part."""
        self._measure()
        counts = self._map.histogram()
        found: list[tuple[Owner, BoxTuple | None, float]] = []
        for number, owner in enumerate(self.owners, start=1):
            only = [0] * 256
            only[number] = 255
            box = self._map.point(only).getbbox() if counts[number] else None
            found.append((owner, box, counts[number] / max(owner.full, 1)))
        return found


@dataclasses.dataclass(frozen=True)
class Frame:
    """A local coordinate system: ``at(u, v)``, u forward and v up, in units of ``size`` pixels.

    ``u_axis`` and ``v_axis`` are unit vectors in the image, where y points down.
    """

    canvas: Canvas
    x: float
    y: float
    size: float
    u_axis: Point = (1.0, 0.0)
    v_axis: Point = (0.0, -1.0)

    @classmethod
    def upright(cls, canvas: Canvas, x: float, y: float, size: float, facing: int = 1) -> Frame:
        """Stand on (x, y), facing right (1) or left (-1)."""
        return cls(canvas, x, y, size, (float(facing), 0.0))

    @classmethod
    def pointing(
        cls, canvas: Canvas, x: float, y: float, size: float, degrees: float, facing: int = 1
    ) -> Frame:
        """Point ``degrees`` above the horizon, to the right (facing 1) or the left (-1)."""
        turn = math.radians(degrees)
        u = (facing * math.cos(turn), -math.sin(turn))
        return cls(canvas, x, y, size, u, (-facing * math.sin(turn), -math.cos(turn)))

    def at(self, u: float, v: float) -> Point:
        """Return the image position of (u, v)."""
        (ux, uy), (vx, vy) = self.u_axis, self.v_axis
        return (
            self.x + self.size * (u * ux + v * vx),
            self.y + self.size * (u * uy + v * vy),
        )

    def polygon(
        self, points: Iterable[Point], fill: Colour, *, outline: bool = True, edge: float = 0.55
    ) -> None:
        """Fill a polygon."""
        self.canvas.polygon([self.at(*p) for p in points], fill, outline=outline, edge=edge)

    def rect(
        self, u1: float, v1: float, u2: float, v2: float, fill: Colour, *, outline: bool = True
    ) -> None:
        """Fill a rectangle given by two corners."""
        self.polygon([(u1, v1), (u2, v1), (u2, v2), (u1, v2)], fill, outline=outline)

    def disc(
        self, u: float, v: float, radius: float, fill: Colour, *, outline: bool = True
    ) -> None:
        """Fill a circle."""
        r = radius * self.size
        self.canvas.ellipse(self.at(u, v), r, r, fill, outline=outline)

    def line(self, points: Iterable[Point], width: float, fill: Colour) -> None:
        """Draw a line; ``width`` is in the frame's units."""
        self.canvas.line([self.at(*p) for p in points], width * self.size, fill)
