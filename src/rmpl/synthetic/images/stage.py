"""The stage of a scene: positions in body heights, and drawing the cast onto the canvas."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable, Sequence

from rmpl.synthetic.images import drawing
from rmpl.synthetic.images.canvas import Canvas, Frame, Point
from rmpl.synthetic.images.figures import Person, Pose, draw_bust, draw_person
from rmpl.synthetic.story.plot import COLOURS, HELD_OUT_LOOKS, Entity, Happening

STANDING = Pose(front=True)
SEATED = Pose(near=(0.22, 0.42), far=(0.2, 0.4), drop=0.19, seated=True)


@dataclasses.dataclass(frozen=True)
class Figure:
    """A person already drawn on the canvas."""

    ink: int
    frame: Frame
    who: Person


@dataclasses.dataclass
class Stage:
    """The part of the image in which a happening is drawn.

    Positions are (u, v) in body heights from the middle of the stage: u in the direction of the
    action, which is right (``direction`` 1) or left (-1), v up from the ground.

    Parameters
    ----------
    body
        Height of a standing person in pixels.
    width
        The available space along u.
    looks_taken
        Looks of the cast; nobody else may have them: a look identifies a participant.
    """

    canvas: Canvas
    rng: random.Random
    x: float
    ground: float
    body: float
    direction: int
    width: float
    held_out: bool = False
    indoors: bool = False
    colours: Sequence[str] = tuple(COLOURS)
    looks_taken: set[tuple[str, str | None]] = dataclasses.field(default_factory=set)

    def at(self, u: float, v: float = 0.0) -> Point:
        """Return the image position of a stage position."""
        return self.x + self.direction * u * self.body, self.ground - v * self.body

    def visible_size(self, size: float, least: float = 0.1) -> float:
        """Return ``size`` in pixels, at least ``least`` of the long side, to be recognisable."""
        return max(size * self.body, least * self.canvas.long_side)

    def frame(
        self, u: float, v: float, pixels: float, *, facing: int = 1, degrees: float = 0.0
    ) -> Frame:
        """Return a frame at a stage position; ``facing`` -1 is against the action."""
        return Frame.pointing(self.canvas, *self.at(u, v), pixels, degrees, facing * self.direction)

    def held(self, figure: Figure, grip: Point, pixels: float, degrees: float = 0.0) -> Frame:
        """Return a frame for something held in a hand at ``grip`` in the figure's frame."""
        facing = 1 if figure.frame.u_axis[0] > 0 else -1
        x, y = figure.frame.at(*grip)
        return Frame.pointing(self.canvas, x, y, pixels, degrees, facing)

    def stranger(self, kinds: Sequence[str]) -> Entity:
        """Generate an entity with an unused look; a held-out one only on a held-out stage."""
        for _ in range(200):
            kind = self.rng.choice(kinds)
            colour = self.rng.choice(self.colours) if kind in drawing.COLOURED else None
            look = (kind, colour)
            if colour is None:
                return Entity(kind)
            if look not in self.looks_taken and (self.held_out or look not in HELD_OUT_LOOKS):
                self.looks_taken.add(look)
                return Entity(kind, colour)
        return Entity("tree")

    def person(
        self,
        entity: Entity,
        role: str | None,
        u: float,
        pose: Pose,
        *,
        facing: int = 1,
        v: float = 0.0,
        part: int | None = None,
        scale: float = 1.0,
    ) -> Figure:
        """Put one person with the feet at (u, v)."""
        size = self.body * scale * self.rng.uniform(0.97, 1.03)
        frame = Frame.upright(self.canvas, *self.at(u, v), size, facing * self.direction)
        return self._play(entity, role, frame, pose, part)

    def lying(
        self, entity: Entity, role: str | None, u: float, v: float, *, part: int | None = None
    ) -> Figure:
        """Lay one person on the ground, face up, the middle at u and the head towards u."""
        x, y = self.at(u - 0.5, v + 0.1)
        along = (float(self.direction), 0.0)
        frame = Frame(self.canvas, x, y, self.body, (0.0, -1.0), along)
        pose = Pose(near=(0.04, 0.44), far=(-0.1, 0.5), stride=0.06)
        return self._play(entity, role, frame, pose, part)

    def _play(
        self, entity: Entity, role: str | None, frame: Frame, pose: Pose, part: int | None
    ) -> Figure:
        who = Person.dress(entity.kind, entity.colour or "white", self.rng)
        ink = self.canvas.own(entity, role, part)
        draw_person(frame, who, pose)
        return Figure(ink, frame, who)

    def bust(self, entity: Entity, role: str | None, foot: Point, body: float, facing: int) -> None:
        """Put somebody behind a window whose lower edge is at ``foot`` (pixels)."""
        who = Person.dress(entity.kind, entity.colour or "white", self.rng)
        self.canvas.own(entity, role)
        draw_bust(Frame.upright(self.canvas, *foot, body, facing * self.direction), who)

    def thing(
        self,
        entity: Entity,
        role: str | None,
        frame: Frame,
        *,
        part: int | None = None,
        style: str = "",
    ) -> int:
        """Put one object; return its owner number."""
        ink = self.canvas.own(entity, role, part)
        drawing.draw_thing(frame, entity.kind, entity.colour, self.rng, style=style)
        return ink

    def hands(self, *grips: tuple[Figure, Point]) -> None:
        """Draw hands again, over what they hold."""
        for figure, (u, v) in grips:
            self.canvas.resume(figure.ink)
            figure.frame.disc(u, v, 0.034, figure.who.skin)
        self.canvas.resume(0)

    def stool(self, u: float, facing: int, v: float = 0.0) -> None:
        """Put something to sit on at u, for somebody seated there."""
        self.scenery()
        frame = self.frame(u, v, self.body, facing=facing)
        frame.rect(-0.12, 0.0, 0.1, 0.22, (104, 82, 62))

    def scenery(self) -> None:
        """Assign the following shapes to no owner."""
        self.canvas.resume(0)


@dataclasses.dataclass(frozen=True)
class Act:
    """How a verb is drawn.

    Parameters
    ----------
    play
        Draws the cast.
    width
        The space required along u: (fixed, per person).
    height
        The space required above the ground.
    indoors
        Whether it may take place indoors.
    bulk
        Whether houses, tents and vehicles may be in the background (a fire before one would be an
        attack).
    """

    play: Callable[[Stage, Happening], None]
    width: tuple[float, float]
    height: float = 1.1
    indoors: bool = True
    bulk: bool = True
