"""Images for a server, prepared here as the local processor would see them.

A server resizes by its checkpoint's own bounds and knows nothing of a recipe's. An image is
therefore brought, before it is sent, to the size that the model was trained with: that lies within
the checkpoint's bounds, so the server leaves it as it is. Where it does not lie within them, the
server is told the bounds (``mm_processor_kwargs``, which vLLM takes), or the image is brought to
what both allow and boxes are read for that size.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec
import PIL.Image

from rmpl.backbones.checkpoints import local_folder, model_type_of
from rmpl.backbones.families import family_of
from rmpl.backbones.family import Family
from rmpl.backbones.known import known_checkpoint
from rmpl.backbones.settings import Settings, pixel_bounds
from rmpl.errors import RmplError
from rmpl.tasks.boxes import resized


class ServedImages(NamedTuple):
    """How images are sent.

    Parameters
    ----------
    settings
        The model's settings with the bounds that hold for the images it will see.
    prepared
        Returns an upright RGB image as it is sent.
    options
        What the server's processor is to be told (``mm_processor_kwargs``); usually nothing.
    """

    settings: Settings
    prepared: Callable[[PIL.Image.Image], PIL.Image.Image]
    options: dict[str, int]


class _Own(NamedTuple):
    """A checkpoint's own resizing: bounds of the area and the divisor of the sides, in pixels."""

    low: int
    high: int
    factor: int


def served_images(
    source: str, settings: Settings, takes_options: Callable[[], bool]
) -> ServedImages:
    """Return how images are sent to a server.

    Parameters
    ----------
    source
        The served checkpoint, or the base of the served adapter: a folder or a hub id.
    settings
        Those of training.
    takes_options
        Whether the server takes options for its processor; called only if they are needed.

    Raises
    ------
    RmplError
        If the checkpoint's family is not known.
    """
    family = family_of(model_type_of(source), source)
    if family.pixels is None:
        return ServedImages(settings, _as_given(family, source), {})
    own = _own_resizing(source, family)
    low, high = pixel_bounds(family, settings)
    if own is not None:
        low, high = low or own.low, high or own.high
    options = {}
    if own is not None and not own.low <= low <= high <= own.high:
        if takes_options():
            options = {"min_pixels": low, "max_pixels": high}
        else:
            low, high = max(low, own.low), min(high, own.high)
            if low > high:
                low, high = own.low, own.high
    in_force = msgspec.structs.replace(settings, min_pixels=low, max_pixels=high)
    factor = family.factor if own is None else own.factor

    def prepared(image: PIL.Image.Image) -> PIL.Image.Image:
        if not (low or high):
            return image  # the checkpoint's own bounds are not known here; the server's are they
        size = resized(image.width, image.height, factor, low, high or sys.maxsize)
        return image if size == image.size else image.resize(size, PIL.Image.Resampling.BICUBIC)

    return ServedImages(in_force, prepared, options)


def _as_given(family: Family, source: str) -> Callable[[PIL.Image.Image], PIL.Image.Image]:
    """Return what a family does to an image before its processor gets it."""
    prepare = family.prepare
    if prepare is None:
        return lambda image: image
    processor = _processor(source, family)
    image_processor = None if processor is None else processor.image_processor
    return lambda image: prepare(image, image_processor)


def _own_resizing(source: str, family: Family) -> _Own | None:
    """Return a checkpoint's own resizing, ``None`` if none of its files tells it here."""
    processor = _processor(source, family)
    if processor is not None:
        of_images = processor.image_processor
        size = of_images.size
        factor = int(of_images.patch_size) * int(of_images.merge_size)
        return _Own(int(size["shortest_edge"]), int(size["longest_edge"]), factor)
    known = known_checkpoint(source)
    size = {} if known is None else known.processor.get("image_processor", {}).get("size", {})
    if not {"shortest_edge", "longest_edge"} <= set(size):
        return None
    return _Own(size["shortest_edge"], size["longest_edge"], family.factor)


def _processor(source: str, family: Family) -> Any | None:
    """Return the processor of a checkpoint whose files are on this machine."""
    folder = local_folder(source)
    if folder is None:
        return None
    try:
        return family.load_processor(str(folder))
    except RmplError:  # a server needs no more of a model here than its config.json
        return None
