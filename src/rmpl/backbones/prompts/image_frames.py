"""Frames of images: images of one size share everything except their pixel values.

Applying a chat template takes longer than processing the image itself, and a corpus or a website
has many images of one size.
"""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import PIL.Image
import torch

from rmpl.backbones.prompts.frames import PROBE, Frame, frame_of, inputs_of, tokens_of

MAX_SIZES = 256
"""The number of sizes whose frames are cached; the least recently used are evicted first."""

Layout = Callable[[PIL.Image.Image, str], Mapping[str, Any]]
"""Lays an image and a text out as the model's inputs, tensors of a batch of one."""


class ImageFrames:
    """Computes the frames of images, cached by image size.

    A cached frame needs the image processor's output only. Some processors tile large images
    differently from their image processor alone, so the two are compared when a size occurs for
    the second time; after a difference, nothing is cached any more.

    Parameters
    ----------
    layout
        Lays out a prompt.
    processor
        The processor that ``layout`` uses.
    """

    def __init__(self, layout: Layout, processor: Any) -> None:
        self._layout = layout
        self._processor = processor
        self._known: collections.OrderedDict[tuple[int, int], Frame] = collections.OrderedDict()
        self._compared: set[tuple[int, int]] = set()
        self._differs = False

    def of(self, image: PIL.Image.Image) -> Frame | None:
        """Return the frame of an upright image, ``None`` if it cannot be separated from the text.

        Raises
        ------
        ValueError
            If the processor refuses the image.
        """
        size = image.size
        known = self._known.get(size)
        if known is not None and size in self._compared:
            self._known.move_to_end(size)
            return dataclasses.replace(known, others=self._processed(image, known))
        whole = inputs_of(self._layout(image, PROBE))
        frame = frame_of(whole, tokens_of(self._processor.tokenizer, PROBE))
        if frame is None or self._differs:
            return frame
        if known is not None:
            self._differs = not self._agrees(image, frame)
            self._compared.add(size)
        self._store(size, frame)
        return frame

    def _store(self, size: tuple[int, int], frame: Frame) -> None:
        if self._differs:
            self._known.clear()
            return
        self._known[size] = dataclasses.replace(frame, others=dict.fromkeys(frame.others))
        if len(self._known) > MAX_SIZES:
            oldest, _ = self._known.popitem(last=False)
            self._compared.discard(oldest)

    def _processed(self, image: PIL.Image.Image, known: Frame) -> dict[str, Any]:
        made = self._processor.image_processor(images=[image], return_tensors="pt")
        return {name: made[name] for name in known.others}

    def _agrees(self, image: PIL.Image.Image, frame: Frame) -> bool:
        try:
            made = self._processed(image, frame)
        except (KeyError, TypeError, ValueError):
            return False
        return all(_same(made[name], value) for name, value in frame.others.items())


def _same(one: Any, other: Any) -> bool:
    if not (isinstance(one, torch.Tensor) and isinstance(other, torch.Tensor)):
        return False
    return one.dtype == other.dtype and torch.equal(one, other)
