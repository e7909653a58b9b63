"""A picture is opened, cut up and seen once, however many prompts ask about it."""

from __future__ import annotations

import collections
import copy
from pathlib import Path
from typing import Any

import PIL.Image
import torch

from rmpl.backbones.backbone import Backbone, Encoded
from rmpl.backbones.features import PIXELS, Features, feature_bytes, picture_features
from rmpl.tasks import Prompt

KEPT_BYTES = 2**28
"""So much memory features of pictures may take; the longest unused go first."""

_STAND_IN = PIL.Image.new("RGB", (64, 64))


class _Remembering:
    """Stands for a processor's image processor: gives again what it once made of a picture."""

    def __init__(self, original: Any) -> None:
        self._original = original
        self.made: Any = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._original, name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self.made is None:
            made = self._original(*args, **kwargs)
            self.made = copy.copy(made)
            self.made.data = dict(made.data)
            return made
        # Processors take things out of what they are given.
        made = copy.copy(self.made)
        made.data = dict(self.made.data)
        return made


class _Seen:
    """What is kept of a picture: its features, and all but the pixels of what was made of it."""

    def __init__(self, features: Features, made: Any) -> None:
        self.features = features
        self.made = made
        held = (value for value in made.data.values() if isinstance(value, torch.Tensor))
        self.size = feature_bytes(features) + sum(
            value.untyped_storage().nbytes() for value in held
        )


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
        seen = self._seen.get(key)
        processor = self._backbone.processor
        original = processor.image_processor
        remembering = _Remembering(original)
        remembering.made = None if seen is None else seen.made
        processor.image_processor = remembering
        try:
            stand_in = None if seen is None else _STAND_IN
            encoded = self._backbone.encode(prompt, picture=stand_in)
        finally:
            processor.image_processor = original
        if seen is None:
            features = picture_features(self._backbone.model, encoded.vision)
            seen = _Seen(features, _without_pixels(remembering.made))
            self._keep(key, seen)
        else:
            self._seen.move_to_end(key)
        encoded.features = seen.features
        del encoded.vision[PIXELS]
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


def _without_pixels(made: Any) -> Any:
    """Put tensors of one number in the place of pixels: processors ask for their shape."""
    pixels = made.data[PIXELS]
    if isinstance(pixels, torch.Tensor):
        made.data[PIXELS] = pixels.new_zeros(1).expand(pixels.shape)
    else:
        made.data[PIXELS] = [torch.zeros(1).expand(tuple(part.shape)) for part in pixels]
    return made
