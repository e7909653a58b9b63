"""Taking the pictures of the world and storing them, byte-identical for one seed."""

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
    """Draw a happening, or ``entities`` (``None``: anybody) standing about.

    Parameters
    ----------
    held_out
        Whether looks that are kept for the test world may occur in a picture without a happening.
    """
    clutter = rng.uniform(0.1, 0.8)
    if happening is not None:
        return draw_happening(happening, rng, clutter=clutter)
    return draw_still(rng, entities=list(entities or ()), held_out=held_out)


def save_picture(image: Image.Image, path: Path) -> None:
    """Write a JPEG with full colour resolution; the colour of a coat is what the task is about."""
    image.save(path, format="JPEG", quality=JPEG_QUALITY, subsampling=0)
