"""A picture that was looked at: prompts about it then need no processor and no tower for it."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

import torch

from rmpl.backbones.backbone import Backbone, Encoded
from rmpl.backbones.features import PIXELS, Features, picture_features, split_features
from rmpl.backbones.prompts.frames import Frame
from rmpl.tasks import Prompt

TOGETHER = 2**23
"""About so many values of pixels go through a tower at once: 32 MiB, some pictures of a megapixel.
A small model's time goes into calling it: a dozen small pictures take little more than one."""


@dataclasses.dataclass(frozen=True)
class SeenPicture:
    """The frame of a picture's prompts without its pixels, if it has one, and its features."""

    frame: Frame | None
    features: Features


def look_at(backbone: Backbone, prompt: Prompt) -> SeenPicture:
    """Look at the picture of a prompt.

    Raises
    ------
    RmplError
        If the picture cannot be opened, or the processor refuses it.
    """
    return look_at_all(backbone, [prompt])[0]


def look_at_all(
    backbone: Backbone, prompts: Sequence[Prompt], *, before: Callable[[], None] | None = None
) -> list[SeenPicture]:
    """Look at the pictures of several prompts, those of one size together.

    ``before`` is called before each is opened; it may raise.

    Raises
    ------
    RmplError
        If a picture cannot be opened, or the processor refuses it.
    """
    frames: list[Frame | None] = []
    visions: list[Mapping[str, torch.Tensor]] = []
    for prompt in prompts:
        if before is not None:
            before()
        frame = None if prompt.image is None else backbone.frame(prompt.image)
        frames.append(frame)
        visions.append(backbone.encode(prompt).vision if frame is None else dict(frame.others))
    features: dict[int, Features] = {}
    for alike in _alike(visions):
        tensors = {name: [visions[at][name] for at in alike] for name in visions[alike[0]]}
        joined = {name: torch.cat(parts) for name, parts in tensors.items()}
        made = picture_features(backbone.model, joined)
        features.update(zip(alike, split_features(made, len(alike)), strict=True))
    return [SeenPicture(_without_pixels(frame), features[at]) for at, frame in enumerate(frames)]


def _alike(visions: Sequence[Mapping[str, torch.Tensor]]) -> list[list[int]]:
    """Group pictures, by number, whose tensors have the same shapes, few enough at once."""
    groups: dict[tuple[tuple[str, torch.Size], ...], list[int]] = defaultdict(list)
    for number, vision in enumerate(visions):
        groups[tuple((name, tensor.shape) for name, tensor in vision.items())].append(number)
    parts = []
    for group in groups.values():
        most = max(1, TOGETHER // visions[group[0]][PIXELS].numel())
        parts += [group[at : at + most] for at in range(0, len(group), most)]
    return parts


def _without_pixels(frame: Frame | None) -> Frame | None:
    if frame is None:
        return None
    others = {name: value for name, value in frame.others.items() if name != PIXELS}
    return dataclasses.replace(frame, others=others)


def encode_seen(
    backbone: Backbone, seen: SeenPicture, prompt: Prompt, target: str | None = None
) -> Encoded:
    """Tokenise a prompt as ``Backbone.encode`` does; features stand in for its picture's pixels."""
    encoded = None
    if seen.frame is not None:
        encoded = backbone.encode_in(seen.frame, prompt, target)
    if encoded is None:
        encoded = backbone.encode(prompt, target)
        del encoded.vision[PIXELS]
    encoded.features = seen.features
    return encoded
