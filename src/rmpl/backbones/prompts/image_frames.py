"""Frames of images: those of one size share all but what was made of their pixels.

A chat template takes a processor longer than the image itself, and a corpus or a site has many
images of one size.
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
"""The number of sizes whose frames are cached; the least recently used go first."""

Layout = Callable[[PIL.Image.Image, str], Mapping[str, Any]]
"""Lays an image and a text out as the model's inputs, tensors of a batch of one."""


class ImageFrames:
    """Makes the frames of a processor's images.

    Whether its image processor alone makes of an image what the whole processor makes of it is
    tested for every size when it comes for the second time, until it does not: some cut large
    images up as the image processor alone would not.

    Parameters
    ----------
    layout
        The layout of a prompt.
    processor
        The processor behind it.
    """

    def __init__(self, layout: Layout, processor: Any) -> None:
        self._layout = layout
        self._processor = processor
        self._known: collections.OrderedDict[tuple[int, int], Frame] = collections.OrderedDict()
        self._tried: set[tuple[int, int]] = set()
        self._differs = False

    def of(self, image: PIL.Image.Image) -> Frame | None:
        """Return the frame of an upright image, ``None`` if it cannot be told from a text.

        Raises
        ------
        ValueError
            If the processor refuses the image.
        """
        size = image.size
        known = self._known.get(size)
        if known is not None and size in self._tried:
            self._known.move_to_end(size)
            return dataclasses.replace(known, others=self._processed(image, known))
        whole = inputs_of(self._layout(image, PROBE))
        frame = frame_of(whole, tokens_of(self._processor.tokenizer, PROBE))
        if frame is None or self._differs:
            return frame
        if known is not None:
            self._differs = not self._agrees(image, frame)
            self._tried.add(size)
        self._keep(size, frame)
        return frame

    def _keep(self, size: tuple[int, int], frame: Frame) -> None:
        if self._differs:
            self._known.clear()
            return
        self._known[size] = dataclasses.replace(frame, others=dict.fromkeys(frame.others))
        if len(self._known) > MAX_SIZES:
            oldest, _ = self._known.popitem(last=False)
            self._tried.discard(oldest)

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
