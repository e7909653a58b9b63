"""Pictures in which everything visible is named and boxed, for generic naming and locating.

Not one of the four corpora: no event types, no roles. Only the embedded model's base learns from it.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

from rmpl.corpora.world.scenes import Scene, draw_happening, draw_still
from rmpl.corpora.world.situations_plan import SITUATIONS, invent
from rmpl.records import Box, Document, Image, ImageArgument, ImageEvent

SCENE = "scene"
"""The type of the one "event" of a picture: that there are things in it."""
_QUALITY = 90
_FEW = 0.45
_STILL = 0.75


def write_gallery(
    folder: Path, count: int, *, seed: int, drawn: Callable[[], None] | None = None
) -> list[Document]:
    """Draw ``count`` pictures into ``folder`` and return a document of each.

    Nearly half show one to three things, which are soon learnt; the rest are crowded, and a quarter
    shows happenings. Every box has its look as gloss, and the caption lists them from left to
    right. No look is a held-out one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    documents = []
    for number in range(count):
        scene = _scene(random.Random(f"{seed}/gallery/{number}"))
        name = f"gallery_{number}"
        path = folder / f"{name}.jpg"
        scene.image.save(path, quality=_QUALITY)
        documents.append(_document(name, path, scene))
        if drawn is not None:
            drawn()
    return documents


def _scene(rng: random.Random) -> Scene:
    draw = rng.random()
    if draw < _FEW:
        return draw_still(rng, n=rng.randint(1, 3))
    if draw < _STILL:
        return draw_still(rng, n=rng.randint(2, 5))
    return draw_happening(invent(rng.choice(sorted(SITUATIONS)), rng, held_out=False), rng)


def _document(name: str, path: Path, scene: Scene) -> Document:
    things = []
    for placed in sorted(scene.placed, key=lambda p: p.box):
        look = placed.entity.looks if placed.entity.count > 1 else placed.entity.look
        things.append(ImageArgument("thing", Box(*map(float, placed.box)), gloss=look))
    caption = ", ".join(thing.gloss or "" for thing in things)
    return Document(
        id=name,
        images=(Image(name, str(path), *scene.image.size),),
        image_events=(ImageEvent(name, name, SCENE, tuple(things), caption=caption),),
    )
