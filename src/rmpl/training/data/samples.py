"""Samples as a map-style dataset of tokenised inputs."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import PIL.Image
from torch.utils.data import Dataset

from rmpl.backbones.backbone import Backbone, Encoded
from rmpl.backbones.features import feature_bytes, moved
from rmpl.backbones.image_cache import SeenPicture, encode_seen, look_at
from rmpl.records import Image
from rmpl.runs.adapters import trainable_by_part
from rmpl.tasks import Prompt
from rmpl.training.data.mixture import Mixture

_BLANK = 64


class EncodedMixture(Dataset[tuple[int, Encoded]]):
    """The samples of a mixture with their sources' numbers, tokenised when they are asked for.

    Tokenising a sample of the embedded model takes about as long as a twentieth of its training
    step, and a stage visits most samples more than once: what has been tokenised is kept, up to
    ``cache_bytes``. So is what the vision tower makes of a picture, where it is frozen and
    ``keeps_features`` allows it: a tower whose weights lie with several processes must not be asked
    by one of them alone.
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
        self._cache: dict[tuple[int, int], Encoded] = {}
        self._seen: dict[str, SeenPicture] = {}
        self._left = cache_bytes
        trained = trainable_by_part(backbone.model, backbone.family)
        is_frozen = not (trained.get("vision") or trained.get("projector"))
        self._keeps_features = keeps_features and is_frozen

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
        image = sample.prompt.image
        if image is None or not self._keeps_features:
            return self._backbone.encode(sample.prompt, sample.target)
        seen = self._seen.get(image.path or "") or self._see(sample.prompt, image.path or "")
        return encode_seen(self._backbone, seen, sample.prompt, sample.target)

    def _see(self, prompt: Prompt, path: str) -> SeenPicture:
        """Look at a picture; several samples of one picture share what the tower makes of it."""
        seen = look_at(self._backbone, prompt)
        # Kept beside the samples: a GPU's memory is for the model.
        seen = dataclasses.replace(seen, features=moved(seen.features, "cpu"))
        size = feature_bytes(seen.features)
        if size <= self._left:
            self._left -= size
            self._seen[path] = seen
        return seen


def collator(
    backbone: Backbone, *, anchored: bool = False
) -> Callable[[list[tuple[int, Encoded]]], dict[str, Any]]:
    """Return the function that makes a batch of samples, all of one source, named by number.

    With ``anchored``, a batch of texts gets a blank picture at its end, whose one target token
    counts nothing: ``anchor`` is then 1, else 0. Processes that share one model wait for each other
    in every part of it, and would for ever where one of them has no use for the vision tower.
    """
    blank = _blank(backbone) if anchored else None

    def collate(batch: list[tuple[int, Encoded]]) -> dict[str, Any]:
        encoded = [one for _, one in batch]
        is_text = not any(one.vision or one.features is not None for one in encoded)
        if blank is not None and is_text:
            encoded.append(blank)
        inputs = backbone.collate(encoded, pad_left=False)
        # Plain numbers: asking a GPU for one would wait for all that it has to do.
        inputs["source"] = batch[0][0]
        inputs["anchor"] = int(blank is not None and is_text)
        # Without a mask, attention takes faster ways.
        if bool(inputs["attention_mask"].all()):
            del inputs["attention_mask"]
        return inputs

    return collate


def _blank(backbone: Backbone) -> Encoded:
    """Return a small picture of nothing, asked about with nothing."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "blank.png"
        PIL.Image.new("RGB", (_BLANK, _BLANK)).save(path)
        return backbone.encode(Prompt("", Image("blank", str(path), _BLANK, _BLANK)), "")
