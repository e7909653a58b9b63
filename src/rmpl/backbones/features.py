"""Image features: the output of a vision tower and its projector.

In all families, transformers' models accept these features instead of pixels
(``mm_encoder_outputs``).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from transformers.utils import ModelOutput

PIXELS = "pixel_values"
FEATURES = "mm_encoder_outputs"
_FIELDS = ("pooler_output", "deepstack_features")


@dataclasses.dataclass
class Features(ModelOutput):  # type: ignore[misc]
    """The features of one or more images, in the shapes of their family's model.

    ``pooler_output`` is one tensor, shape (images, tokens, width), or a tensor per image, shape
    (tokens, width); ``deepstack_features`` has such a list for each early layer of the language
    model that receives features of its own.
    """

    pooler_output: Any = None
    deepstack_features: Any = None


@torch.no_grad()
def image_features(model: Any, vision: Mapping[str, torch.Tensor]) -> Features:
    """Return the features of the images in ``vision``: vision tower, then projector.

    ``vision`` holds the processor's tensors of the images, ``pixel_values`` among them.
    """
    inputs = {name: value.to(model.device) for name, value in vision.items()}
    made = model.get_image_features(**inputs, return_dict=True)
    return Features(**{name: getattr(made, name, None) for name in _FIELDS})


def join_features(parts: Sequence[Features]) -> Features:
    """Concatenate the features of several images."""
    return Features(**{name: _joined([part.get(name) for part in parts]) for name in _FIELDS})


def split_features(features: Features, count: int) -> list[Features]:
    """Split joined features of ``count`` images of one size by image."""
    fields = {name: _split(features.get(name), count) for name in _FIELDS}
    return [Features(**{n: part[at] for n, part in fields.items()}) for at in range(count)]


def moved_features(features: Features, device: str) -> Features:
    """Return features on another device."""
    return Features(**{name: _moved(features.get(name), device) for name in _FIELDS})


def feature_bytes(features: Features) -> int:
    """Return the memory that features take, in bytes."""
    return sum(tensor.nbytes for tensor in _tensors(features.to_tuple()))


def _joined(values: list[Any]) -> Any:
    first = values[0]
    if first is None:
        return None
    if isinstance(first, torch.Tensor):
        return torch.cat(values)
    if isinstance(first[0], torch.Tensor):
        return [tensor for value in values for tensor in value]
    return [_joined(list(layer)) for layer in zip(*values, strict=True)]


def _split(value: Any, count: int) -> list[Any]:
    if value is None or count == 1:
        return [value] * count
    size = len(value) // count
    # Copied: a part of a larger tensor keeps all of it in memory.
    if isinstance(value, torch.Tensor):
        return [part.clone() for part in torch.split(value, size)]
    if isinstance(value[0], torch.Tensor):
        return [[t.clone() for t in value[at * size : (at + 1) * size]] for at in range(count)]
    layers = [_split(layer, count) for layer in value]
    return [[layer[at] for layer in layers] for at in range(count)]


def _moved(value: Any, device: str) -> Any:
    if value is None or isinstance(value, torch.Tensor):
        return None if value is None else value.to(device)
    return [_moved(item, device) for item in value]


def _tensors(value: Any) -> Iterator[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        yield value
    elif value is not None:
        for item in value:
            yield from _tensors(item)


def same_shape(parts: list[torch.Tensor]) -> list[torch.Tensor]:
    """Pad tensors with zeros at their ends, so that they differ in their first dimension only.

    Images may have different numbers of tiles, shape (1, tiles, 3, height, width). The models
    distinguish padding from tiles by ``image_sizes``, by ``pixel_attention_mask``, or because a
    tile of zeros counts as none.
    """
    shape = [max(sizes) for sizes in zip(*(part.shape[1:] for part in parts), strict=True)]
    padded = []
    for part in parts:
        gaps = [
            gap
            for size, wanted in zip(reversed(part.shape[1:]), reversed(shape), strict=True)
            for gap in (0, wanted - size)
        ]
        padded.append(torch.nn.functional.pad(part, gaps) if any(gaps) else part)
    return padded
