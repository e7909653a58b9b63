"""A picture that was looked at: prompts about it then need no processor and no tower for it."""

from __future__ import annotations

import dataclasses

from rmpl.backbones.backbone import Backbone, Encoded
from rmpl.backbones.features import PIXELS, Features, picture_features
from rmpl.backbones.frames import Frame
from rmpl.tasks import Prompt


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
    frame = None if prompt.image is None else backbone.frame(prompt.image)
    vision = backbone.encode(prompt).vision if frame is None else frame.others
    features = picture_features(backbone.model, vision)
    if frame is not None:
        others = {name: value for name, value in vision.items() if name != PIXELS}
        frame = dataclasses.replace(frame, others=others)
    return SeenPicture(frame, features)


def encode_seen(
    backbone: Backbone, seen: SeenPicture, prompt: Prompt, target: str | None = None
) -> Encoded:
    """Tokenise a prompt as ``Backbone.encode`` does; features stand in for its picture's pixels."""
    encoded = None
    if seen.frame is not None:
        encoded = backbone.encode_in(seen.frame, prompt.text, target)
    if encoded is None:
        encoded = backbone.encode(prompt, target)
        del encoded.vision[PIXELS]
    encoded.features = seen.features
    return encoded
