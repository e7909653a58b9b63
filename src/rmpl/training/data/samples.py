"""Samples as a map-style dataset of tokenised inputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch.utils.data import Dataset

from rmpl.backbones.backbone import Backbone, Encoded
from rmpl.backbones.features import feature_bytes
from rmpl.backbones.image_cache import ImageFeatureCache
from rmpl.backbones.processed_image import BLANK
from rmpl.records import Image
from rmpl.runs.adapters import trainable_by_part
from rmpl.tasks import Prompt
from rmpl.training.data.mixture import Mixture

_IMAGE_SHARE = 0.75
"""The share of cache memory for features, which have thousands of numbers per token."""


class EncodedMixture(Dataset[tuple[int, Encoded]]):
    """The samples of a mixture with the indices of their sources, tokenised on access.

    For the embedded model, tokenising a sample takes about a twentieth of its training step, and a
    stage uses most samples more than once, so tokenised samples are cached. So are image features,
    if the vision tower is frozen and ``keeps_features`` allows it: a tower that is sharded over
    several processes cannot be run by a single one.

    Parameters
    ----------
    mixture, backbone
        The samples, and the backbone that tokenises them.
    cache_bytes
        The memory of all caches together.
    keeps_features
        Whether features of a frozen tower may be cached.
    """

    def __init__(
        self,
        mixture: Mixture,
        backbone: Backbone,
        *,
        cache_bytes: int = 2**31,
        keeps_features: bool = True,
    ) -> None:
        self._mixture = mixture
        self._backbone = backbone
        self._samples: dict[tuple[int, int], Encoded] = {}
        trained = trainable_by_part(backbone.model, backbone.family)
        is_frozen = not (trained.get("vision") or trained.get("projector"))
        self._images: ImageFeatureCache | None = None
        self._left = cache_bytes
        if keeps_features and is_frozen:
            share = int(cache_bytes * _IMAGE_SHARE)
            # Stored in main memory: a GPU's memory is for the model.
            self._images = ImageFeatureCache(backbone, max_bytes=share, device="cpu", evicts=False)
            self._left -= share

    def __len__(self) -> int:
        return len(self._mixture)

    def __getitem__(self, index: int) -> tuple[int, Encoded]:
        key = self._mixture.locate(index)
        if key not in self._samples:
            encoded = self._encode(index)
            size = self._size(encoded, self._mixture[index].prompt.image)
            if size > self._left:
                return key[0], encoded
            self._left -= size
            self._samples[key] = encoded
        return key[0], self._samples[key]

    def _encode(self, index: int) -> Encoded:
        sample = self._mixture[index]
        if sample.prompt.image is None or self._images is None:
            return self._backbone.encode(sample.prompt, sample.target)
        return self._images.encode([sample.prompt], [sample.target])[0]

    def _size(self, encoded: Encoded, image: Image | None) -> int:
        """Return the bytes that a sample takes; features count only if no other cache has them."""
        size = 32 * len(encoded.input_ids) + sum(t.nbytes for t in encoded.vision.values())
        if encoded.features is not None and (
            self._images is None or image is None or image not in self._images
        ):
            size += feature_bytes(encoded.features)
        return size


def collator(
    backbone: Backbone, *, anchored: bool = False
) -> Callable[[list[tuple[int, Encoded]]], dict[str, Any]]:
    """Return the function that collates samples of one source into a batch with its index.

    With ``anchored``, a batch of texts gets an additional blank image, whose one target token is
    not counted: ``anchor`` is then 1, else 0. Processes that share one sharded model synchronise in
    every part of it, and would hang if one of them did not use the vision tower.
    """
    blank = _blank(backbone) if anchored and backbone.family.reads_images else None

    def collate(batch: list[tuple[int, Encoded]]) -> dict[str, Any]:
        encoded = [one for _, one in batch]
        is_text = not any(one.vision or one.features is not None for one in encoded)
        if blank is not None and is_text:
            encoded.append(blank)
        inputs = backbone.collate(encoded, pad_left=False)
        # Plain numbers: reading one from a GPU would synchronise with it.
        inputs["source"] = batch[0][0]
        inputs["anchor"] = int(blank is not None and is_text)
        # Without a mask, attention uses faster kernels.
        if bool(inputs["attention_mask"].all()):
            del inputs["attention_mask"]
        return inputs

    return collate


def _blank(backbone: Backbone) -> Encoded:
    """Return a sample of a small blank image with an empty prompt."""
    return backbone.encode(Prompt("", Image("blank")), "", image=BLANK)
