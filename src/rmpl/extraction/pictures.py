"""A picture is opened, cut up and seen once, however many prompts ask about it."""

from __future__ import annotations

import collections
from pathlib import Path

import torch

from rmpl.backbones.backbone import Backbone, Encoded
from rmpl.backbones.features import feature_bytes
from rmpl.backbones.pictures import SeenPicture, encode_seen, look_at
from rmpl.tasks import Prompt

KEPT_BYTES = 2**28
"""So much memory features of pictures may take; the longest unused go first."""

_Version = tuple[str, int, int]
"""A file's path, time of its last change and size."""


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
        self._seen: collections.OrderedDict[_Version, SeenPicture] = collections.OrderedDict()

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
            self._keep(key, look_at(self._backbone, prompt))
        self._seen.move_to_end(key)
        return encode_seen(self._backbone, self._seen[key], prompt)

    def _keep(self, key: _Version, seen: SeenPicture) -> None:
        self._seen[key] = seen
        self._left -= _size(seen)
        while self._left < 0 and len(self._seen) > 1:
            _, oldest = self._seen.popitem(last=False)
            self._left += _size(oldest)


def _size(seen: SeenPicture) -> int:
    held = {} if seen.frame is None else seen.frame.others
    tensors = (value for value in held.values() if isinstance(value, torch.Tensor))
    return feature_bytes(seen.features) + sum(tensor.nbytes for tensor in tensors)


def _version(path: str) -> _Version:
    """Name a file as it is now; one that is not there is told of when it is opened."""
    try:
        state = Path(path).stat()
    except OSError:
        return path, 0, 0
    return path, state.st_mtime_ns, state.st_size
