"""Images with names and boxes of all visible things, for pretraining the embedded model.

It is not one of the four corpora and has no event types or roles.
"""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable
from pathlib import Path

from rmpl.corpora.captions import say
from rmpl.records import Box, Document, Image, ImageArgument, ImageEvent
from rmpl.synthetic.images.scenes import Scene, draw_happening, draw_still
from rmpl.synthetic.story.plot import Entity, Happening
from rmpl.synthetic.story.situations_plan import SITUATIONS, imsitu_players, invent

SCENE = "scene"
"""The type of the only "event" of an image, which holds its things."""
THING, ACTING = "thing", "acting"
"""The role of a box: something present, or something that the caption mentions."""
_QUALITY = 90
_FEW = 0.25
_STILL = 0.5


def write_gallery(
    folder: Path,
    count: int,
    *,
    seed: int,
    close_ups: bool = False,
    drawn: Callable[[], None] | None = None,
) -> list[Document]:
    """Draw ``count`` images into ``folder`` and return a document of each.

    Close-ups show one large thing, as the easiest examples. Of the others a quarter shows one to
    three things, a quarter is crowded, and half show happenings with a caption. The gloss of a box
    is its look; no held-out look occurs.
    """
    folder.mkdir(parents=True, exist_ok=True)
    documents = []
    for number in range(count):
        rng = random.Random(f"{seed}/gallery/{close_ups}/{number}")
        scene, caption = (_close_up(rng), None) if close_ups else _scene(rng)
        name = f"{folder.name}_{number}"
        path = folder / f"{name}.jpg"
        scene.image.save(path, quality=_QUALITY)
        documents.append(_document(name, path, scene, caption))
        if drawn is not None:
            drawn()
    return documents


def _scene(rng: random.Random) -> tuple[Scene, str | None]:
    draw = rng.random()
    if draw < _FEW:
        return draw_still(rng, n=rng.randint(1, 3)), None
    if draw < _STILL:
        return draw_still(rng, n=rng.randint(2, 5)), None
    happening = invent(rng.choice(sorted(SITUATIONS)), rng, held_out=False)
    return draw_happening(happening, rng), _caption(happening)


def _caption(happening: Happening) -> str:
    situation = SITUATIONS[happening.verb]
    players = imsitu_players(happening)
    glosses = {role: _gloss(found[0]) for role, found in players.items()}
    return say(situation.abstract, situation.order, dict(glosses))


def _gloss(entity: Entity) -> str:
    return entity.looks if entity.count > 1 else entity.look


def _close_up(rng: random.Random) -> Scene:
    scene = draw_still(rng, n=1)
    width, height = scene.image.size
    x1, y1, x2, y2 = scene.placed[0].box
    left = max(0, round(x1 - rng.uniform(0.1, 0.8) * (x2 - x1) - 4))
    top = max(0, round(y1 - rng.uniform(0.1, 0.5) * (y2 - y1) - 4))
    right = min(width, round(x2 + rng.uniform(0.1, 0.8) * (x2 - x1) + 4))
    bottom = min(height, round(y2 + rng.uniform(0.1, 0.5) * (y2 - y1) + 4))
    box = (x1 - left, y1 - top, x2 - left, y2 - top)
    placed = dataclasses.replace(scene.placed[0], box=box)
    return Scene(scene.image.crop((left, top, right, bottom)), (placed,))


def _document(name: str, path: Path, scene: Scene, caption: str | None) -> Document:
    things = []
    for placed in sorted(scene.placed, key=lambda p: p.box):
        kind = THING if placed.role is None else ACTING
        things.append(ImageArgument(kind, Box(*placed.box), gloss=_gloss(placed.entity)))
    return Document(
        id=name,
        images=(Image(name, str(path), *scene.image.size),),
        image_events=(ImageEvent(name, name, SCENE, tuple(things), caption=caption),),
    )
