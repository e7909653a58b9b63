"""Processors that process an image once and reuse the result for further prompts about it.

Some chat layouts have ordinary text after the prompt's own, so that no frame fits them (see
``frames``): LLaVA's, LLaVA-NeXT's and PaliGemma's. Their prompts are laid out whole, which needs
only the image processor's output, not the image.
"""

from __future__ import annotations

import copy
from typing import Any

import PIL.Image
import torch
from transformers import BatchFeature

from rmpl.backbones.features import PIXELS

BLANK = PIL.Image.new("RGB", (64, 64))
"""Placeholder for the image in prompts after the first; its pixels are not used."""


class ProcessedImage:
    """An image processor that processes its first image and then returns that result again.

    All other attributes are those of the wrapped image processor.
    """

    def __init__(self, image_processor: Any) -> None:
        self._image_processor = image_processor
        self._output: dict[str, Any] | None = None

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # looked up by copy.copy before __init__ has run
            raise AttributeError(name)
        return getattr(self._image_processor, name)

    def __call__(self, images: Any, **options: Any) -> Any:
        """Return the image processor's output for the first image it was called with."""
        if self._output is None:
            made = self._image_processor(images, **options)
            self._output = {name: _shape_only(name, value) for name, value in made.items()}
            return made
        return BatchFeature(data=dict(self._output))


def processing_once(processor: Any) -> Any:
    """Return a copy of a processor that processes only the first image it gets."""
    copied = copy.copy(processor)
    copied.image_processor = ProcessedImage(processor.image_processor)
    return copied


def _shape_only(name: str, value: Any) -> Any:
    """Replace pixels by zeros that take no memory: layouts need their shape only."""
    if name != PIXELS or not isinstance(value, torch.Tensor):
        return value
    return torch.zeros((), dtype=value.dtype).expand(value.shape)
