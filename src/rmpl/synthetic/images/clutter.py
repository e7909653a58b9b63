"""Bystanders and objects that do not take part in the event."""

from __future__ import annotations

from rmpl.synthetic.images.drawing import HEIGHTS
from rmpl.synthetic.images.figures import Pose
from rmpl.synthetic.images.stage import Stage
from rmpl.synthetic.story.plot import PERSONS, Entity

_BEHIND: tuple[str, ...] = (*PERSONS, *PERSONS, "tree", "lamp", "car", "truck", "building", "tent")
_BEHIND_INDOORS: tuple[str, ...] = (*PERSONS, *PERSONS, "table", "crate", "bag", "lamp")
_BEHIND_SMALL: tuple[str, ...] = (*PERSONS, "tree", "lamp")
_BEFORE: tuple[str, ...] = ("crate", "bag", "dog", "fence")


def put_behind(stage: Stage, clutter: float, *, bulk: bool = True) -> None:
    """Put up to five things behind the stage, smaller and higher up, as if further away.

    People face away from the event. Without ``bulk`` there are no houses, tents and vehicles.
    """
    rng, canvas = stage.rng, stage.canvas
    kinds = _BEHIND_INDOORS if stage.indoors else _BEHIND if bulk else _BEHIND_SMALL
    count = sum(rng.random() < clutter for _ in range(5))
    for depth in sorted((rng.uniform(0.1, 0.3) for _ in range(count)), reverse=True):
        scale = 1.0 - 1.3 * depth
        x = rng.choice((rng.uniform(0.03, 0.3), rng.uniform(0.7, 0.97))) * canvas.width
        u = (x - stage.x) * stage.direction / stage.body
        entity = stage.stranger(kinds)
        facing = stage.direction * (1 if x > canvas.width / 2 else -1)
        if entity.kind in PERSONS:
            pose = rng.choice((Pose(front=True), Pose(), Pose(stride=0.13)))
            figure = stage.person(entity, None, u, pose, facing=facing, v=depth, scale=scale)
            if entity.kind == "soldier" and rng.random() < 0.6:
                size = stage.visible_size(HEIGHTS["rifle"] * scale, 0.1)
                frame = stage.held(figure, (0.08, 0.5), size, rng.uniform(-75, -55))
                stage.thing(Entity("rifle"), None, frame)
        else:
            size = HEIGHTS[entity.kind] * scale * stage.body * 0.9
            stage.thing(entity, None, stage.frame(u, depth, size, facing=facing))
    stage.scenery()


def put_before(stage: Stage, clutter: float) -> None:
    """Put at most one small thing in the foreground, near a corner."""
    rng, canvas = stage.rng, stage.canvas
    if rng.random() >= clutter * 0.7:
        return
    entity = stage.stranger(_BEFORE)
    x = rng.choice((rng.uniform(0.06, 0.2), rng.uniform(0.8, 0.94))) * canvas.width
    u = (x - stage.x) * stage.direction / stage.body
    v = (stage.ground - 0.985 * canvas.height) / stage.body
    size = stage.visible_size(HEIGHTS[entity.kind] * 0.9, 0.11)
    stage.thing(entity, None, stage.frame(u, v, size, facing=rng.choice((1, -1))))
    stage.scenery()
