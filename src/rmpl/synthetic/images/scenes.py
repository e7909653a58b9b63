"""Drawing the image of a happening: backdrop, clutter and cast.

An image in which a participant is more than half occluded is drawn again.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from rmpl.synthetic.images import acts_conflict, acts_movement, acts_people, acts_quiet
from rmpl.synthetic.images.backdrop import develop
from rmpl.synthetic.images.clutter import put_before, put_behind
from rmpl.synthetic.images.composition import ATTEMPTS, Placed, Scene, see, set_stage
from rmpl.synthetic.images.stage import Act
from rmpl.synthetic.images.stills import TIE_KINDS, TIES, draw_still, draw_tie
from rmpl.synthetic.story.plot import COLOURS, HELD_OUT_LOOKS, PERSONS, VEHICLES, Happening
from rmpl.synthetic.story.situations_plan import NEAR_MISSES

__all__ = [
    "NEAR_MISSES",
    "TIES",
    "TIE_KINDS",
    "Placed",
    "Scene",
    "draw_happening",
    "draw_still",
    "draw_tie",
]

ACTS: dict[str, Act] = {
    **acts_conflict.ACTS,
    **acts_people.ACTS,
    **acts_movement.ACTS,
    **acts_quiet.ACTS,
}


def draw_happening(
    happening: Happening,
    rng: random.Random,
    *,
    clutter: float = 0.5,
    colours: Sequence[str] = tuple(COLOURS),
) -> Scene:
    """Draw a happening (an event or a near miss) with its cast among clutter.

    Parameters
    ----------
    happening
        Its ``verb`` determines how it is drawn.
    rng
        Source of every choice.
    clutter
        From 0 (the cast alone) to 1 (many bystanders and objects).
    colours
        Colours of bystanders and other clutter.

    Returns
    -------
    Scene
        Every participant is at least half visible. Clutter has held-out looks only if a participant
        has one, and never a participant's look.

    Raises
    ------
    KeyError
        If the verb is not one that can be drawn.
    """
    act = ACTS[happening.verb]
    looks = {(entity.kind, entity.colour) for _, entity in happening.roles}
    people = sum(entity.count for _, entity in happening.roles if entity.kind in PERSONS)
    wide = act.width[0] + act.width[1] * people
    if happening.verb == "shooting" and any(e.kind in VEHICLES for _, e in happening.roles):
        wide += 0.95
    order = [role for role, _ in happening.roles]
    for attempt in range(ATTEMPTS):
        stage = set_stage(
            rng,
            wide,
            tall=act.height,
            indoors=act.indoors,
            held_out=bool(looks & HELD_OUT_LOOKS),
            colours=colours,
        )
        stage.looks_taken |= looks
        # Reduce the clutter if it still occludes the cast.
        some = clutter if attempt < ATTEMPTS // 2 else 0.0
        put_behind(stage, some, bulk=act.bulk)
        act.play(stage, happening)
        put_before(stage, some)
        placed = see(stage.canvas, order)
        if placed is not None:
            return Scene(develop(stage.canvas.image, rng), placed)
    raise AssertionError(f"{happening.verb}: the cast stays hidden; its act needs more room")
