"""People: their clothes, and arms and legs computed from the positions of hands and feet."""

from __future__ import annotations

import dataclasses
import math
import random

from rmpl.synthetic.images.canvas import Colour, Frame, Point, shade
from rmpl.synthetic.story.plot import COLOURS

SKINS: tuple[Colour, ...] = (
    (244, 208, 177),
    (224, 172, 125),
    (186, 130, 88),
    (135, 88, 58),
    (96, 62, 44),
)
HAIRS: tuple[Colour, ...] = (
    (38, 28, 24),
    (82, 54, 34),
    (140, 96, 50),
    (190, 180, 170),
    (60, 60, 66),
)
TROUSERS: tuple[Colour, ...] = ((52, 54, 64), (88, 80, 72), (70, 76, 96), (104, 98, 90))

HEAD = 0.09
NECK = 0.81
SHOULDER = 0.745
HIP = 0.46
ARM = 0.205


@dataclasses.dataclass(frozen=True)
class Pose:
    """The pose of a person; lengths in body heights, u forward from the feet, v up.

    Parameters
    ----------
    near, far
        Positions of the nearer and the farther hand; ``None`` hangs down.
    stride
        The distance of each foot from the middle.
    lean
        The distance of the shoulders in front of the hips.
    drop
        How much lower the hips are than in a standing pose.
    seated
        Thighs forward, as on a chair; goes with a drop of about 0.2.
    nod
        How far the head is bent forward.
    front
        Turned to the viewer; hands hang on both sides.
    lift
        The height of the front foot (on a step).
    """

    near: Point | None = None
    far: Point | None = None
    stride: float = 0.05
    lean: float = 0.0
    drop: float = 0.0
    seated: bool = False
    nod: float = 0.0
    front: bool = False
    lift: float = 0.0


@dataclasses.dataclass(frozen=True)
class Person:
    """The appearance of a person, independent of the pose."""

    kind: str
    garment: Colour
    skin: Colour
    hair: Colour
    trousers: Colour

    @classmethod
    def dress(cls, kind: str, colour: str, rng: random.Random) -> Person:
        """Choose skin, hair and trousers at random for somebody of a given look."""
        skin, hair, trousers = rng.choice(SKINS), rng.choice(HAIRS), rng.choice(TROUSERS)
        return cls(kind, COLOURS[colour], skin, hair, trousers)

    @property
    def sleeve(self) -> Colour:
        """Colour of the arms."""
        if self.kind == "worker":
            return (150, 152, 158)
        return self.garment

    @property
    def leg(self) -> Colour:
        """Colour of the legs."""
        if self.kind in {"officer", "soldier"}:
            return shade(self.garment, 0.82)
        return self.skin if self.kind == "woman" else self.trousers


def draw_person(frame: Frame, who: Person, pose: Pose) -> None:
    """Draw somebody whose feet are at the frame's origin and who is ``frame.size`` pixels tall."""
    top = SHOULDER - pose.drop
    shoulder = (pose.lean, top)
    far_from = (pose.lean - (0.13 if pose.front else 0.0), top)
    near_from = (pose.lean + (0.13 if pose.front else 0.0), top)
    far = pose.far or (far_from[0] + (-0.03 if pose.front else -0.05), top - 0.36)
    near = pose.near or (near_from[0] + (0.03 if pose.front else 0.05), top - 0.36)
    _arm(frame, who, far_from, far, shadow=True)
    _legs(frame, who, pose)
    draw_torso(frame, who, shoulder, HIP - pose.drop, front=pose.front)
    draw_head(
        frame, who, (pose.lean + 0.02 + pose.nod, 0.9 - pose.drop - pose.nod * 0.5), pose.front
    )
    _arm(frame, who, near_from, near, shadow=False)


def _elbow(start: Point, end: Point) -> tuple[Point, Point]:
    """Return the positions of the elbow and of the hand with arms of limited length."""
    du, dv = end[0] - start[0], end[1] - start[1]
    reach = math.hypot(du, dv) or 1e-6
    if reach >= 2 * ARM:
        scale = min(1.0, 2.3 * ARM / reach)  # a slightly long arm is not noticeable
        end = (start[0] + du * scale, start[1] + dv * scale)
        return ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2), end
    bend = math.sqrt(ARM**2 - (reach / 2) ** 2)
    # Of the two elbows that fit, the lower one looks natural.
    side = -1 if du >= 0 else 1
    middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
    return (middle[0] + side * -dv / reach * bend, middle[1] + side * du / reach * bend), end


def _arm(frame: Frame, who: Person, start: Point, end: Point, *, shadow: bool) -> None:
    elbow, end = _elbow(start, end)
    sleeve = shade(who.sleeve, 0.72 if shadow else 0.9)
    for width, colour in ((0.088, shade(sleeve, 0.55)), (0.066, sleeve)):
        frame.line([start, elbow, end], width, colour)
    frame.disc(*end, 0.036, who.skin)


def _legs(frame: Frame, who: Person, pose: Pose) -> None:
    hip = HIP - pose.drop
    for side in (-1, 1):
        colour = shade(who.leg, 0.75 if side < 0 else 1.0)
        foot = (side * pose.stride, pose.lift if side > 0 else 0.0)
        if pose.seated:
            foot = (0.27 + side * 0.03, 0.02)
            joints = [(0.0, hip), (0.25 + side * 0.02, hip + 0.01), foot]
        elif pose.drop > 0.05:
            joints = [(0.0, hip), (side * 0.14 + 0.06, hip * 0.62), (side * 0.16 - 0.03, 0.02)]
            foot = joints[-1]
        elif pose.lift and side > 0:
            joints = [(0.0, hip), (pose.stride * 0.9, hip * 0.55 + pose.lift * 0.6), foot]
        else:
            joints = [(side * 0.035, hip), foot]
        for width, tone in ((0.115, shade(colour, 0.5)), (0.088, colour)):
            frame.line(joints, width, tone)
        shoe = foot[0] if pose.front else foot[0] + 0.03
        frame.polygon(
            [
                (shoe - 0.06, foot[1]),
                (shoe + 0.07, foot[1]),
                (shoe + 0.05, foot[1] + 0.045),
                (shoe - 0.05, foot[1] + 0.05),
            ],
            (40, 36, 36),
        )


def draw_torso(frame: Frame, who: Person, shoulder: Point, hip: float, *, front: bool) -> None:
    """Draw the trunk with its garment from the shoulder down to the height ``hip``."""
    u, top = shoulder[0], shoulder[1] + 0.05
    wide = 0.15 if front else 0.12
    colour = who.garment
    if who.kind == "woman":
        hem = min(hip - 0.2, top - 0.3)
        low = max(hem, 0.02)
        frame.polygon(
            [
                (u - wide + 0.02, top),
                (u + wide - 0.02, top),
                (0.09 + u / 2, hip + 0.1),
                (0.2, low),
                (-0.2, low),
                (-0.09 + u / 2, hip + 0.1),
            ],
            colour,
        )
        frame.line(
            [(-0.09 + u / 2, hip + 0.1), (0.09 + u / 2, hip + 0.1)], 0.025, shade(colour, 0.6)
        )
        return
    low = max(hip - (0.12 if who.kind == "man" else 0.02), 0.02)
    flare = 0.02 if who.kind == "man" else -0.01
    sides = [(u - wide, top), (u + wide, top), (wide + flare, low), (-wide - flare, low)]
    frame.polygon(sides, colour)
    if who.kind == "man":
        frame.line([(u + 0.04, top), (0.04, low)], 0.016, shade(colour, 0.5))
        frame.polygon([(u - 0.03, top), (u + 0.07, top), (u + 0.03, top - 0.09)], (236, 232, 224))
    elif who.kind == "officer":
        frame.line([(-wide, hip + 0.03), (wide, hip + 0.03)], 0.05, (25, 25, 30))
        frame.disc(u + 0.06, top - 0.1, 0.03, (240, 205, 60))
    elif who.kind == "soldier":
        for du, dv in ((-0.06, -0.1), (0.05, -0.06), (0.0, -0.22), (0.07, -0.2), (-0.07, -0.25)):
            frame.disc(u * 0.6 + du, top + dv, 0.033, shade(colour, 0.55), outline=False)
        frame.line([(-wide, hip + 0.03), (wide, hip + 0.03)], 0.04, (70, 66, 44))
    elif who.kind == "worker":
        for dv in (-0.14, -0.25):
            frame.line(
                [(u * 0.5 - wide, top + dv), (u * 0.5 + wide, top + dv)], 0.03, (228, 232, 226)
            )


def draw_head(frame: Frame, who: Person, centre: Point, front: bool) -> None:
    """Draw the head with the hat or the hair that goes with the kind."""
    u, v = centre
    r = HEAD
    if who.kind == "woman":
        frame.polygon(
            [
                (u - 1.15 * r, v + 0.3 * r),
                (u - 1.2 * r, v - 1.7 * r),
                (u + (1.2 if front else 0.2) * r, v - 1.7 * r),
                (u + (1.15 if front else 0.5) * r, v),
            ],
            who.hair,
        )
    frame.disc(u, v, r, who.skin)
    if not front:
        frame.polygon(
            [(u + 0.9 * r, v + 0.15 * r), (u + 1.25 * r, v - 0.2 * r), (u + 0.85 * r, v - 0.3 * r)],
            who.skin,
        )
    for eye in (-0.35, 0.35) if front else (0.45,):
        frame.disc(u + eye * r, v + 0.1 * r, 0.16 * r, (30, 26, 26), outline=False)
    dome = [
        (
            u + 1.06 * r * math.cos(math.pi * n / 8),
            v + 0.15 * r + 1.06 * r * math.sin(math.pi * n / 8),
        )
        for n in range(9)
    ]
    if who.kind in {"man", "woman"}:
        if not front:
            dome = [*dome[1:], (u - 0.9 * r, v - 0.5 * r), (u - 0.35 * r, v + 0.2 * r)]
        frame.polygon(dome, who.hair)
    elif who.kind == "officer":
        frame.polygon(
            [
                (u - 1.0 * r, v + 0.3 * r),
                (u + 1.0 * r, v + 0.3 * r),
                (u + 1.35 * r, v + 1.25 * r),
                (u - 1.35 * r, v + 1.25 * r),
            ],
            (32, 34, 52),
        )
        visor = 1.7 if not front else 1.1
        frame.line([(u - 0.9 * r, v + 0.35 * r), (u + visor * r, v + 0.3 * r)], 0.03, (12, 12, 16))
        frame.disc(u + (0.5 * r if not front else 0), v + 0.8 * r, 0.024, (240, 205, 60))
    elif who.kind == "soldier":
        frame.polygon([(p[0], p[1] + 0.1 * r) for p in dome], (84, 92, 58))
        frame.line([(u - 1.2 * r, v + 0.25 * r), (u + 1.2 * r, v + 0.25 * r)], 0.03, (56, 62, 38))
    else:
        frame.polygon([(p[0], p[1] + 0.15 * r) for p in dome], (245, 200, 40))
        frame.line(
            [(u - (1.3 if front else 1.0) * r, v + 0.3 * r), (u + 1.6 * r, v + 0.3 * r)],
            0.03,
            (215, 165, 25),
        )


def draw_bust(frame: Frame, who: Person, *, wheel: bool = True) -> None:
    """Draw head, shoulders and arms only, as seen in a window; the origin is the lower edge.

    The frame's size is still that of the whole body; the bust is about 0.45 of it tall.
    """
    draw_torso(frame, who, (0.0, 0.2), 0.0, front=False)
    draw_head(frame, who, (0.02, 0.355), front=False)
    if wheel:
        _arm(frame, who, (0.0, 0.2), (0.24, 0.12), shadow=False)
        frame.line([(0.23, 0.04), (0.3, 0.22)], 0.03, (20, 20, 22))
