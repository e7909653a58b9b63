"""A picture is opened, cut up and seen once, however many prompts ask about it."""

from __future__ import annotations

import collections
import dataclasses
from pathlib import Path

import torch

from rmpl.backbones.backbone import Backbone, Encoded
from rmpl.backbones.features import PIXELS, Features, feature_bytes, picture_features
from rmpl.backbones.frames import Frame
from rmpl.tasks import Prompt

KEPT_BYTES = 2**28
"""So much memory features of pictures may take; the longest unused go first."""


class _Seen:
    """What is kept of a picture: its features, and the frame of its prompts without pixels."""

    def __init__(self, features: Features, frame: Frame | None) -> None:
        self.features = features
        self.frame = frame
        held = {} if frame is None else frame.others
        tensors = (value for value in held.values() if isinstance(value, torch.Tensor))
        self.size = feature_bytes(features) + sum(tensor.nbytes for tensor in tensors)


class Pictures:
    """Encodes prompts; features stand in for the pixels of their pictures.

    Parameters
    ----------
    backbone
        The model.
    keep_bytes
        How much memory features may take.
    """

    def __init__(self, backbone: Backbone, *, keep_bytes: int = KEPT_BYTES) -> None:
        self._backbone = backbone
        self._left = keep_bytes
        self._seen: collections.OrderedDict[tuple[str, int, int], _Seen] = collections.OrderedDict()

    def encode(self, prompt: Prompt) -> Encoded:
        """Tokenise a prompt, its picture seen.

        Raises
        ------
        RmplError
            If the picture cannot be opened, or the processor refuses it.
        """
        if prompt.image is None:
            return self._backbone.encode(prompt)
        key = _version(prompt.image.path or "")
        if key not in self._seen:
            frame = self._backbone.frame(prompt.image)
            vision = self._backbone.encode(prompt).vision if frame is None else frame.others
            features = picture_features(self._backbone.model, vision)
            self._keep(key, _Seen(features, _without_pixels(frame)))
        self._seen.move_to_end(key)
        seen = self._seen[key]
        encoded = None
        if seen.frame is not None:
            encoded = self._backbone.encode_in(seen.frame, prompt.text)
        if encoded is None:
            encoded = self._backbone.encode(prompt)
            del encoded.vision[PIXELS]
        encoded.features = seen.features
        return encoded

    def _keep(self, key: tuple[str, int, int], seen: _Seen) -> None:
        self._seen[key] = seen
        self._left -= seen.size
        while self._left < 0 and len(self._seen) > 1:
            _, oldest = self._seen.popitem(last=False)
            self._left += oldest.size


def _version(path: str) -> tuple[str, int, int]:
    """Name a file as it is now; one that is not there is told of when it is opened."""
    try:
        state = Path(path).stat()
    except OSError:
        return path, 0, 0
    return path, state.st_mtime_ns, state.st_size


def _without_pixels(frame: Frame | None) -> Frame | None:
    if frame is None:
        return None
    others = {name: value for name, value in frame.others.items() if name != PIXELS}
    return dataclasses.replace(frame, others=others)
