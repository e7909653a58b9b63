"""The image feature cache: an image is opened and goes through the vision tower once.

Training with a frozen tower and extraction both use it, however many prompts are about an image.
"""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from rmpl.backbones.backbone import Backbone, Encoded
from rmpl.backbones.features import (
    PIXELS,
    Features,
    feature_bytes,
    image_features,
    moved_features,
    split_features,
)
from rmpl.backbones.processed_image import BLANK, processing_once
from rmpl.backbones.prompts.frames import Frame
from rmpl.io.contained import version_of
from rmpl.records import Image
from rmpl.tasks import Prompt

MAX_BYTES = 2**28
"""Bytes that cached features may take; the least recently used are evicted first."""
MAX_VALUES = 2**23
"""Approximate number of pixel values that go through a tower at once: 32 MiB, a few images of a
megapixel. For a small model the call itself dominates: a dozen small images take little longer
than one."""

_Version = tuple[str, int, int]
"""A file's path, modification time in nanoseconds, and size in bytes."""


@dataclasses.dataclass
class CachedImage:
    """The cached data of one image, shared by all prompts about it; pixels are not stored.

    Parameters
    ----------
    features
        The output of the vision tower and the projector.
    frame
        The tokens around the text of its prompts; ``None`` where the text's tokens may depend on
        them.
    processor
        Used for prompts that fit no frame; it does not process the image again.
    """

    features: Features
    frame: Frame | None
    processor: Any = None

    def encode(self, backbone: Backbone, prompt: Prompt, target: str | None = None) -> Encoded:
        """Tokenise as ``Backbone.encode`` does, with features instead of pixels."""
        encoded = None
        if self.frame is not None:
            encoded = backbone.encode_in(self.frame, prompt, target)
        if encoded is None:
            encoded = self._laid_out(backbone, prompt, target)
            del encoded.vision[PIXELS]
        encoded.features = self.features
        return encoded

    def _laid_out(self, backbone: Backbone, prompt: Prompt, target: str | None) -> Encoded:
        if self.processor is None:
            self.processor = processing_once(backbone.processor)
            return backbone.encode(prompt, target, processor=self.processor)
        return backbone.encode(prompt, target, image=BLANK, processor=self.processor)


class ImageFeatureCache:
    """Encodes prompts about images, each image once.

    Parameters
    ----------
    backbone
        The model; its vision tower and projector must not change while the cache lives.
    max_bytes
        Memory that cached images may take.
    device
        The device that stores features; by default the model's.
    evicts
        Whether a full cache drops its least recently used images for new ones. If images come
        in a new random order every epoch, a cache without eviction has more hits.
    """

    def __init__(
        self,
        backbone: Backbone,
        *,
        max_bytes: int = MAX_BYTES,
        device: str | None = None,
        evicts: bool = True,
    ) -> None:
        self._backbone = backbone
        self._left = max_bytes
        self._device = device
        self._evicts = evicts
        self._images: collections.OrderedDict[_Version, CachedImage] = collections.OrderedDict()

    def __contains__(self, image: Image) -> bool:
        return _version(image) in self._images

    def encode(
        self,
        prompts: Sequence[Prompt],
        targets: Sequence[str | None] | None = None,
        *,
        before: Callable[[], None] | None = None,
    ) -> list[Encoded]:
        """Tokenise prompts about images; new images of one size are computed together.

        ``before`` is called before each new image is opened; it may raise.

        Raises
        ------
        RmplError
            If an image cannot be opened, or the processor refuses it.
        """
        keys = [_version(prompt.image) for prompt in prompts]
        found = {key: self._images[key] for key in keys if key in self._images}
        new = {key: one for key, one in zip(keys, prompts, strict=True) if key not in found}
        computed = compute_images(self._backbone, list(new.values()), before=before)
        found.update(zip(new, computed, strict=True))
        for key, image in found.items():
            if self._device is not None and key in new:
                image.features = moved_features(image.features, self._device)
            self._store(key, image)
        return [
            found[key].encode(self._backbone, prompt, target)
            for key, prompt, target in zip(
                keys, prompts, targets or [None] * len(prompts), strict=True
            )
        ]

    def _store(self, key: _Version, image: CachedImage) -> None:
        if key not in self._images:
            size = _size(image)
            if size > self._left and not self._evicts:
                return
            self._images[key] = image
            self._left -= size
        self._images.move_to_end(key)
        while self._left < 0 and len(self._images) > 1:
            _, oldest = self._images.popitem(last=False)
            self._left += _size(oldest)


def compute_images(
    backbone: Backbone, prompts: Sequence[Prompt], *, before: Callable[[], None] | None = None
) -> list[CachedImage]:
    """Compute the images of several prompts, in batches of one size.

    ``before`` is called before each is opened; it may raise.

    Raises
    ------
    RmplError
        If an image cannot be opened, or the processor refuses it.
    """
    frames: list[Frame | None] = []
    processors: list[Any] = []
    visions: list[Mapping[str, torch.Tensor]] = []
    for prompt in prompts:
        if before is not None:
            before()
        frame = None if prompt.image is None else backbone.frame(prompt.image)
        processor = None if frame is not None else processing_once(backbone.processor)
        frames.append(frame)
        processors.append(processor)
        visions.append(
            backbone.encode(prompt, processor=processor).vision if frame is None else frame.others
        )
    features: dict[int, Features] = {}
    for alike in _alike(visions):
        tensors = {name: [visions[at][name] for at in alike] for name in visions[alike[0]]}
        joined = {name: torch.cat(parts) for name, parts in tensors.items()}
        made = image_features(backbone.model, joined)
        features.update(zip(alike, split_features(made, len(alike)), strict=True))
    return [
        CachedImage(features[at], _without_pixels(frame), processors[at])
        for at, frame in enumerate(frames)
    ]


def _alike(visions: Sequence[Mapping[str, torch.Tensor]]) -> list[list[int]]:
    """Group images, by index, whose tensors have the same shapes, into batches that fit."""
    groups: dict[tuple[tuple[str, torch.Size], ...], list[int]] = collections.defaultdict(list)
    for number, vision in enumerate(visions):
        groups[tuple((name, tensor.shape) for name, tensor in vision.items())].append(number)
    parts = []
    for group in groups.values():
        most = max(1, MAX_VALUES // visions[group[0]][PIXELS].numel())
        parts += [group[at : at + most] for at in range(0, len(group), most)]
    return parts


def _without_pixels(frame: Frame | None) -> Frame | None:
    if frame is None:
        return None
    others = {name: value for name, value in frame.others.items() if name != PIXELS}
    return dataclasses.replace(frame, others=others)


def _size(image: CachedImage) -> int:
    """Return the bytes that a cached image takes."""
    others = {} if image.frame is None else image.frame.others
    tensors = (value for value in others.values() if isinstance(value, torch.Tensor))
    return feature_bytes(image.features) + sum(tensor.nbytes for tensor in tensors)


def _version(image: Image | None) -> _Version:
    """Return the key of a file's present version; a missing file is reported when it is opened."""
    path = "" if image is None else image.path or ""
    return path, *version_of(Path(path))
