"""Images without a happening: people and things, and pairs in a visible relation."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable

from rmpl.synthetic.images.acts_movement import LENGTHS, seat_driver
from rmpl.synthetic.images.backdrop import develop
from rmpl.synthetic.images.clutter import put_before, put_behind
from rmpl.synthetic.images.composition import ATTEMPTS, Scene, see, set_stage
from rmpl.synthetic.images.drawing import HEIGHTS
from rmpl.synthetic.images.figures import Pose
from rmpl.synthetic.images.stage import STANDING, Figure, Stage
from rmpl.synthetic.story.plot import (
    COLOURED_THINGS,
    HELD_OUT_LOOKS,
    PERSONS,
    PLAIN_THINGS,
    VEHICLES,
    Entity,
)

NEUTRAL: tuple[Pose, ...] = (
    STANDING,
    STANDING,
    Pose(),
    Pose(stride=0.13),
    Pose(near=(0.06, 0.42), far=(0.1, 0.44)),
    Pose(near=(0.22, 0.42), far=(0.2, 0.4), drop=0.19, seated=True),
)
_BIG: frozenset[str] = frozenset({*VEHICLES, "building", "tent", "tree", "lamp"})
_IN_HAND: frozenset[str] = frozenset({"bag", "rifle", "knife", "club", "phone", "letter", "money"})
_LEAST: dict[str, float] = {"letter": 0.075, "money": 0.085, "placard": 0.085}


def _small(stage: Stage, kind: str) -> float:
    return stage.visible_size(HEIGHTS[kind], _LEAST.get(kind, 0.11))


def _room(entity: Entity) -> float:
    """Return the width of an entity along u, in body heights."""
    if entity.kind in PERSONS:
        return 0.42 * entity.count
    wide = {"building": 1.5, "tent": 1.6, "tree": 0.8, "lamp": 0.5, "table": 1.0, "fence": 1.3}
    return LENGTHS.get(entity.kind, wide.get(entity.kind, 0.5)) * entity.count


def draw_still(
    rng: random.Random,
    *,
    entities: list[Entity] | None = None,
    n: int | None = None,
    held_out: bool = False,
) -> Scene:
    """Draw an image without an event: people stand, walk or sit, things stand or lie around.

    Parameters
    ----------
    rng
        Source of every choice.
    entities
        Required entities, each at least half visible; further ones are generated.
    n
        The total number of entities; 2 to 5 if absent (never fewer than the given ones).
    held_out
        Whether generated entities may have a held-out look.

    Returns
    -------
    Scene
        All ``placed`` without a role; the given entities first.
    """
    given = list(entities or ())
    total = max(len(given), rng.randint(2, 5) if n is None else n)
    for attempt in range(4 * ATTEMPTS):
        cast = list(given)
        looks = {(entity.kind, entity.colour) for entity in given}
        stage = set_stage(
            rng, 1.0, indoors=not any(e.kind in _BIG for e in given), held_out=held_out
        )
        stage.looks_taken |= looks
        while len(cast) < total:
            cast.append(_passer_by(stage, cast))
        big = [entity for entity in cast if entity.kind in _BIG]
        rest = [entity for entity in cast if entity.kind not in _BIG]
        wide = max(sum(map(_room, big)), sum(map(_room, rest)) + 0.2, 0.8)
        stage.body = min(stage.body, 0.95 * stage.canvas.width / wide)
        stage.x, stage.width = stage.canvas.width / 2, stage.canvas.width / stage.body
        for layer, depth in ((big, rng.uniform(0.1, 0.3)), (rest, 0.0)):
            rng.shuffle(layer)
            _spread(stage, layer, depth)
        placed = see(stage.canvas, ["given"])
        if placed is not None or attempt == 4 * ATTEMPTS - 1:
            break
    if placed is None:
        raise ValueError(f"{len(cast)} entities do not fit into one image: {cast}")
    rank = {entity: number for number, entity in enumerate(given)}
    bare = [dataclasses.replace(p, role=None) for p in placed]
    bare.sort(key=lambda p: rank.get(p.entity, len(rank)))
    return Scene(develop(stage.canvas.image, rng), tuple(bare))


def _passer_by(stage: Stage, cast: list[Entity]) -> Entity:
    """Generate an entity that fits the backdrop and does not create an event."""
    while True:
        pools = (PERSONS, VEHICLES, COLOURED_THINGS, PLAIN_THINGS)
        entity = stage.stranger(stage.rng.choices(pools, (9, 3, 4, 5))[0])
        if entity.kind in _BIG and stage.indoors:
            continue
        # Fire in front of a house or a vehicle would be an attack; at most one fire and one sheet.
        burns = {"flames", "building", "tent", *VEHICLES}
        if "flames" in {entity.kind, *(e.kind for e in cast)} and (
            entity.kind in burns and any(e.kind in burns for e in cast)
        ):
            continue
        if entity in cast:
            continue
        if entity.kind in PERSONS and stage.rng.random() < 0.25:
            return dataclasses.replace(entity, count=stage.rng.randint(2, 4))
        return entity


def _spread(stage: Stage, cast: list[Entity], depth: float) -> None:
    """Put entities from left to right with random gaps; small things may be in a hand."""
    rng = stage.rng
    spare = max(0.0, stage.width - sum(map(_room, cast)) - 0.1)
    cuts = sorted(rng.uniform(0, spare) for _ in cast)
    used = 0.0
    holder: Figure | None = None
    for entity, cut in zip(cast, cuts, strict=True):
        left = -stage.width / 2 + 0.05 + cut + used
        used += _room(entity)
        part = stage.canvas.new_part()
        for n in range(entity.count):
            u = left + _room(entity) * (n + 0.5) / entity.count
            if entity.kind in PERSONS:
                pose, facing = rng.choice(NEUTRAL), rng.choice((1, -1))
                v = rng.uniform(-0.04, 0.12)
                if pose.seated:
                    stage.stool(u, facing, v)
                held = stage.person(entity, "given", u, pose, facing=facing, v=v, part=part)
                holder = held if pose in {NEUTRAL[2], NEUTRAL[3]} and entity.count == 1 else None
            else:
                holder = _put(stage, entity, u, depth, part, holder)


def _put(
    stage: Stage, entity: Entity, u: float, depth: float, part: int, holder: Figure | None
) -> Figure | None:
    """Put one thing on the ground or into the lowered hand of ``holder``; return a free hand."""
    rng, kind = stage.rng, entity.kind
    if holder and kind in _IN_HAND and rng.random() < 0.5:
        hand = (0.05, 0.385)
        turned = {"rifle": -65.0, "knife": -40.0, "club": -60.0}.get(kind, 0.0)
        low = (0.05, 0.385 - (0.26 if kind == "bag" else 0.0))
        stage.thing(
            entity, "given", stage.held(holder, low, _small(stage, kind), turned), part=part
        )
        stage.hands((holder, hand))
        return None
    if kind in _BIG:
        size = HEIGHTS[kind] * stage.body * (0.85 if kind in VEHICLES else 0.95)
        frame = stage.frame(u, depth, size, facing=rng.choice((1, -1)))
    elif kind in {"table", "fence", "flames", "dog"}:
        size = max(HEIGHTS[kind] * stage.body, 0.14 * stage.canvas.long_side)
        frame = stage.frame(u, rng.uniform(-0.04, 0.08), size, facing=rng.choice((1, -1)))
    else:
        size = _small(stage, kind)
        flat = kind in {"rifle", "knife", "club", "handcuffs"}
        turned = rng.uniform(-15, 15) if flat else rng.choice((0.0, 0.0, 12.0))
        frame = stage.frame(
            u, rng.uniform(0.0, 0.1) + (0.06 if flat else 0.0), size, degrees=turned
        )
    stage.thing(entity, "given", frame, part=part)
    return holder


def _pair(stage: Stage, cast: tuple[Entity, Entity], gap: float, poses: tuple[Pose, Pose]) -> None:
    """Stand head and tail side by side, both turned to the viewer or both forward."""
    head, tail = cast
    stage.person(tail, "tail", gap / 2, poses[1])
    stage.person(head, "head", -gap / 2, poses[0])


def _hand_in_hand(stage: Stage, head: Entity, tail: Entity) -> None:
    gap = 0.5
    mirrored = Pose(far=(-gap / 2, 0.44), front=True)
    stage.person(head, "head", -gap / 2, Pose(near=(gap / 2, 0.44), front=True))
    figure = stage.person(tail, "tail", gap / 2, mirrored)
    stage.hands((figure, (-gap / 2, 0.44)))


def _arm_round(stage: Stage, head: Entity, tail: Entity) -> None:
    gap = 0.33
    stage.person(tail, "tail", gap / 2, Pose(front=True))
    figure = stage.person(head, "head", -gap / 2, Pose(near=(gap + 0.12, 0.74), front=True))
    stage.hands((figure, (gap + 0.1, 0.74)))


def _side_by_side(stage: Stage, head: Entity, tail: Entity) -> None:
    pose = Pose(stride=0.13)
    _pair(stage, (head, tail), 0.4, (pose, pose))


def _apart(stage: Stage, head: Entity, tail: Entity) -> None:
    between = Entity(stage.rng.choice(("tree", "lamp", "fence")))
    size = HEIGHTS[between.kind] * stage.body * 0.9
    stage.thing(between, None, stage.frame(0.0, 0.05, size))
    _lone(stage, head, "head", -0.72, -1)
    _lone(stage, tail, "tail", 0.72, 1)


def _lone(stage: Stage, entity: Entity, role: str, u: float, facing: int) -> None:
    if entity.kind in PERSONS:
        stage.person(entity, role, u, Pose(), facing=facing)
    else:
        size = {"building": 1.2, "tent": 0.5}.get(entity.kind)
        pixels = (size or LENGTHS.get(entity.kind, 0.0) * 0.6) * stage.body
        frame = stage.frame(u, 0.0, pixels or _small(stage, entity.kind), facing=facing)
        stage.thing(entity, role, frame)


def _points_at(stage: Stage, head: Entity, tail: Entity) -> None:
    _lone(stage, tail, "tail", 0.62, 1)
    stage.person(head, "head", -0.5, Pose(near=(0.42, 0.76), lean=0.02))


def _holds(stage: Stage, head: Entity, tail: Entity) -> None:
    grip = (0.2, 0.62)
    size = _small(stage, tail.kind)
    pose = Pose(near=grip, far=(0.26, 0.6), stride=0.05)
    figure = stage.person(head, "head", 0.0, pose)
    stick = tail.kind == "placard"
    spot = (0.22, 0.5) if stick else (0.27, 0.56)
    stage.thing(tail, "tail", stage.held(figure, spot, size))
    stage.hands((figure, grip))


def _in_front_of(stage: Stage, head: Entity, tail: Entity) -> None:
    size = {"building": 1.6, "tent": 0.95}.get(tail.kind) or LENGTHS[tail.kind]
    stage.thing(tail, "tail", stage.frame(0.0, 0.1, size * stage.body))
    u = stage.rng.uniform(-0.4, 0.4)
    stage.person(head, "head", u, STANDING, v=-0.02, scale=0.75 if tail.kind == "tent" else 0.9)


def _inside(stage: Stage, head: Entity, tail: Entity) -> None:
    seat_driver(stage, (head, "head"), (tail, "tail"), stage.width * 0.92)


_PEOPLE_ONLY = (PERSONS, PERSONS)
_WITH_BULK = (PERSONS, (*VEHICLES, "building", "tent"))
_TIES: dict[str, tuple[Callable[[Stage, Entity, Entity], None], float, float]] = {
    "hand_in_hand": (_hand_in_hand, 0.95, 1.1),
    "arm_round": (_arm_round, 0.85, 1.1),
    "side_by_side": (_side_by_side, 0.95, 1.1),
    "apart": (_apart, 2.1, 1.45),
    "points_at": (_points_at, 1.9, 1.3),
    "holds": (_holds, 0.85, 1.1),
    "in_front_of": (_in_front_of, 1.75, 1.65),
    "inside": (_inside, 1.9, 1.0),
}
TIES: tuple[str, ...] = tuple(_TIES)
"""Visible relations. hand_in_hand: both face the viewer, arms down, hands joined between them;
arm_round: close together, head's arm over tail's shoulder; side_by_side: both walk the same way,
one behind the other's shoulder; apart: far from one another, backs turned, something between them;
points_at: head stretches an arm towards tail, some way off; holds: head has tail in both hands;
in_front_of: head stands before a much larger tail; inside: head is at the window of tail."""

TIE_KINDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "hand_in_hand": _PEOPLE_ONLY,
    "arm_round": _PEOPLE_ONLY,
    "side_by_side": _PEOPLE_ONLY,
    "apart": (PERSONS, (*PERSONS, *VEHICLES, "building", "tent", "crate", "bag")),
    "points_at": (PERSONS, (*PERSONS, *VEHICLES, "building", "tent", "crate", "bag")),
    "holds": (PERSONS, ("placard", "crate", "bag", "letter", "phone")),
    "in_front_of": _WITH_BULK,
    "inside": (PERSONS, ("car", "truck", "bus", "boat")),
}
"""The kinds allowed for the head and the tail of each relation."""


def draw_tie(head: Entity, tail: Entity, tie: str, rng: random.Random) -> Scene:
    """Draw two entities in a visible relation, among a little clutter.

    Parameters
    ----------
    head, tail
        One person or thing each; ``TIE_KINDS`` lists the allowed kinds.
    tie
        One of ``TIES``, where each is described.
    rng
        Source of every choice.

    Returns
    -------
    Scene
        With the roles ``head`` and ``tail``.

    Raises
    ------
    ValueError
        If the tie is unknown or not allowed between these kinds.
    """
    if tie not in _TIES:
        raise ValueError(f"no tie {tie!r}: choose one of {', '.join(TIES)}")
    heads, tails = TIE_KINDS[tie]
    if head.kind not in heads or tail.kind not in tails:
        raise ValueError(f"{tie} does not go with {head.kind} and {tail.kind}")
    play, wide, height = _TIES[tie]
    looks = {(entity.kind, entity.colour) for entity in (head, tail)}
    for attempt in range(2 * ATTEMPTS):
        indoors = not {tail.kind} & {*VEHICLES, "building", "tent"} and tie != "apart"
        stage = set_stage(
            rng, wide, tall=height, indoors=indoors, held_out=bool(looks & HELD_OUT_LOOKS)
        )
        stage.looks_taken |= looks
        clutter = 0.3 if attempt < ATTEMPTS else 0.0
        put_behind(stage, clutter)
        play(stage, head, tail)
        put_before(stage, clutter)
        placed = see(stage.canvas, ["head", "tail"])
        if placed is not None:
            return Scene(develop(stage.canvas.image, rng), placed)
    raise AssertionError(f"{tie}: head or tail stays hidden; the tie needs more room")
