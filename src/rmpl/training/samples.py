"""Samples as a map-style dataset of tokenised inputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.utils.data import Dataset

from rmpl.backbones.backbone import Backbone, Encoded
from rmpl.backbones.features import PIXELS, Features, feature_bytes, picture_features
from rmpl.training.adapters import trainable_by_part
from rmpl.training.mixture import Mixture


class EncodedMixture(Dataset[tuple[int, Encoded]]):
    """The samples of a mixture with their sources' numbers, tokenised when they are asked for.

    Tokenising a sample of the embedded model takes about as long as a twentieth of its training
    step, and a stage visits most samples more than once: what has been tokenised is kept, up to
    ``cache_bytes``. So is what the vision tower makes of a picture, where it is frozen.
    """

    def __init__(self, mixture: Mixture, backbone: Backbone, *, cache_bytes: int = 2**31) -> None:
        self._mixture = mixture
        self._backbone = backbone
        self._cache: dict[tuple[int, int], Encoded] = {}
        self._features: dict[str, Features] = {}
        self._left = cache_bytes
        trained = trainable_by_part(backbone.model, backbone.family)
        self._frozen = not (trained.get("vision") or trained.get("projector"))

    def __len__(self) -> int:
        return len(self._mixture)

    def __getitem__(self, index: int) -> tuple[int, Encoded]:
        key = self._mixture.locate(index)
        if key not in self._cache:
            encoded = self._encode(index)
            size = 32 * len(encoded.input_ids) + sum(t.nbytes for t in encoded.vision.values())
            if size > self._left:
                return key[0], encoded
            self._left -= size
            self._cache[key] = encoded
        return key[0], self._cache[key]

    def _encode(self, index: int) -> Encoded:
        sample = self._mixture[index]
        encoded = self._backbone.encode(sample.prompt, sample.target)
        if self._frozen and sample.prompt.image is not None:
            self._see(encoded, sample.prompt.image.path or "")
        return encoded

    def _see(self, encoded: Encoded, path: str) -> None:
        """Put features in the place of pixels; several samples of one picture share them."""
        features = self._features.get(path)
        if features is None:
            features = picture_features(self._backbone.model, encoded.vision)
            size = feature_bytes(features)
            if size <= self._left:
                self._left -= size
                self._features[path] = features
        encoded.features = features
        del encoded.vision[PIXELS]


def collator(backbone: Backbone) -> Callable[[list[tuple[int, Encoded]]], dict[str, Any]]:
    """Return the function that makes a batch of samples, all of one source, named by number."""

    def collate(batch: list[tuple[int, Encoded]]) -> dict[str, Any]:
        inputs = backbone.collate([encoded for _, encoded in batch], pad_left=False)
        inputs["source"] = torch.tensor(batch[0][0])
        # Without a mask, attention takes faster ways.
        if bool(inputs["attention_mask"].all()):
            del inputs["attention_mask"]
        return inputs

    return collate
