"""Drawing the images of the synthetic corpus and saving them, byte-identical per seed."""

from __future__ import annotations

import random
from pathlib import Path

from PIL import Image

from rmpl.synthetic.images.scenes import Scene, draw_happening, draw_still
from rmpl.synthetic.story.plot import Entity, Happening

JPEG_QUALITY = 88


def shoot(
    happening: Happening | None,
    entities: tuple[Entity, ...] | None,
    rng: random.Random,
    *,
    held_out: bool,
) -> Scene:
    """Draw a happening, or ``entities`` (``None``: any) standing around.

    Parameters
    ----------
    held_out
        Whether looks held out for the test corpus may occur in an image without a happening.
    """
    clutter = rng.uniform(0.1, 0.8)
    if happening is not None:
        return draw_happening(happening, rng, clutter=clutter)
    return draw_still(rng, entities=list(entities or ()), held_out=held_out)


def save_image(image: Image.Image, path: Path) -> None:
    """Write a JPEG without chroma subsampling, since the task depends on colours."""
    image.save(path, format="JPEG", quality=JPEG_QUALITY, subsampling=0)
