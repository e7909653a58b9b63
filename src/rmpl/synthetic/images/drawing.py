"""Draw one figure or object, by its kind and colour."""

from __future__ import annotations

import random

from rmpl.synthetic.images.canvas import Frame
from rmpl.synthetic.images.figures import Person, Pose, draw_person
from rmpl.synthetic.images.things import (
    COLOURED_DRAWERS,
    PLAIN_DRAWERS,
    draw_building,
    draw_dog,
    draw_flames,
    draw_letter,
    draw_tree,
)
from rmpl.synthetic.images.vehicles import BUILDS, draw_vehicle
from rmpl.synthetic.story.plot import COLOURED_THINGS, COLOURS, PERSONS, VEHICLES

COLOURED: frozenset[str] = frozenset(PERSONS + VEHICLES + COLOURED_THINGS)

HEIGHTS: dict[str, float] = {
    "placard": 0.27,
    "crate": 0.32,
    "bag": 0.3,
    "building": 1.75,
    "tent": 0.85,
    "rifle": 0.55,
    "knife": 0.26,
    "club": 0.42,
    "phone": 0.2,
    "letter": 0.13,
    "money": 0.14,
    "handcuffs": 0.2,
    "flames": 0.55,
    "sheet": 0.6,
    "table": 0.38,
    "tree": 1.5,
    "fence": 0.32,
    "lamp": 1.55,
    "dog": 0.36,
    "car": 1.5,
    "truck": 1.8,
    "bus": 2.1,
    "boat": 1.6,
    "helicopter": 2.0,
}
"""Natural frame size of every kind of object, in body heights (see ``things`` and ``vehicles``)."""


def draw_thing(
    frame: Frame, kind: str, colour: str | None, rng: random.Random, *, style: str = ""
) -> None:
    """Draw an object or a standing person at the frame's origin.

    Parameters
    ----------
    frame
        Its size is the object's as said in ``things`` and ``vehicles``, or the body's height.
    kind
        A kind of ``story``.
    colour
        A key of COLOURS; ``None`` for plain things.
    rng
        Chooses details that are not part of the look (windows, fur, skin).
    style
        ``"open"`` opens a vehicle's door; ``"written"`` adds the pen to a letter.
    """
    if kind in PERSONS:
        draw_person(frame, Person.dress(kind, colour or "white", rng), Pose(front=True))
    elif kind in BUILDS:
        draw_vehicle(frame, kind, COLOURS[colour or "white"], door_open=style == "open")
    elif kind == "building":
        draw_building(frame, COLOURS[colour or "white"], rng)
    elif kind in COLOURED_DRAWERS:
        COLOURED_DRAWERS[kind](frame, COLOURS[colour or "white"])
    elif kind == "flames":
        draw_flames(frame, rng)
    elif kind == "tree":
        draw_tree(frame, rng)
    elif kind == "dog":
        draw_dog(frame, rng)
    elif kind == "letter":
        draw_letter(frame, pen=style == "written")
    else:
        PLAIN_DRAWERS[kind](frame)
