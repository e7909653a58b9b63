"""A picture is opened, cut up and seen once, however many prompts ask about it."""

from __future__ import annotations

import collections
from collections.abc import Sequence
from pathlib import Path

import torch

from rmpl.backbones.backbone import Backbone, Encoded
from rmpl.backbones.features import feature_bytes
from rmpl.backbones.image_cache import SeenPicture, encode_seen, look_at_all
from rmpl.extraction.stopping import go_on
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

    def encode(self, prompts: Sequence[Prompt]) -> list[Encoded]:
        """Tokenise prompts about pictures; those not seen yet are looked at together.

        Raises
        ------
        RmplError
            If a picture cannot be opened, or the processor refuses it.
        """
        keys = [_version("" if one.image is None else one.image.path or "") for one in prompts]
        seen = {key: self._seen[key] for key in keys if key in self._seen}
        fresh = {key: one for key, one in zip(keys, prompts, strict=True) if key not in seen}
        seen.update(
            zip(fresh, look_at_all(self._backbone, list(fresh.values()), before=go_on), strict=True)
        )
        for key, one in seen.items():
            self._keep(key, one)
        return [
            encode_seen(self._backbone, seen[key], prompt)
            for key, prompt in zip(keys, prompts, strict=True)
        ]

    def _keep(self, key: _Version, seen: SeenPicture) -> None:
        if key not in self._seen:
            self._seen[key] = seen
            self._left -= _size(seen)
        self._seen.move_to_end(key)
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
