"""Composing an image: size, backdrop and stage before drawing, boxes of visible things after.

Boxes are computed from visible pixels (see ``canvas``), so they are tight around the visible part
of partly occluded figures.
"""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Sequence

from PIL import Image

from rmpl.synthetic.images.backdrop import BACKDROPS, INDOOR, OUTDOOR, draw_backdrop
from rmpl.synthetic.images.canvas import BoxTuple, Canvas
from rmpl.synthetic.images.stage import Stage
from rmpl.synthetic.story.plot import COLOURS, Entity

LEAST_SEEN = 0.5
"""The minimum visible share of a participant."""

ATTEMPTS = 8
"""The number of attempts to compose an image without occluded participants."""


@dataclasses.dataclass(frozen=True)
class Placed:
    """Something visible in an image.

    Parameters
    ----------
    entity
        The person or thing.
    box
        x1, y1, x2, y2 in pixels of the image, x2 and y2 exclusive: tight around the visible part;
        for a group the union of its members.
    role
        The role it plays in the happening; ``None`` for a bystander.
    members
        For a group: the box of each member.
    """

    entity: Entity
    box: BoxTuple
    role: str | None = None
    members: tuple[BoxTuple, ...] = ()


@dataclasses.dataclass(frozen=True)
class Scene:
    """A finished RGB image and the named things in it, participants first."""

    image: Image.Image
    placed: tuple[Placed, ...]


def set_stage(
    rng: random.Random,
    wide: float,
    *,
    tall: float = 1.1,
    indoors: bool = True,
    held_out: bool = False,
    colours: Sequence[str] = tuple(COLOURS),
) -> Stage:
    """Choose an image's size and backdrop, and the position and size of the stage.

    Parameters
    ----------
    rng
        Source of every choice.
    wide, tall
        The space required, in body heights.
    indoors
        Whether the backdrop may be a room.
    held_out, colours
        The looks that clutter may have.
    """
    aspect = rng.uniform(1.05, 1.6) if wide > 1.6 or rng.random() < 0.6 else rng.uniform(0.7, 1.05)
    width = rng.randrange(192, 289, 4) if aspect > 1.05 else rng.randrange(160, 225, 4)
    height = 2 * round(width / aspect / 2)
    backdrop = rng.choice(BACKDROPS if indoors else OUTDOOR)
    horizon = rng.uniform(0.42, 0.68)
    background = draw_backdrop(backdrop, 2 * width, 2 * height, int(2 * height * horizon), rng)
    ground = height * rng.uniform(max(0.84, horizon + 0.16), 0.95)
    body = min(rng.uniform(0.42, 0.72) * height, 0.94 * width / wide, 0.97 * ground / tall)
    room = max(0.0, width - wide * body) / 2
    x = width / 2 + rng.uniform(-0.85, 0.85) * room
    return Stage(
        canvas=Canvas(background),
        rng=rng,
        x=x,
        ground=ground,
        body=body,
        direction=rng.choice((-1, 1)),
        width=wide,
        held_out=held_out,
        indoors=backdrop in INDOOR,
        colours=colours,
    )


def see(canvas: Canvas, order: Sequence[str]) -> tuple[Placed, ...] | None:
    """Return visible things, participants first; ``None`` if a participant is too occluded."""
    parts: dict[int, list[tuple[BoxTuple, float]]] = {}
    about: dict[int, tuple[Entity, str | None]] = {}
    for owner, box, share in canvas.visible():
        about[owner.part_of] = (owner.entity, owner.role)
        seen = parts.setdefault(owner.part_of, [])
        if box is not None and share >= (LEAST_SEEN if owner.role else 0.4):
            seen.append((box, share))
        elif owner.role:
            return None
    placed: list[Placed] = []
    for part, members in parts.items():
        entity, role = about[part]
        boxes = [box for box, _ in members if box[2] - box[0] > 3 and box[3] - box[1] > 3]
        if not boxes:
            continue
        union = (
            min(b[0] for b in boxes),
            min(b[1] for b in boxes),
            max(b[2] for b in boxes),
            max(b[3] for b in boxes),
        )
        entity = dataclasses.replace(entity, count=len(boxes)) if role is None else entity
        group = tuple(sorted(boxes)) if len(boxes) > 1 else ()
        placed.append(Placed(entity, union, role, group))
    rank = {role: number for number, role in enumerate(dict.fromkeys(order))}
    placed.sort(key=lambda p: rank.get(p.role or "", len(rank)))
    return tuple(placed)
